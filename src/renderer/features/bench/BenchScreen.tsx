/** The bench: runs on the left; on the right a report, a comparison, a form for new runs, or a blind vote. */
import { useState, type ReactElement } from 'react'
import { useJobs } from '../../state/jobs.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState, ProgressBar } from '../../ui/feedback.tsx'
import { show, useBench, useBenchJob } from './bench-state.ts'
import { CompareView } from './CompareView.tsx'
import { DragView } from './DragView.tsx'
import { NewRun } from './NewRun.tsx'
import { RunsList } from './RunsList.tsx'
import { RunView } from './RunView.tsx'
import { SuitesDialog } from './SuitesDialog.tsx'
import { VoteView } from './VoteView.tsx'
import './bench.css'

export function BenchScreen(): ReactElement {
  const view = useBench((s) => s.view)
  const [suites, setSuites] = useState(false)
  return (
    <div className="bench">
      <RunsList onSuites={() => setSuites(true)} />
      <section className="bench-main" aria-label="Bench">
        {view.kind === 'new' ? (
          <NewRun suitesOpen={suites} onSuites={() => setSuites(true)} />
        ) : view.kind === 'run' ? (
          <Run key={view.job} job={view.job} />
        ) : view.kind === 'compare' ? (
          <CompareView key={view.jobs.join()} jobs={view.jobs} />
        ) : view.kind === 'vote' ? (
          <VoteView key={view.study} study={view.study} />
        ) : (
          <Nothing />
        )}
      </section>
      {suites && <SuitesDialog onClose={() => setSuites(false)} />}
    </div>
  )
}

function Run({ job: id }: { readonly job: string }): ReactElement {
  const job = useBenchJob(id)
  const loaded = useJobs((s) => s.loaded)
  if (!job) return loaded ? <Nothing /> : <ProgressBar value={null} label="Loading the runs" />
  return job.spec.kind === 'parabench' ? (
    <RunView job={{ ...job, spec: job.spec }} />
  ) : (
    <DragView job={{ ...job, spec: job.spec }} />
  )
}

function Nothing(): ReactElement {
  return (
    <EmptyState
      icon="compare"
      title="Measure a model"
      actions={
        <Button kind="primary" icon="plus" onClick={() => show({ kind: 'new' })}>
          New run
        </Button>
      }
    >
      A suite of prompts is answered and marked in six dimensions: the reasoning, the picture, and whether the two
      agree. Choose a run on the left, tick two to compare them, or start one.
    </EmptyState>
  )
}
