/** The list of data sets, with what is on its way in. */
import type { ReactElement } from 'react'
import type { Dataset } from '../../../shared/dataset-records.ts'
import { isActive } from '../../../shared/studio-jobs.ts'
import { datasetList, openDataset, useDatasets } from '../../state/datasets.ts'
import { aboutJob, cancelJob, deleteJob, jobsOf, resumeJob, useJobs, type JobOf } from '../../state/jobs.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { CopyDiagnostics } from '../../ui/diagnostics.tsx'
import { ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { Tooltip } from '../../ui/Tooltip.tsx'
import { standing } from './check.ts'
import { showDialog } from './dialogs.ts'
import { size } from './words.ts'

export function SetList(): ReactElement {
  const sets = useDatasets((s) => s.sets)
  const open = useDatasets((s) => s.open)
  const jobs = useJobs((s) => s.jobs)
  const coming = jobsOf(jobs, ['dataset-import']).filter(
    ({ state, warnings }) => state !== 'done' || warnings.length > 0,
  )
  const list = datasetList(sets)
  return (
    <>
      <header className="data-head">
        <h2>Data sets</h2>
        <MenuButton
          small
          icon="plus"
          label="Add a data set"
          items={[
            { label: 'Import …', icon: 'upload', onSelect: () => showDialog({ name: 'import', brought: null }) },
            { label: 'New, empty …', icon: 'plus', onSelect: () => showDialog({ name: 'new' }) },
          ]}
        />
      </header>
      <div className="data-list">
        {coming.map((job) => (
          <Coming key={job.id} job={job} />
        ))}
        {list.length > 0 && (
          <ul aria-label="Sets">
            {list.map((set) => (
              <li key={set.id}>
                <SetLine set={set} open={set.id === open} />
              </li>
            ))}
          </ul>
        )}
      </div>
    </>
  )
}

function SetLine({ set, open }: { readonly set: Dataset; readonly open: boolean }): ReactElement {
  const { tone, icon, short, long } = standing(set)
  return (
    <button
      type="button"
      className="data-set"
      aria-current={open ? 'true' : undefined}
      onClick={() => openDataset(set.id)}
    >
      <span className="data-set-name">{set.name}</span>
      <Tooltip text={long} side="right">
        <span className={`data-chip data-chip-${tone}`} aria-label={long}>
          <Icon name={icon} size={11} />
          {short}
        </span>
      </Tooltip>
      <span className="data-set-facts">
        {set.rows.toLocaleString('en')} {set.rows === 1 ? 'row' : 'rows'}
        {set.stats ? ` · ${size(set.stats.bytes)}` : ''}
        {set.editable ? '' : ' · read in place'}
      </span>
    </button>
  )
}

/** Warnings of an import that are shown. */
const SHOWN = 3

/** An import that waits, runs, did not come to its end, or came in with something to be said of its files. */
function Coming({ job }: { readonly job: JobOf<'dataset-import'> }): ReactElement {
  const { id, title, state, error, progress, warnings } = job
  if (isActive(job))
    return (
      <div className="data-coming">
        <span className="data-set-name">{title}</span>
        <IconButton
          small
          icon="x"
          label={state === 'stopping' ? 'Stop now' : 'Stop'}
          onClick={() => void cancelJob(id, state === 'stopping')}
        />
        <span className="data-set-facts" role="status">
          {state === 'queued' ? 'Waiting' : progress ? `${progress.done.toLocaleString('en')} rows` : 'Being opened'}
        </span>
        <ProgressBar value={null} label={`Progress of ${title}`} />
      </div>
    )
  if (state === 'done')
    return (
      <div className="data-coming" role="status">
        <span className="data-set-name">{title}</span>
        <IconButton small icon="x" label="Dismiss" onClick={() => void deleteJob(id)} />
        {warnings.slice(0, SHOWN).map((warning) => (
          <span key={warning} className="data-warning">
            {warning}
          </span>
        ))}
        {warnings.length > SHOWN && <span className="data-warning">And {warnings.length - SHOWN} more.</span>}
      </div>
    )
  return (
    <div className="data-coming" role="alert">
      <span className="data-set-name">{title}</span>
      <IconButton small icon="x" label="Dismiss" onClick={() => void deleteJob(id)} />
      <span className="data-fault">
        {error ? `${error.message} ${error.remedy}` : 'Stopped. Nothing of it was kept.'}
      </span>
      <Button icon="refresh" onClick={() => void resumeJob(id)}>
        Try again
      </Button>
      {error && <CopyDiagnostics said={`${error.message} ${error.remedy}`} about={aboutJob(job)} />}
    </div>
  )
}
