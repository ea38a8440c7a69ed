/** Fields of training runs: the model to start from, the name of what comes out, and numbers of several kinds. */
import type { ReactElement } from 'react'
import { useStudio } from '../../state/store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { Select } from '../../ui/choices.tsx'
import { TextField } from '../../ui/Field.tsx'
import { NumberField } from '../../ui/NumberField.tsx'

export function ModelChoice({
  value,
  onChange,
}: {
  readonly value: string
  readonly onChange: (model: string) => void
}): ReactElement {
  const models = useStudio((s) => s.models)
  const options = models.map(({ id, name }) => ({ value: id, label: id === name ? id : `${id} (${name})` }))
  if (!options.some((option) => option.value === value))
    options.unshift({ value, label: models.length === 0 ? value : `${value} (not here)` })
  return <Select label="Start from the model" value={value} options={options} onChange={onChange} />
}

/** Null: it is named by itself, as the placeholder says. */
export function NameOfModel({
  value,
  auto,
  onChange,
}: {
  readonly value: string | null
  readonly auto: string
  readonly onChange: (name: string | null) => void
}): ReactElement {
  return (
    <TextField
      label="Name of what comes out"
      value={value ?? ''}
      placeholder={auto}
      maxLength={100}
      onChange={(name) => onChange(name.trim() === '' ? null : name)}
    />
  )
}

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
