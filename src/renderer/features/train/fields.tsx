/** Fields of training settings: a number that may stand by itself, and a share. */
import type { ReactElement } from 'react'
import { IconButton } from '../../ui/Button.tsx'
import { NumberField } from '../../ui/NumberField.tsx'

/** Null is chosen by the trainer: the field shows what that is, and a button takes it back. */
export function AutoNumber({
  label,
  value,
  auto,
  min,
  max,
  step,
  onChange,
}: {
  readonly label: string
  readonly value: number | null
  readonly auto: number
  readonly min: number
  readonly max: number
  readonly step: number
  readonly onChange: (value: number | null) => void
}): ReactElement {
  return (
    <div className="auto-number" data-auto={value === null}>
      <NumberField label={label} value={value ?? auto} min={min} max={max} step={step} onChange={onChange} />
      {value !== null && (
        <IconButton small icon="undo" label={`${label}: by itself (${auto})`} onClick={() => onChange(null)} />
      )}
    </div>
  )
}

export function Share({
  label,
  value,
  onChange,
}: {
  readonly label: string
  readonly value: number
  readonly onChange: (value: number) => void
}): ReactElement {
  return (
    <NumberField
      label={label}
      unit="%"
      min={0}
      max={100}
      step={0.1}
      value={Math.round(value * 1000) / 10}
      onChange={(percent) => onChange(Math.round(percent * 10) / 1000)}
    />
  )
}
