/** Output Alignment along the run: one line a mode with its 95 % band, read out as a table. */
import { useId, type ReactElement } from 'react'
import type { BenchReport } from '../../../shared/bench.ts'
import { modeName } from '../../state/runs-words.ts'
import type { DecodingMode } from '../../../shared/trajectory.ts'
import { number } from './bench-words.ts'

type Points = NonNullable<BenchReport['along']>

const WIDTH = 560
const HEIGHT = 180
const PAD = { left: 34, right: 12, top: 10, bottom: 26 }
const tones = ['accent', 'pinned', 'warn', 'good'] as const

export function AlongChart({ series }: { readonly series: Readonly<Record<string, Points>> }): ReactElement {
  const title = useId()
  const entries = Object.entries(series)
  const all = entries.flatMap(([, points]) => points)
  const lastStep = Math.max(1, ...all.map(({ step }) => step))
  // The axis begins at a round number below the lowest band, so that small differences are seen, and says so.
  const floor = Math.max(0, Math.floor((Math.min(100, ...all.map(({ low }) => low)) - 2) / 10) * 10)
  const x = (step: number): number => PAD.left + (step / lastStep) * (WIDTH - PAD.left - PAD.right)
  const y = (value: number): number =>
    PAD.top + (1 - (value - floor) / Math.max(1, 100 - floor)) * (HEIGHT - PAD.top - PAD.bottom)
  const line = (points: Points): string => points.map(({ step, value }) => `${x(step)},${y(value)}`).join(' ')
  const band = (points: Points): string =>
    [
      ...points.map(({ step, high }) => [step, high] as const),
      ...points.toReversed().map(({ step, low }) => [step, low] as const),
    ]
      .map(([step, value]) => `${x(step)},${y(value)}`)
      .join(' ')
  const grid = [floor, (floor + 100) / 2, 100]
  return (
    <figure className="bench-chart">
      <figcaption id={title}>Output alignment along the run, drafts filled in, with 95 % bands</figcaption>
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-labelledby={title}>
        {grid.map((value) => (
          <g key={value} className="bench-grid">
            <line x1={PAD.left} x2={WIDTH - PAD.right} y1={y(value)} y2={y(value)} />
            <text x={PAD.left - 6} y={y(value) + 4} textAnchor="end">
              {value}
            </text>
          </g>
        ))}
        {[...new Set(all.map(({ step }) => step))].map((step) => (
          <text key={step} className="bench-tick-label" x={x(step)} y={HEIGHT - 8} textAnchor="middle">
            {step}
          </text>
        ))}
        {entries.map(([mode, points], i) => (
          <g key={mode} className={`bench-line bench-line-${tones[i % tones.length]!}`}>
            <polygon points={band(points)} />
            <polyline points={line(points)} />
            {points.map(({ step, value, low, high }) => (
              <circle key={step} cx={x(step)} cy={y(value)} r={3}>
                <title>{`${modeName(mode as DecodingMode)}, step ${step}: ${number(value)} (${number(low)} to ${number(high)})`}</title>
              </circle>
            ))}
          </g>
        ))}
      </svg>
      <ul className="bench-legend">
        {entries.map(([mode, points], i) => (
          <li key={mode}>
            <span className={`bench-swatch bench-line-${tones[i % tones.length]!}`} aria-hidden="true" />
            {modeName(mode as DecodingMode)}: {number(points.at(-1)?.value)} at the end
          </li>
        ))}
      </ul>
    </figure>
  )
}
