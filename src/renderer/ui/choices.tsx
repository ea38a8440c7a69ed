/** Choices: one of a list, one of a few side by side, on or off. */
import { useId, useRef, type ReactElement, type ReactNode } from 'react'
import { Icon, type IconName } from './Icon.tsx'
import { Tooltip } from './Tooltip.tsx'

export interface Option<T extends string> {
  readonly value: T
  readonly label: string
  readonly disabled?: boolean
}

export function Select<T extends string>({
  label,
  value,
  options,
  onChange,
  bare = false,
  disabled = false,
}: {
  readonly label: string
  readonly value: T
  readonly options: readonly Option<T>[]
  readonly onChange: (value: T) => void
  readonly bare?: boolean
  readonly disabled?: boolean
}): ReactElement {
  const id = useId()
  const select = (
    <span className="select">
      <select
        id={id}
        value={value}
        disabled={disabled}
        aria-label={bare ? label : undefined}
        onChange={(event) => onChange(event.target.value as T)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value} disabled={option.disabled}>
            {option.label}
          </option>
        ))}
      </select>
      <Icon name="chevron-down" size={12} />
    </span>
  )
  if (bare) return select
  return (
    <div className="field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      {select}
    </div>
  )
}

export interface Segment<T extends string> extends Option<T> {
  readonly icon?: IconName
  /** Only the icon is shown; the label is its name. */
  readonly iconOnly?: boolean
  readonly hint?: ReactNode
}

/** A radio group: arrows move, one is always chosen. */
export function SegmentedControl<T extends string>({
  label,
  value,
  segments,
  onChange,
  disabled = false,
}: {
  readonly label: string
  readonly value: T
  readonly segments: readonly Segment<T>[]
  readonly onChange: (value: T) => void
  readonly disabled?: boolean
}): ReactElement {
  const group = useRef<HTMLDivElement>(null)
  const move = (by: number): void => {
    const usable = segments.filter((segment) => segment.disabled !== true)
    const at = usable.findIndex((segment) => segment.value === value)
    const next = usable[(at + by + usable.length) % usable.length]
    if (!next) return
    onChange(next.value)
    group.current?.querySelector<HTMLButtonElement>(`[data-value="${next.value}"]`)?.focus()
  }
  return (
    <div
      className="segments"
      role="radiogroup"
      aria-label={label}
      ref={group}
      onKeyDown={(event) => {
        const forward = event.key === 'ArrowRight' || event.key === 'ArrowDown'
        if (!forward && event.key !== 'ArrowLeft' && event.key !== 'ArrowUp') return
        event.preventDefault()
        move(forward ? 1 : -1)
      }}
    >
      {segments.map((segment) => {
        const button = (
          <button
            key={segment.value}
            type="button"
            role="radio"
            data-value={segment.value}
            aria-checked={segment.value === value}
            aria-label={segment.iconOnly ? segment.label : undefined}
            tabIndex={segment.value === value ? 0 : -1}
            disabled={disabled || segment.disabled}
            className="segment"
            onClick={() => onChange(segment.value)}
          >
            {segment.icon && <Icon name={segment.icon} />}
            {!segment.iconOnly && segment.label}
          </button>
        )
        return segment.iconOnly || segment.hint !== undefined ? (
          <Tooltip key={segment.value} text={segment.label} detail={segment.hint}>
            {button}
          </Tooltip>
        ) : (
          button
        )
      })}
    </div>
  )
}

export function Switch({
  label,
  checked,
  onChange,
  hint,
  disabled = false,
}: {
  readonly label: string
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly hint?: string
  readonly disabled?: boolean
}): ReactElement {
  const id = useId()
  return (
    <div className="switch-row">
      <button
        id={id}
        type="button"
        role="switch"
        className="switch"
        aria-checked={checked}
        aria-labelledby={`${id}-label`}
        aria-describedby={hint === undefined ? undefined : `${id}-hint`}
        disabled={disabled}
        onClick={() => onChange(!checked)}
      >
        <span className="switch-knob" />
      </button>
      <span className="switch-words">
        <label id={`${id}-label`} htmlFor={id}>
          {label}
        </label>
        {hint !== undefined && (
          <span className="field-hint" id={`${id}-hint`}>
            {hint}
          </span>
        )}
      </span>
    </div>
  )
}
