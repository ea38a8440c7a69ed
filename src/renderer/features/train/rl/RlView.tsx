/** One ParaRL run: how it stands, its curves, rollouts and previews as grids, and what the guard rails found. */
import { useState, type ReactElement } from 'react'
import { canGoOn, isActive } from '../../../../shared/studio-jobs.ts'
import { pararlStudioResultSchema } from '../../../../shared/studio-rl.ts'
import { aboutJob, cancelJob, controlJob, deleteJob, pauseJob, resumeJob } from '../../../state/jobs.ts'
import { useRlRows, type RlJob } from '../../../state/rl.ts'
import { judgeChange, noRlRows, type RlRows } from '../../../state/rl-rows.ts'
import { duration } from '../../../state/runs-words.ts'
import { editWith } from '../../../state/training.ts'
import { Button } from '../../../ui/Button.tsx'
import { ConfirmDialog } from '../../../ui/Dialog.tsx'
import { Notice, ProgressBar } from '../../../ui/feedback.tsx'
import { useRemembered } from '../../../ui/remembered.ts'
import { Tabs } from '../../../ui/Tabs.tsx'
import { count, stateWords } from '../words.ts'
import { Previews } from '../Previews.tsx'
import { RlCurves } from './RlCurves.tsx'
import { RlRecord } from './RlRecord.tsx'
import { RolloutGrid } from './RolloutGrid.tsx'
import './rl.css'

const views = ['curves', 'rollouts', 'previews', 'record'] as const
type View = (typeof views)[number]

export function RlView({ job, onDeleted }: { readonly job: RlJob; readonly onDeleted: () => void }): ReactElement {
  const [view, setView] = useRemembered<string>('rl.view', 'curves')
  const rows = useRlRows(job.id)
  const shown = rows ?? noRlRows
  return (
    <div className="train-run">
      <Head job={job} onDeleted={onDeleted} />
      <Notices job={job} rows={shown} />
      <Tabs<View>
        label="Of this run"
        value={views.find((known) => known === view) ?? 'curves'}
        onChange={setView}
        tabs={[
          { id: 'curves', label: 'Curves', content: <RlCurves rows={shown} loaded={rows !== null} job={job} /> },
          {
            id: 'rollouts',
            label: 'Rollouts',
            ...(shown.phases.length > 0 ? { badge: shown.phases.length } : {}),
            content: <RolloutGrid job={job} phases={shown.phases} />,
          },
          {
            id: 'previews',
            label: 'Previews',
            ...(shown.previews.length > 0 ? { badge: shown.previews.length } : {}),
            content: <Previews job={job.id} every={job.spec.settings.previewEvery} previews={shown.previews} />,
          },
          { id: 'record', label: 'Record', content: <RlRecord job={job} rows={shown} /> },
        ]}
      />
    </div>
  )
}

function Head({ job, onDeleted }: { readonly job: RlJob; readonly onDeleted: () => void }): ReactElement {
  const [deleting, setDeleting] = useState(false)
  const { state, progress, etaMs, spec, title } = job
  const total = progress?.total ?? spec.settings.steps
  const done = progress?.done ?? 0
  const facts = [
    stateWords[state],
    `update ${count(done)} of ${count(total)}`,
    `${spec.settings.rollouts} rollouts of ${spec.settings.prompts} prompts`,
    // Before the first update the engine says what it is at, and how far.
    ...(state === 'running' && done === 0 && job.detail !== '' ? [job.detail] : []),
    ...(etaMs !== null && state === 'running' ? [`${duration(etaMs)} left`] : []),
  ]
  return (
    <header className="rl-head">
      <div className="rl-title">
        <h2>{title}</h2>
        <p role="status">{facts.join(' · ')}</p>
      </div>
      <div className="rl-actions">
        {isActive(job) && (
          <>
            <Button
              icon="pause"
              disabled={state === 'pausing' || state === 'stopping'}
              onClick={() => void pauseJob(job.id)}
            >
              Pause
            </Button>
            <Button icon="picture" disabled={state !== 'running'} onClick={() => void controlJob(job.id, 'sample')}>
              Sample now
            </Button>
            <Button icon="stop" onClick={() => void cancelJob(job.id, state === 'stopping')}>
              {state === 'stopping' ? 'Stop now' : 'Stop'}
            </Button>
          </>
        )}
        {canGoOn(job) && (
          <Button kind="primary" icon="play" onClick={() => void resumeJob(job.id)}>
            Resume
          </Button>
        )}
        {!isActive(job) && (
          <Button kind="quiet" icon="trash" onClick={() => setDeleting(true)}>
            Delete …
          </Button>
        )}
      </div>
      {isActive(job) && state !== 'queued' && (
        <ProgressBar value={progress ? done / Math.max(1, total) : null} label={`Progress of ${title}`} />
      )}
      {deleting && (
        <ConfirmDialog
          title={`Delete "${title}"?`}
          text="Its rows, rollouts and checkpoint will be gone. The model it made stays among the models."
          action="Delete the run"
          onClose={() => setDeleting(false)}
          onConfirm={() => {
            void deleteJob(job.id).then(onDeleted)
          }}
        />
      )}
    </header>
  )
}

function Notices({ job, rows }: { readonly job: RlJob; readonly rows: RlRows }): ReactElement | null {
  const result = pararlStudioResultSchema.safeParse(job.result).data
  const change = judgeChange(rows.validations, 'output_alignment')
  const stops = rows.notes.filter(({ stops: ends }) => ends)
  // Which prompts were chosen is no warning: the record has it.
  const noted = rows.notes.filter(({ stops: ends, code }) => !ends && code !== 'hard-prompts')
  const warnings = [...new Set(noted.map(({ message }) => message))].slice(-3)
  return (
    <div className="train-notices">
      {job.state === 'failed' && job.error && (
        <Notice tone="danger" about={aboutJob(job)}>
          {job.error.message} {job.error.remedy}
        </Notice>
      )}
      {stops.map((note) => (
        <Notice key={note.step} tone="danger">
          It ended at update {note.step}: {note.message}
        </Notice>
      ))}
      {job.state === 'done' && result && (
        <Notice
          actions={
            <Button icon="brush" onClick={() => editWith(result.model, job.spec.model)}>
              Use in the editor
            </Button>
          }
        >
          {result.model.name} is among the models, after {count(result.rollouts)} rollouts in{' '}
          {duration(result.seconds * 1000)}.{' '}
          {change === null
            ? 'The exact judge did not see it before and after.'
            : `By the exact judge its Output Alignment ${changeWords(change)} on fresh prompts.`}
        </Notice>
      )}
      {warnings.map((message) => (
        <Notice key={message} tone="warning">
          {message}
        </Notice>
      ))}
    </div>
  )
}

const changeWords = (change: number): string =>
  Math.abs(change) < 0.05
    ? 'stayed as it was'
    : `went ${change > 0 ? 'up' : 'down'} by ${Math.abs(change).toFixed(1)} points`
