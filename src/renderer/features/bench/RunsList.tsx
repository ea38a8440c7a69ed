/** Runs of the bench, newest first: state, progress and score so far; ticked ones are compared or voted on. */
import type { ReactElement } from 'react'
import { isActive } from '../../../shared/studio-jobs.ts'
import { api } from '../../api.ts'
import { modeName } from '../../state/runs-words.ts'
import { toastError } from '../../state/toasts.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { EmptyState, ProgressBar } from '../../ui/feedback.tsx'
import { show, showRun, tick, untick, useBench, useBenchJobs, type BenchJob } from './bench-state.ts'
import { scoreOf } from './bench-results.ts'
import { number, stateWords } from './bench-words.ts'

export function RunsList({ onSuites }: { readonly onSuites: () => void }): ReactElement {
  const jobs = useBenchJobs()
  const view = useBench((s) => s.view)
  const ticked = useBench((s) => s.ticked).filter((id) => jobs.some((job) => job.id === id))
  const vote = async (): Promise<void> => {
    const [a, b] = ticked
    if (a === undefined || b === undefined) return
    try {
      const study = await api.call('bench.startStudy', { a, b })
      untick()
      show({ kind: 'vote', study: study.id })
    } catch (error) {
      toastError(error)
    }
  }
  return (
    <aside className="bench-side" aria-label="Runs of the bench">
      <header className="bench-side-head">
        <h2>Runs</h2>
        <IconButton small icon="folder" label="Suites" onClick={onSuites} />
        <Button icon="plus" onClick={() => show({ kind: 'new' })} aria-current={view.kind === 'new'}>
          New run
        </Button>
      </header>
      {jobs.length === 0 ? (
        <EmptyState title="No run yet">What you measure is kept here until you delete it.</EmptyState>
      ) : (
        <ul className="bench-runs">
          {jobs.map((job) => (
            <Row key={job.id} job={job} chosen={view.kind === 'run' && view.job === job.id} />
          ))}
        </ul>
      )}
      {ticked.length > 0 && (
        <footer className="bench-side-foot" aria-label="What to do with ticked runs" role="group">
          <span>{ticked.length === 1 ? 'Tick another run' : `${ticked.length} ticked`}</span>
          <Button disabled={ticked.length < 2} onClick={() => show({ kind: 'compare', jobs: ticked })}>
            Compare
          </Button>
          <Button disabled={ticked.length !== 2} onClick={() => void vote()}>
            Vote blind
          </Button>
          <IconButton small icon="x" label="Untick all" onClick={untick} />
        </footer>
      )}
    </aside>
  )
}

function Row({ job, chosen }: { readonly job: BenchJob; readonly chosen: boolean }): ReactElement {
  const ticked = useBench((s) => s.ticked.includes(job.id))
  const { spec, progress } = job
  const score = scoreOf(job)
  return (
    <li className="bench-run" data-chosen={chosen || undefined}>
      <input
        type="checkbox"
        className="bench-tick"
        aria-label={`Tick ${job.title}`}
        checked={ticked}
        disabled={spec.kind !== 'parabench'}
        onChange={() => tick(job.id)}
      />
      <button type="button" className="bench-run-open" aria-current={chosen} onClick={() => showRun(job.id)}>
        <span className="bench-run-title">{job.title}</span>
        <span className="bench-run-facts">
          {spec.model}
          {(spec.adapters ?? []).map(({ id, weight }) => ` + ${id}${weight === 1 ? '' : ` × ${weight}`}`)},{' '}
          {spec.kind === 'parabench' ? modeName(spec.mode) : 'four modes'}
          {spec.judge.kind === 'endpoint' ? `, judged by ${spec.judge.model}` : ''}
        </span>
        <span className={job.state === 'failed' ? 'bench-run-facts bench-bad' : 'bench-run-facts'}>
          {stateWords(job)}
        </span>
      </button>
      <span className="bench-run-score" aria-label={score === null ? undefined : `Score ${number(score)}`}>
        {score === null ? '' : number(score)}
      </span>
      {isActive(job) && job.state !== 'queued' && (
        <span className="bench-run-progress">
          <ProgressBar
            value={progress && progress.total > 0 ? progress.done / progress.total : null}
            label={`Progress of ${job.title}`}
          />
        </span>
      )}
    </li>
  )
}
