/** A value on a track, with the number beside it to type. Double-click or Backspace on the track takes the default back. */
import { useId, type ReactElement } from 'react'
import { NumberField } from './NumberField.tsx'
import { nudge, type NumberRange } from './number.ts'

export interface SliderProps extends NumberRange {
  readonly label: string
  readonly value: number
  readonly onChange: (value: number) => void
  readonly initial?: number
  readonly unit?: string
  readonly disabled?: boolean
  /** Without the label above: the name is spoken only. */
  readonly bare?: boolean
  /** The number may go beyond the track, to here. */
  readonly hardMax?: number
}

export function Slider({
  label,
  value,
  onChange,
  min,
  max,
  step,
  initial,
  unit,
  disabled = false,
  bare = false,
  hardMax = max,
}: SliderProps): ReactElement {
  const id = useId()
  const share = Math.min(1, Math.max(0, (value - min) / (max - min)))
  return (
    <div className={bare ? 'slider slider-bare' : 'slider'}>
      {!bare && (
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
      )}
      <input
        id={id}
        className="slider-track"
        type="range"
        min={min}
        max={max}
        step={step}
        disabled={disabled}
        aria-label={bare ? label : undefined}
        value={Math.min(max, value)}
        style={{ '--share': `${share * 100}%` } as React.CSSProperties}
        onChange={(event) => onChange(Number(event.target.value))}
        onDoubleClick={() => initial !== undefined && onChange(initial)}
        onKeyDown={(event) => {
          if ((event.key === 'Backspace' || event.key === 'Delete') && initial !== undefined) onChange(initial)
          else {
            const next = event.shiftKey ? nudge(value, event.key, true, { min, max, step }) : null
            if (next === null) return
            onChange(next)
          }
          event.preventDefault()
        }}
      />
      <NumberField
        bare
        label={`${label}, number`}
        value={value}
        min={min}
        max={hardMax}
        step={step}
        disabled={disabled}
        {...(unit === undefined ? {} : { unit })}
        onChange={onChange}
      />
    </div>
  )
}
