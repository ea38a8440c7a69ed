/** Models that are being made: what is at work, what rests and can go on, what failed and why. */
import type { ReactElement } from 'react'
import { canGoOn, isActive } from '../../../shared/studio-jobs.ts'
import {
  aboutJob,
  cancelJob,
  deleteJob,
  doneWords,
  jobsOf,
  pauseJob,
  resumeJob,
  useJobs,
  type JobOf,
} from '../../state/jobs.ts'
import { duration } from '../../state/runs-words.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'

const KINDS = ['checkpoint-import', 'model-get', 'merge'] as const
type Job = JobOf<(typeof KINDS)[number]>

export function ModelJobs(): ReactElement | null {
  const jobs = useJobs((s) => s.jobs)
  const shown = jobsOf(jobs, KINDS).filter((job) => isActive(job) || canGoOn(job))
  if (shown.length === 0) return null
  return (
    <section aria-label="Being made" className="models-group">
      <h3>Being made</h3>
      <ul className="model-jobs">
        {shown.map((job) => (
          <li key={job.id}>{isActive(job) ? <Working job={job} /> : <Resting job={job} />}</li>
        ))}
      </ul>
    </section>
  )
}

function Working({ job }: { readonly job: Job }): ReactElement {
  const { id, title, state, progress, detail, etaMs } = job
  const share = progress && progress.total > 0 ? progress.done / progress.total : null
  const words =
    state === 'queued'
      ? 'Waiting'
      : state === 'stopping' || state === 'pausing'
        ? 'Stopping'
        : [
            detail,
            share === null ? '' : `${Math.floor(share * 100)} %`,
            etaMs === null ? '' : `${duration(etaMs)} left`,
          ]
            .filter((part) => part !== '')
            .join(', ')
  return (
    <>
      <span className="model-job-line">
        <span className="models-name">{title}</span>
        <IconButton
          small
          icon="pause"
          label={`Pause ${title}`}
          disabled={state === 'pausing' || state === 'stopping'}
          onClick={() => void pauseJob(id)}
        />
        <IconButton
          small
          icon="stop"
          label={state === 'stopping' ? `Stop ${title} now` : `Stop ${title}`}
          onClick={() => void cancelJob(id, state === 'stopping')}
        />
      </span>
      <ProgressBar value={share} label={title} />
      <span className="models-facts" role="status" aria-live="off">
        {words}
      </span>
    </>
  )
}

function Resting({ job }: { readonly job: Job }): ReactElement {
  const { id, title, state, progress, error } = job
  const at = progress ? ` at ${doneWords(progress)}` : ''
  return (
    <>
      <span className="model-job-line">
        <span className="models-name">{title}</span>
        <span className="models-facts">
          {state === 'paused' ? `Paused${at}` : state === 'failed' ? 'Failed' : `Stopped${at}`}
        </span>
      </span>
      {error && (
        <Notice tone="danger" about={aboutJob(job)}>
          {error.message} {error.remedy}
        </Notice>
      )}
      <span className="model-job-line">
        <Button icon="play" onClick={() => void resumeJob(id)}>
          {state === 'failed' ? 'Try again' : 'Resume'}
        </Button>
        <IconButton
          small
          icon="trash"
          label={`Remove ${title} and what it made so far`}
          onClick={() => void deleteJob(id)}
        />
      </span>
    </>
  )
}
