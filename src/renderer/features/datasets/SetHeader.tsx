/** The open set: what it is, how its check stands, and what can be done with it. */
import type { ReactElement } from 'react'
import { whyNotTrain, type Dataset } from '../../../shared/dataset-records.ts'
import { isActive, type StudioJob } from '../../../shared/studio-jobs.ts'
import { aboutJob, cancelJob, startJob, useJobs } from '../../state/jobs.ts'
import { download } from '../../state/download.ts'
import { trainOn } from '../../state/training-form.ts'
import { toastError } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { datasetExportResultSchema } from '../../../shared/dataset-jobs.ts'
import { standing, startCheck } from './check.ts'
import { showDialog } from './dialogs.ts'
import { travel } from './rows-state.ts'

export function SetHeader({ set }: { readonly set: Dataset }): ReactElement {
  const { tone, icon, long } = standing(set)
  const { splits } = set
  const shown = (['train', 'val', 'test', 'none'] as const).filter((split) => splits[split] > 0)
  return (
    <header className="data-bar">
      <div className="data-title">
        <h2>{set.name}</h2>
        <span className="data-facts">
          {set.rows.toLocaleString('en')} {set.rows === 1 ? 'row' : 'rows'}
          {shown.map((split) => ` · ${split === 'none' ? 'no split' : split} ${splits[split].toLocaleString('en')}`)}
          {set.generations > 0 && ` · ${set.generations.toLocaleString('en')} generations`}
        </span>
        <span className={`data-standing data-chip-${tone}`} role="status">
          <Icon name={icon} size={13} />
          {long}
        </span>
      </div>
      <div className="data-actions">
        {set.editable && (
          <>
            <IconButton
              icon="undo"
              label={set.undo === null ? 'Undo' : `Undo: ${set.undo}`}
              shortcut="Ctrl+Z"
              disabled={set.undo === null}
              onClick={() => void travel('undo')}
            />
            <IconButton
              icon="redo"
              label={set.redo === null ? 'Redo' : `Redo: ${set.redo}`}
              shortcut="Ctrl+Shift+Z"
              disabled={set.redo === null}
              onClick={() => void travel('redo')}
            />
          </>
        )}
        <Button icon="check" disabled={set.rows + set.broken === 0} onClick={() => void startCheck(set.id)}>
          Check
        </Button>
        <Button icon="graph" disabled={whyNotTrain(set) !== null} onClick={() => trainOn(set.id)}>
          Train on it
        </Button>
        {!set.editable && (
          <Button icon="copy" onClick={() => void copySet(set)}>
            Copy into the studio
          </Button>
        )}
        <Button icon="download" disabled={set.rows === 0} onClick={() => showDialog({ name: 'export' })}>
          Export
        </Button>
        <MenuButton
          label="More for this data set"
          items={[
            {
              label: 'Draw the splits …',
              icon: 'branch',
              disabled: !set.editable || set.rows === 0,
              onSelect: () => showDialog({ name: 'split' }),
            },
            ...(set.editable
              ? []
              : [{ label: 'Read again', icon: 'refresh' as const, onSelect: () => void readAgain(set) }]),
            { label: 'Rename …', icon: 'text', onSelect: () => showDialog({ name: 'rename' }) },
            'divider',
            {
              label: set.editable ? 'Delete …' : 'Forget …',
              icon: 'trash',
              danger: true,
              onSelect: () => showDialog({ name: 'delete' }),
            },
          ]}
        />
      </div>
      {set.changed && (
        <Notice tone="warning" actions={<Button onClick={() => void readAgain(set)}>Read it again</Button>}>
          The files of this set were written to since the studio read them.
        </Notice>
      )}
      <Work set={set.id} />
    </header>
  )
}

const copySet = (set: Dataset): Promise<void> =>
  startJob({
    kind: 'dataset-import',
    name: `${set.name} (copy)`.slice(0, 200),
    source: { from: 'dataset', dataset: set.id },
    mode: 'copy',
  }).then(() => undefined, toastError)

const readAgain = (set: Dataset): Promise<void> =>
  startJob({
    kind: 'dataset-import',
    name: set.name,
    source: { from: 'dataset', dataset: set.id },
    mode: 'refer',
  }).then(() => undefined, toastError)

/** Jobs on this set that go on, and an export that can be saved. */
function Work({ set }: { readonly set: string }): ReactElement | null {
  const jobs = useJobs((s) => s.jobs)
  const mine = [...jobs.values()].filter(({ spec }) => 'dataset' in spec && spec.dataset === set)
  const going = mine.filter(isActive)
  const last = mine.filter(({ spec }) => spec.kind !== 'dataset-import').sort((a, b) => b.createdAt - a.createdAt)[0]
  return (
    <>
      {going.map(({ id, title, state, progress }) => (
        <div key={id} className="data-work" role="status">
          <span>
            {title}
            {state === 'queued' ? ': waiting' : progress ? `: ${progress.done.toLocaleString('en')} rows` : ''}
          </span>
          <ProgressBar value={null} label={`Progress of ${title}`} />
          <IconButton
            small
            icon="x"
            label={`Stop: ${title}`}
            onClick={() => void cancelJob(id, state === 'stopping')}
          />
        </div>
      ))}
      {last && <Outcome job={last} />}
    </>
  )
}

function Outcome({ job }: { readonly job: StudioJob }): ReactElement | null {
  if (job.state === 'failed' && job.error)
    return (
      <Notice tone="danger" about={aboutJob(job)}>
        {job.title}: {job.error.message} {job.error.remedy}
      </Notice>
    )
  if (job.state !== 'done' || job.spec.kind !== 'dataset-export') return null
  const parsed = datasetExportResultSchema.safeParse(job.result)
  if (!parsed.success) return null
  const { rows, left, file } = parsed.data
  const words = `${rows.toLocaleString('en')} rows exported${left > 0 ? `, ${left} left out` : ''}.`
  return (
    <Notice
      actions={
        file && (
          <Button icon="download" onClick={() => download(file)}>
            Save {file.name}
          </Button>
        )
      }
    >
      {words}
    </Notice>
  )
}
