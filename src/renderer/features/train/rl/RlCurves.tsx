/** Curves of a ParaRL run: the reward, the exact judge beside it, and what tells whether the policy strays. */
import { useMemo, useState, type ReactElement } from 'react'
import type { RlJob } from '../../../state/rl.ts'
import type { RlRows } from '../../../state/rl-rows.ts'
import { Button } from '../../../ui/Button.tsx'
import { EmptyState, ProgressBar } from '../../../ui/feedback.tsx'
import { Chart, type Zoom } from '../Chart.tsx'
import { rlCharts } from './rl-curves.ts'

export function RlCurves({
  rows,
  loaded,
  job,
}: {
  readonly rows: RlRows
  readonly loaded: boolean
  readonly job: RlJob
}): ReactElement {
  const [zoom, setZoom] = useState<Zoom>(null)
  const charts = useMemo(() => rlCharts(rows), [rows])
  if (rows.phases.length === 0 && rows.validations.length === 0)
    return loaded ? (
      <EmptyState icon="graph" title={job.state === 'queued' ? 'It has not started' : 'No rollout yet'}>
        {job.state === 'queued'
          ? 'The curves begin when the job before it has ended.'
          : 'First the prompts are chosen and the starting model is measured; then the first rollouts are drawn.'}
      </EmptyState>
    ) : (
      <div className="train-wait">
        <ProgressBar value={null} label="Reading the curves" />
      </div>
    )
  return (
    <div className="curves">
      <div className="curves-bar">
        <span className="curves-space" />
        <Button kind="quiet" icon="fit" disabled={zoom === null} onClick={() => setZoom(null)}>
          Show all
        </Button>
      </div>
      <div className="curves-grid">
        {charts.map(({ id, title, hint, lines }) => (
          <Chart
            key={id}
            id={`rl-${id}`}
            title={title}
            hint={hint}
            unit="plain"
            lines={lines}
            axis="step"
            log={false}
            zoom={zoom}
            onZoom={setZoom}
          />
        ))}
      </div>
    </div>
  )
}
