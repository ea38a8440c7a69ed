/** A number to type, to step with the arrows (Shift: ten steps) and to drag by its label. Refuses with the reason. */
import { useId, useRef, useState, type ReactElement } from 'react'
import { formatNumber, nudge, readNumber, settle, type NumberRange } from './number.ts'

export interface NumberFieldProps extends Partial<NumberRange> {
  readonly label: string
  readonly value: number
  readonly onChange: (value: number) => void
  /** The name is spoken, not shown. */
  readonly bare?: boolean
  readonly unit?: string
  readonly disabled?: boolean
}

export function NumberField({
  label,
  value,
  onChange,
  min = 0,
  max = 1e9,
  step = 1,
  bare = false,
  unit,
  disabled = false,
}: NumberFieldProps): ReactElement {
  const id = useId()
  const range = { min, max, step }
  /** What is being typed; null shows the value. */
  const [draft, setDraft] = useState<string | null>(null)
  const [reason, setReason] = useState<string | null>(null)
  const drag = useRef<{ x: number; from: number } | null>(null)

  const commit = (): void => {
    if (draft === null) return
    const read = readNumber(draft, range)
    if ('reason' in read) return setReason(read.reason)
    setDraft(null)
    setReason(null)
    if (read.value !== value) onChange(read.value)
  }
  const input = (
    <span className={unit === undefined ? 'number' : 'number number-unit'}>
      <input
        id={id}
        className="text-field number-input"
        type="text"
        inputMode="decimal"
        autoComplete="off"
        role="spinbutton"
        disabled={disabled}
        aria-label={bare ? label : undefined}
        aria-valuenow={value}
        aria-valuemin={min}
        aria-valuemax={max}
        aria-invalid={reason ? true : undefined}
        aria-describedby={reason ? `${id}-reason` : undefined}
        value={draft ?? formatNumber(value, step)}
        onFocus={(event) => event.target.select()}
        onChange={(event) => {
          setDraft(event.target.value)
          setReason(null)
        }}
        onBlur={() => {
          commit()
          // What was refused is said; what stays is the value that holds.
          if (reason !== null) {
            setDraft(null)
            setReason(null)
          }
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter') commit()
          else if (event.key === 'Escape' && draft !== null) {
            setDraft(null)
            setReason(null)
            // What was typed is given up, not the window around it.
            event.preventDefault()
            event.stopPropagation()
          } else if (event.key === 'ArrowUp' || event.key === 'ArrowDown' || event.key.startsWith('Page')) {
            const typed = draft === null ? { value } : readNumber(draft, range)
            const next = nudge('value' in typed ? typed.value : value, event.key, event.shiftKey, range)
            if (next === null) return
            event.preventDefault()
            setDraft(null)
            setReason(null)
            onChange(next)
          }
        }}
      />
      {unit !== undefined && <span className="number-suffix">{unit}</span>}
    </span>
  )
  const why = reason && (
    <span className="field-error" role="alert" id={`${id}-reason`}>
      {reason}
    </span>
  )
  if (bare)
    return (
      <span className="number-bare">
        {input}
        {why}
      </span>
    )
  return (
    <div className="field">
      <label
        className="field-label field-scrub"
        htmlFor={id}
        onPointerDown={(event) => {
          if (disabled) return
          drag.current = { x: event.clientX, from: value }
          event.currentTarget.setPointerCapture(event.pointerId)
        }}
        onPointerMove={(event) => {
          if (!drag.current || Math.abs(event.clientX - drag.current.x) < 3) return
          const next = settle(drag.current.from + Math.round((event.clientX - drag.current.x) / 4) * step, range)
          if (next !== value) onChange(next)
        }}
        onPointerUp={() => (drag.current = null)}
        onPointerCancel={() => (drag.current = null)}
      >
        {label}
      </label>
      {input}
      {why}
    </div>
  )
}
