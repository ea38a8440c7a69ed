/** How hard each noise level is: the mean loss by mask ratio t, now against the first steps, per modality. */
import { useState, type ReactElement } from 'react'
import { NOISE_BINS } from '../../../shared/training.ts'
import { meanByNoise, type NoiseBin, type TrainingRows } from '../../state/training-rows.ts'
import { SegmentedControl } from '../../ui/choices.tsx'
import { figure } from './words.ts'

type Modality = 'text' | 'image'

const WIDTH = 300
const HEIGHT = 132
const GAP = 3

export function NoiseChart({ rows }: { readonly rows: TrainingRows }): ReactElement {
  const [modality, setModality] = useState<Modality>('text')
  const latest = meanByNoise(rows.noise.latest)
  const first = meanByNoise(rows.noise.first)
  const highest = Math.max(...[...latest, ...first].map((bin) => bin[modality] ?? 0), 1e-9)
  return (
    <section className="chart" aria-label="Loss by noise level">
      <header className="chart-head">
        <h3>Loss by noise level</h3>
        <span className="chart-hint">Last 100 steps; the line is the first 100</span>
        <span className="chart-switch">
          <SegmentedControl<Modality>
            label="Modality"
            value={modality}
            segments={[
              { value: 'text', label: 'Text' },
              { value: 'image', label: 'Picture' },
            ]}
            onChange={setModality}
          />
        </span>
      </header>
      <svg
        className="noise"
        viewBox={`0 0 ${WIDTH} ${HEIGHT + 16}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={spoken(latest, modality)}
      >
        {latest.map((bin, i) => {
          const { x, width } = place(i)
          const height = ((bin[modality] ?? 0) / highest) * HEIGHT
          const before = first[i]?.[modality] ?? null
          const y = HEIGHT - ((before ?? 0) / highest) * HEIGHT
          return (
            // A bin has no other identity than its place.
            <g key={i}>
              <rect x={x} y={HEIGHT - height} width={width} height={height} />
              {before !== null && <line x1={x} x2={x + width} y1={y} y2={y} />}
            </g>
          )
        })}
      </svg>
      <ol className="noise-values" aria-hidden="true">
        {latest.map((bin, i) => (
          <li key={i}>
            <span className="noise-value">{figure(bin[modality])}</span>
            {((i + 1) / NOISE_BINS).toFixed(1)}
          </li>
        ))}
      </ol>
      <p className="noise-axis">t, the share that is masked: 1 is all noise</p>
    </section>
  )
}

const place = (i: number): { x: number; width: number } => {
  const width = WIDTH / NOISE_BINS
  return { x: i * width + GAP / 2, width: width - GAP }
}

function spoken(bins: readonly NoiseBin[], modality: Modality): string {
  const words = bins.map((bin, i) => `up to ${((i + 1) / NOISE_BINS).toFixed(1)}: ${figure(bin[modality])}`)
  return `Loss of the ${modality === 'text' ? 'text' : 'picture'} by share masked. ${words.join(', ')}`
}
