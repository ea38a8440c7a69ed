/** ParaRL runs in the list: state, progress and the reward so far in a line each. */
import type { ReactElement } from 'react'
import { isActive } from '../../../../shared/studio-jobs.ts'
import { duration, when } from '../../../state/runs-words.ts'
import type { RlJob } from '../../../state/rl.ts'
import { ProgressBar } from '../../../ui/feedback.tsx'
import { figure, stateWords } from '../words.ts'

export function RlList({
  jobs,
  chosen,
  onChoose,
}: {
  readonly jobs: readonly RlJob[]
  readonly chosen: string | null
  readonly onChoose: (id: string) => void
}): ReactElement | null {
  if (jobs.length === 0) return null
  return (
    <section className="rl-list" aria-label="Runs with rewards">
      <h3>From rewards</h3>
      <ul className="train-rows">
        {jobs.map((job) => (
          <Row key={job.id} job={job} chosen={job.id === chosen} onChoose={() => onChoose(job.id)} />
        ))}
      </ul>
    </section>
  )
}

function Row({
  job,
  chosen,
  onChoose,
}: {
  readonly job: RlJob
  readonly chosen: boolean
  readonly onChoose: () => void
}): ReactElement {
  const { title, state, progress, etaMs } = job
  const reward = progress?.metrics['reward']
  return (
    <li className="train-row" data-state={state} data-chosen={chosen}>
      <button type="button" className="train-row-open" aria-current={chosen ? 'true' : undefined} onClick={onChoose}>
        <span className="train-row-title">{title}</span>
        <span className="train-row-best">{reward === undefined ? '' : `reward ${figure(reward)}`}</span>
        <span className="train-row-facts">
          <span className="train-dot" data-state={state} aria-hidden="true" />
          {state === 'running' && etaMs !== null
            ? `${duration(etaMs)} left`
            : isActive(job)
              ? stateWords[state]
              : `${stateWords[state]} · ${when(job.endedAt ?? job.createdAt, Date.now())}`}
        </span>
        <span className="train-row-best">{progress ? `update ${progress.done}` : ''}</span>
      </button>
      {isActive(job) && state !== 'queued' && (
        <ProgressBar
          value={progress && progress.total > 0 ? progress.done / progress.total : null}
          label={`Progress of ${title}`}
        />
      )}
    </li>
  )
}
