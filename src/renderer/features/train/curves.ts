/** Curves from rows: which quantity stands on which chart, smoothed as TensorBoard does it, on one common x. Pure. */
import type { Column, TrainingRows } from '../../state/training-rows.ts'

export type XAxis = 'step' | 'time'
type Source = 'train' | 'validation' | 'memory'

export interface CurveSpec {
  readonly source: Source
  readonly name: string
  readonly label: string
  /** Dots joined by a dashed line: measured now and then. */
  readonly dotted?: boolean
  /** Noisy: a smoothed curve over a pale one. */
  readonly smoothed?: boolean
}

export type Unit = 'nats' | 'rate' | 'plain' | 'bytes' | 'speed'

export interface ChartSpec {
  readonly id: string
  readonly title: string
  /** One line that says what it is. */
  readonly hint: string
  readonly unit: Unit
  readonly curves: readonly CurveSpec[]
}

const loss = (name: string): readonly CurveSpec[] => [
  { source: 'train', name, label: 'train', smoothed: true },
  { source: 'validation', name, label: 'validation', dotted: true },
]

export const charts: readonly ChartSpec[] = [
  {
    id: 'text',
    title: 'Loss of the text',
    hint: 'Mean cross-entropy of masked words, nats',
    unit: 'nats',
    curves: loss('text'),
  },
  {
    id: 'image',
    title: 'Loss of the picture',
    hint: 'Mean cross-entropy of masked image codes, nats',
    unit: 'nats',
    curves: loss('image'),
  },
  {
    id: 'loss',
    title: 'Objective',
    hint: 'What is minimised: both, weighted by noise level',
    unit: 'nats',
    curves: loss('loss'),
  },
  {
    id: 'gradient',
    title: 'Gradient norm',
    hint: 'Before clipping',
    unit: 'plain',
    curves: [{ source: 'train', name: 'gradientNorm', label: 'norm', smoothed: true }],
  },
  {
    id: 'rate',
    title: 'Learning rate',
    hint: 'Warm-up, plateau, cosine decay',
    unit: 'rate',
    curves: [{ source: 'train', name: 'learningRate', label: 'rate' }],
  },
  {
    id: 'speed',
    title: 'Samples a second',
    hint: 'Validations, previews and saves not counted',
    unit: 'speed',
    curves: [{ source: 'train', name: 'samplesPerSecond', label: 'samples/s', smoothed: true }],
  },
  {
    id: 'memory',
    title: 'Memory',
    hint: 'Of the process that trains',
    unit: 'bytes',
    curves: [{ source: 'memory', name: 'resident', label: 'resident' }],
  },
]

/**
 * Exponential moving average without the pull towards its start: m_k = (sum b^(k-i) y_i) / (sum b^(k-i)). Gaps stay gaps
 * and do not count. Weight 0 is the curve itself.
 */
export function smooth(values: readonly (number | null)[], weight: number): (number | null)[] {
  if (weight <= 0) return [...values]
  let sum = 0
  let mass = 0
  return values.map((value) => {
    if (value === null) return null
    sum = sum * weight + value * (1 - weight)
    mass = mass * weight + (1 - weight)
    return sum / mass
  })
}

export interface Line {
  /** Says whose it is, where there are several. */
  readonly label: string
  readonly short: string
  /** Which of the runs shown, 0 and up: its colour. */
  readonly run: number
  readonly style: 'line' | 'pale' | 'dots'
  readonly x: readonly number[]
  readonly y: readonly (number | null)[]
}

export interface ShownRun {
  readonly title: string
  readonly rows: TrainingRows
}

const xOf = (column: Column, axis: XAxis): readonly number[] => (axis === 'step' ? column.step : column.seconds)

/** The lines of a chart over one or several runs, the first on top. With a smoothed curve the raw one stays behind it. */
export function linesOf({ curves }: ChartSpec, runs: readonly ShownRun[], axis: XAxis, weight: number): Line[] {
  const lines: Line[] = []
  for (const [run, { title, rows }] of [...runs.entries()].reverse()) {
    for (const { source, name, label, dotted = false, smoothed = false } of curves) {
      const column = rows[source]
      const y = column.values[name] ?? []
      if (y.length === 0) continue
      const x = xOf(column, axis)
      const named = runs.length > 1 ? `${title}, ${label}` : label
      const softened = smoothed && weight > 0
      if (softened) lines.push({ label: `${named}, raw`, short: label, run, style: 'pale', x, y })
      lines.push({
        label: named,
        short: label,
        run,
        style: dotted ? 'dots' : 'line',
        x,
        y: softened ? smooth(y, weight) : y,
      })
    }
  }
  return lines
}

export interface Aligned {
  readonly x: number[]
  readonly ys: (number | null | undefined)[][]
}

/** All lines on one sorted x without repeats: undefined where a line has no point, null where it has a gap. */
export function align(lines: readonly Pick<Line, 'x' | 'y'>[]): Aligned {
  const x = [...new Set(lines.flatMap((line) => [...line.x]))].sort((a, b) => a - b)
  const at = new Map(x.map((value, i) => [value, i]))
  const ys = lines.map((line) => {
    const out = new Array<number | null | undefined>(x.length).fill(undefined)
    for (const [i, value] of line.x.entries()) out[at.get(value)!] = line.y[i] ?? null
    return out
  })
  return { x, ys }
}

/** The value of a line at or just before an x of the common axis; null before its first. */
export function valueAt(ys: Aligned['ys'][number], index: number): number | null {
  for (let i = Math.min(index, ys.length - 1); i >= 0; i--) {
    const value = ys[i]
    if (value !== undefined) return value
  }
  return null
}

/** A sparkline as a path in a box of that size; empty where there is nothing to draw. */
export function sparkPath(points: readonly number[], width: number, height: number): string {
  const finite = points.filter(Number.isFinite)
  if (finite.length < 2) return ''
  const low = Math.min(...finite)
  const span = Math.max(...finite) - low || 1
  const place = (value: number, i: number): string =>
    `${((i * width) / (finite.length - 1)).toFixed(1)} ${(height - ((value - low) / span) * height).toFixed(1)}`
  return `M${finite.map(place).join('L')}`
}
