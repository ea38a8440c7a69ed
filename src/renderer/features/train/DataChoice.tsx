/** What a run learns from: a data set that passed its check, or the storybook world. */
import type { ReactElement } from 'react'
import type { TrainingData } from '../../../shared/studio-training.ts'
import { Select } from '../../ui/choices.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { WORLD } from './data-words.ts'

const WORLD_VALUE = 'world'

export function DataChoice({
  data,
  onChange,
}: {
  readonly data: TrainingData
  readonly onChange: (data: TrainingData) => void
}): ReactElement {
  return (
    <div className="data-choice">
      <Select
        label="Learn from"
        value={WORLD_VALUE}
        options={[{ value: WORLD_VALUE, label: `${WORLD[0]!.toUpperCase()}${WORLD.slice(1)}` }]}
        onChange={() => onChange({ from: 'world', seed: 1 })}
      />
      {data.from === 'world' && (
        <NumberField
          label="Seed of its scenes"
          min={0}
          max={0xffffffff}
          value={data.seed}
          onChange={(seed) => onChange({ from: 'world', seed })}
        />
      )}
    </div>
  )
}
