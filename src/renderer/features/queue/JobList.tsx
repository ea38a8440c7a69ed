/** Long work in the queue: what runs, what waits and what rests, with what can be done to each. */
import type { ReactElement } from 'react'
import { canGoOn, type StudioJob } from '../../../shared/studio-jobs.ts'
import {
  aboutJob,
  cancelJob,
  doneWords,
  pauseJob,
  reorderJob,
  resumeJob,
  useJobs,
  waitingJobs,
} from '../../state/jobs.ts'
import { duration } from '../../state/runs-words.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { CopyDiagnostics } from '../../ui/diagnostics.tsx'
import { ProgressBar } from '../../ui/feedback.tsx'

/** Of those that rest, as many as a person may want to take up again. */
const RESTING = 8

export function useQueuedJobs(): { readonly waiting: readonly StudioJob[]; readonly resting: readonly StudioJob[] } {
  const jobs = useJobs((s) => s.jobs)
  const order = useJobs((s) => s.order)
  const resting = [...jobs.values()].filter(canGoOn).sort((a, b) => b.createdAt - a.createdAt)
  return { waiting: waitingJobs({ jobs, order }), resting: resting.slice(0, RESTING) }
}

export function JobList({
  waiting,
  resting,
}: {
  readonly waiting: readonly StudioJob[]
  readonly resting: readonly StudioJob[]
}): ReactElement {
  return (
    <section aria-label="Jobs">
      <h3 className="queue-lane">
        Jobs
        <span>Training, measuring, importing: one at a time.</span>
      </h3>
      <ul className="queue-list">
        {waiting.map((job, i) => (
          <Waiting key={job.id} job={job} before={waiting[i - 1]?.id} after={waiting[i + 2]?.id ?? null} />
        ))}
        {resting.map((job) => (
          <li key={job.id} className="queue-item">
            <span className="queue-grip" />
            <span className="queue-words">
              <span className="queue-title">{job.title}</span>
              <span className="queue-facts">
                {restWords(job)}
                {job.error ? `: ${job.error.message}` : ''}
              </span>
            </span>
            <Button icon="play" onClick={() => void resumeJob(job.id)}>
              Resume
            </Button>
            {job.error && (
              <span className="queue-report">
                <CopyDiagnostics said={`${job.error.message} ${job.error.remedy}`} about={aboutJob(job)} />
              </span>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function restWords({ state, progress }: StudioJob): string {
  const at = progress ? ` at ${doneWords(progress)}` : ''
  return (state === 'paused' ? 'Paused' : state === 'failed' ? 'Failed' : 'Stopped') + at
}

function words({ state, progress, etaMs, detail }: StudioJob): string {
  if (state === 'queued') return 'Waiting'
  if (state === 'pausing') return 'Pausing after this step'
  if (state === 'stopping') return 'Stopping after this step'
  if (!progress) return detail || 'Being made ready'
  return `${doneWords(progress)}${etaMs === null ? '' : `, ${duration(etaMs)} left`}`
}

function Waiting({
  job,
  before,
  after,
}: {
  readonly job: StudioJob
  /** The one before it in the order, and the one after the next. */
  readonly before: string | undefined
  readonly after: string | null
}): ReactElement {
  const { id, state, progress, title } = job
  const queued = state === 'queued'
  return (
    <li className="queue-item">
      <span className="queue-grip" />
      <span className="queue-words">
        <span className="queue-title">{title}</span>
        <span className="queue-facts">{words(job)}</span>
      </span>
      {queued && before !== undefined && (
        <>
          <IconButton small icon="chevron-up" label="Earlier" onClick={() => void reorderJob(id, before)} />
          <IconButton small icon="chevron-down" label="Later" onClick={() => void reorderJob(id, after)} />
        </>
      )}
      <IconButton
        small
        icon="pause"
        label={queued ? 'Pause: it does not start' : 'Pause after this step'}
        disabled={state === 'pausing' || state === 'stopping'}
        onClick={() => void pauseJob(id)}
      />
      <IconButton
        small
        icon="stop"
        label={state === 'stopping' ? 'Stop now' : queued ? 'Take out of the queue' : 'Stop after this step'}
        onClick={() => void cancelJob(id, state === 'stopping')}
      />
      {!queued && (
        <span className="queue-progress">
          <ProgressBar
            value={progress && progress.total > 0 ? progress.done / progress.total : null}
            label={`Progress of ${title}`}
          />
        </span>
      )}
    </li>
  )
}
