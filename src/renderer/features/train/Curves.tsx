/** The curves of a run, and of others over it: by step or by time, smoothed or raw, log or linear, one zoom for all. */
import { useMemo, useState, type ReactElement } from 'react'
import { Button } from '../../ui/Button.tsx'
import { SegmentedControl, Switch } from '../../ui/choices.tsx'
import { EmptyState, ProgressBar } from '../../ui/feedback.tsx'
import { useRemembered } from '../../ui/remembered.ts'
import { Slider } from '../../ui/Slider.tsx'
import { Chart, colourName, type Zoom } from './Chart.tsx'
import { charts, linesOf, type ShownRun, type XAxis } from './curves.ts'
import { NoiseChart } from './NoiseChart.tsx'

export function Curves({
  runs,
  loaded,
  waiting,
}: {
  /** The run itself first. */
  readonly runs: readonly ShownRun[]
  readonly loaded: boolean
  readonly waiting: boolean
}): ReactElement {
  const [axisName, setAxis] = useRemembered<string>('train.axis', 'step')
  const [weight, setWeight] = useRemembered<number>('train.smoothing', 0.6)
  const [log, setLog] = useRemembered<boolean>('train.log', false)
  const [zoom, setZoom] = useState<Zoom>(null)
  const axis: XAxis = axisName === 'time' ? 'time' : 'step'
  const own = runs[0]!
  const empty = own.rows.train.step.length === 0 && own.rows.validation.step.length === 0
  if (!loaded && empty)
    return (
      <div className="train-wait">
        <ProgressBar value={null} label="Reading the curves" />
      </div>
    )
  if (empty)
    return (
      <EmptyState icon="graph" title={waiting ? 'It has not started' : 'No step yet'}>
        {waiting
          ? 'The curves begin when the job before it has ended.'
          : 'The first points come when the data are checked and the model is built.'}
      </EmptyState>
    )
  return (
    <div className="curves">
      <div className="curves-bar">
        <SegmentedControl<XAxis>
          label="Horizontal axis"
          value={axis}
          segments={[
            { value: 'step', label: 'By step' },
            { value: 'time', label: 'By time' },
          ]}
          onChange={(value) => {
            setZoom(null)
            setAxis(value)
          }}
        />
        <div className="curves-smooth">
          <span aria-hidden="true">Smoothing</span>
          <Slider
            bare
            label="Smoothing"
            value={weight}
            min={0}
            max={0.99}
            step={0.01}
            initial={0.6}
            onChange={setWeight}
          />
        </div>
        <Switch label="Log scale" checked={log} onChange={setLog} />
        <span className="curves-space" />
        {runs.length > 1 && (
          <ul className="curves-runs" aria-label="Runs over each other">
            {runs.map(({ title }, i) => (
              <li key={`${i} ${title}`}>
                <span
                  className="chart-key chart-key-line"
                  style={{ color: `var(${colourName(i)})` }}
                  aria-hidden="true"
                />
                {title}
              </li>
            ))}
          </ul>
        )}
        <Button kind="quiet" icon="fit" disabled={zoom === null} onClick={() => setZoom(null)}>
          Show all
        </Button>
      </div>
      <div className="curves-grid">
        {charts.map((chart) => (
          <OneChart
            key={chart.id}
            chart={chart}
            runs={runs}
            axis={axis}
            weight={weight}
            // A rate of zero and memory have no use for it.
            log={log && chart.unit !== 'bytes'}
            zoom={zoom}
            onZoom={setZoom}
          />
        ))}
        <NoiseChart rows={own.rows} />
      </div>
      <p className="curves-help">
        Drag over a chart to zoom all of them, double-click to show all. With a chart focused: arrows walk along the
        points, + and − zoom, 0 shows all.
      </p>
    </div>
  )
}

function OneChart({
  chart,
  runs,
  axis,
  weight,
  ...rest
}: {
  readonly chart: (typeof charts)[number]
  readonly runs: readonly ShownRun[]
  readonly axis: XAxis
  readonly weight: number
  readonly log: boolean
  readonly zoom: Zoom
  readonly onZoom: (zoom: Zoom) => void
}): ReactElement {
  // A list of runs is made anew at every drawing; what is in it is not.
  const key = runs.map(({ rows }) => rows)
  const titles = runs.map(({ title }) => title).join('\n')
  const lines = useMemo(() => linesOf(chart, runs, axis, weight), [chart, axis, weight, titles, ...key])
  const { id, title, hint, unit } = chart
  return <Chart id={id} title={title} hint={hint} unit={unit} lines={lines} axis={axis} {...rest} />
}
