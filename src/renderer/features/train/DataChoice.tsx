/** What a run learns from: a data set that passed its check, or the storybook world. */
import { useEffect, type ReactElement } from 'react'
import { notCheckedFor, whyNotTrain, type Dataset } from '../../../shared/dataset-records.ts'
import type { TrainingData } from '../../../shared/studio-training.ts'
import { runById } from '../../state/commands.ts'
import { followDatasets, openDataset, useDatasets } from '../../state/datasets.ts'
import { Button } from '../../ui/Button.tsx'
import { Select, type Option } from '../../ui/choices.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { WORLD } from './data-words.ts'
import { count, plural } from './words.ts'

const WORLD_VALUE = 'world'

export function DataChoice({
  data,
  model,
  unheld,
  onChange,
}: {
  readonly data: TrainingData
  /** The model that trains, by id. */
  readonly model: string
  /** What it means for such a run that no row validates. */
  readonly unheld: string
  readonly onChange: (data: TrainingData) => void
}): ReactElement {
  useEffect(followDatasets, [])
  const sets = useDatasets((s) => s.sets)
  const loaded = useDatasets((s) => s.loaded)
  const options: Option<string>[] = [
    ...[...sets.values()].map((set) => ({ value: set.id, label: `${set.name}, ${plural(set.rows, 'row')}` })),
    { value: WORLD_VALUE, label: `${WORLD[0]!.toUpperCase()}${WORLD.slice(1)}` },
  ]
  const chosen = data.from === 'dataset' ? sets.get(data.dataset) : undefined
  const gone = data.from === 'dataset' && loaded && !chosen
  if (gone) options.unshift({ value: data.dataset, label: 'A data set that is not here any more' })
  return (
    <div className="data-choice">
      <Select
        label="Learn from"
        value={data.from === 'world' ? WORLD_VALUE : data.dataset}
        options={options}
        onChange={(value) =>
          onChange(value === WORLD_VALUE ? { from: 'world', seed: 1 } : { from: 'dataset', dataset: value })
        }
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
      {chosen && <SetFacts set={chosen} model={model} unheld={unheld} />}
      {loaded && sets.size === 0 && (
        <p className="data-facts">
          Your own quadruplets come in on the Data screen.{' '}
          <button type="button" className="train-link" onClick={() => runById('screen.data')}>
            Open it
          </button>
        </p>
      )}
    </div>
  )
}

/** How it stands with its check: what keeps it from training is said before anything is measured. */
function SetFacts({
  set,
  model,
  unheld,
}: {
  readonly set: Dataset
  readonly model: string
  readonly unheld: string
}): ReactElement {
  const why = whyNotTrain(set)
  const look = (): void => {
    openDataset(set.id)
    runById('screen.data')
  }
  if (why !== null)
    return (
      <Notice tone="danger" actions={<Button onClick={look}>Open it</Button>}>
        {why}
      </Notice>
    )
  const { train, val, none } = set.splits
  const warnings = set.check?.warnings ?? 0
  const other = set.check && notCheckedFor(set.check, model)
  return (
    <p className="data-facts">
      {count(train + none)} to train, {count(val)} to validate. Its check found no errors
      {warnings > 0 ? ` and ${plural(warnings, 'warning')}` : ''}.{other === null ? '' : ` ${other}`}
      {val === 0 ? ` ${unheld}` : ''}{' '}
      <button type="button" className="train-link" onClick={look}>
        Open it
      </button>
    </p>
  )
}
