/** The record of a run: what it was asked for and made from, a person's notes, and what happened when. */
import { useState, type ReactElement } from 'react'
import { sftStudioResultSchema } from '../../../shared/studio-training.ts'
import type { TrainingSettings } from '../../../shared/training-settings.ts'
import { duration } from '../../state/runs-words.ts'
import { updateJob } from '../../state/jobs.ts'
import type { TrainingJob } from '../../state/training.ts'
import type { TrainingRows } from '../../state/training-rows.ts'
import { TextArea } from '../../ui/Field.tsx'
import { useDataWords } from './data-words.ts'
import { bytes, count, figure, plural } from './words.ts'

export function RunRecord({ job, rows }: { readonly job: TrainingJob; readonly rows: TrainingRows }): ReactElement {
  return (
    <div className="record">
      <div className="record-column">
        <Lineage job={job} />
        <Notes key={job.id} job={job} />
        <Settings settings={job.spec.settings} />
      </div>
      <Log rows={rows} />
    </div>
  )
}

function Lineage({ job }: { readonly job: TrainingJob }): ReactElement {
  const result = sftStudioResultSchema.safeParse(job.result).data
  const data = useDataWords(job.spec.data)
  const made = result?.model
  const lines: [string, string][] = [
    ['Model', made ? `${made.base.name} (${made.base.hash.slice(0, 12)})` : job.spec.model],
    ['Data', made?.data ? `${data}, ${plural(made.data.rows, 'row')} (${made.data.hash.slice(0, 12)})` : data],
    ['Preset', job.spec.preset ?? 'none'],
    ...(made ? ([['Made', `${made.kind} ${made.id}, ${bytes(made.bytes)}`]] as [string, string][]) : []),
    ...(result
      ? ([['Trained', `${count(result.samples)} samples in ${duration(result.seconds * 1000)}`]] as [string, string][])
      : []),
  ]
  return (
    <section aria-label="Lineage">
      <h3>Lineage</h3>
      <Pairs pairs={lines} />
    </section>
  )
}

function Pairs({ pairs }: { readonly pairs: readonly (readonly [string, string])[] }): ReactElement {
  return (
    <table className="record-pairs">
      <tbody>
        {pairs.map(([name, value]) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td>{value}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** Kept when the field is left. */
function Notes({ job }: { readonly job: TrainingJob }): ReactElement {
  const [draft, setDraft] = useState(job.note)
  return (
    <section aria-label="Notes">
      <TextArea
        label="Notes"
        rows={4}
        maxLength={10_000}
        value={draft}
        placeholder="What was this run to find out, and what did it say?"
        onChange={setDraft}
        onBlur={() => draft !== job.note && void updateJob(job.id, { note: draft })}
      />
    </section>
  )
}

const settingName: Readonly<Record<keyof TrainingSettings, string>> = {
  method: 'Method',
  rank: 'Rank',
  alpha: 'Alpha',
  targets: 'Targets',
  dropout: 'Adapter dropout',
  words: 'Words that train along',
  steps: 'Steps',
  batch: 'Batch',
  accumulate: 'Passes a step',
  learningRate: 'Learning rate',
  warmup: 'Warm-up',
  decayFrom: 'Decay from',
  floor: 'Last rate',
  optimiser: 'Optimiser',
  weightDecay: 'Weight decay',
  clip: 'Clip at',
  ema: 'Average (EMA)',
  seed: 'Seed',
  textWeight: 'w_text',
  imageWeight: 'w_image',
  changedCellWeight: 'Weight of changed cells',
  dropText: 'Texts dropped',
  dropImage: 'Pictures dropped',
  independent: 'Noise apart',
  generateShare: 'Generations',
  imageOnlyShare: 'Without reasoning',
  validateEvery: 'Validate every',
  validationSamples: 'Validation samples',
  patience: 'Patience',
  minDelta: 'Least gain',
  saveEvery: 'Save every',
  previewEvery: 'Preview every',
  previewRows: 'Preview rows',
  previewCount: 'Previews',
  name: 'Name',
}

const adapterOnly: ReadonlySet<string> = new Set(['rank', 'alpha', 'targets', 'dropout', 'words'])

function Settings({ settings }: { readonly settings: TrainingSettings }): ReactElement {
  const pairs = (Object.keys(settingName) as (keyof TrainingSettings)[])
    .filter((key) => settings.method === 'lora' || !adapterOnly.has(key))
    .map((key): [string, string] => [settingName[key], valueWords(settings[key])])
  return (
    <section aria-label="Settings">
      <h3>Settings</h3>
      <Pairs pairs={pairs} />
    </section>
  )
}

function valueWords(value: TrainingSettings[keyof TrainingSettings]): string {
  if (value === null) return 'by itself'
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.join(', ')
  return typeof value === 'number' ? String(value) : value
}

function Log({ rows }: { readonly rows: TrainingRows }): ReactElement {
  return (
    <section className="record-log" aria-label="Log">
      <h3>Log</h3>
      {rows.log.length === 0 ? (
        <p className="field-hint">Validations, checkpoints and the ends of its sittings will stand here.</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col" className="number-cell">
                Step
              </th>
              <th scope="col" className="number-cell">
                At
              </th>
              <th scope="col">What</th>
              <th scope="col" className="number-cell">
                Loss
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.log.toReversed().map((row, i) => (
              // Two checkpoints of one step differ by nothing but their place.
              <tr key={`${rows.log.length - i}`}>
                <td className="number-cell">{count(row.step)}</td>
                <td className="number-cell">{duration(row.seconds * 1000)}</td>
                <td>{logWords(row)}</td>
                <td className="number-cell">{row.kind === 'validation' ? figure(row.loss) : ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  )
}

const savedWords = {
  interval: 'Checkpoint saved on time',
  asked: 'Checkpoint saved as asked',
  best: 'Best weights saved',
  end: 'Checkpoint saved at the end',
} as const

function logWords(row: TrainingRows['log'][number]): string {
  if (row.kind === 'validation') return row.best ? 'Validation, the best so far' : 'Validation'
  if (row.kind === 'checkpoint') return `${savedWords[row.why]}: ${bytes(row.bytes)} in ${row.took.toFixed(1)} s`
  return row.why
}
