/** The bench in words and numbers: names of measures, shares, intervals, and how strongly a cell is shaded. Pure. */
import { accelerationWords } from '../../../shared/acceleration.ts'
import { dimensionNames, type BenchSettings, type Estimate, type Reason } from '../../../shared/bench.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { duration, modeName } from '../../state/runs-words.ts'

export const measures = ['right_image', 'right_reasoning', ...dimensionNames, 'overall'] as const
export type Measure = (typeof measures)[number]

const names: Readonly<Record<string, string>> = {
  right_image: 'Right image',
  right_reasoning: 'Right reasoning',
  text_quality: 'Text quality',
  text_alignment: 'Text alignment',
  image_consistency: 'Image consistency',
  image_alignment: 'Image alignment',
  image_quality: 'Image quality',
  output_alignment: 'Output alignment',
  overall: 'Overall',
}
export const measureName = (measure: string): string => names[measure] ?? measure.replaceAll('_', ' ')

/** A reason with the dimension it is about; those of older results name none. */
export const reasonWords = (reason: Reason): string =>
  typeof reason === 'string' ? reason : `${measureName(reason.dimension)}: ${reason.why}`

/** What a reader has to know of a model at an endpoint that did not say its name; empty where it always did. */
export const unconfirmedWords = (answers: number): string =>
  answers === 0
    ? ''
    : `Model not confirmed by the endpoint in ${answers} ${answers === 1 ? 'answer' : 'answers'}: it did not say which model judged.`

/** Shares are kept as 0..1 and shown as per cent; everything else is 0..100 already. */
export const percentOf = (measure: string, value: number): number =>
  measure === 'right_image' || measure === 'right_reasoning' ? value * 100 : value

export const number = (value: number | null | undefined, digits = 1): string =>
  value === null || value === undefined ? '–' : value.toFixed(digits).replace('-', '−')
export const signed = (value: number, digits = 1): string => {
  const text = number(value, digits)
  return value > 0 && Number(value.toFixed(digits)) !== 0 ? `+${text}` : text
}

/** "96.6–98.5", in the unit of the measure. */
export function range(measure: string, { low, high }: Estimate): string {
  return `${number(percentOf(measure, low))}–${number(percentOf(measure, high))}`
}

export interface Shade {
  readonly tone: 'low' | 'high'
  /** Per cent of the tone in the cell's colour. */
  readonly share: number
}

/** Half-way is plain; towards 0 it warms up, towards 100 it greens. */
export function shade(value: number): Shade {
  const clamped = Math.min(100, Math.max(0, value))
  return clamped < 50
    ? { tone: 'low', share: Math.round((50 - clamped) * 0.7) }
    : { tone: 'high', share: Math.round((clamped - 50) * 0.6) }
}

/** Which way a difference points, where its interval leaves zero out. */
export const verdict = ({ low, high }: Pick<Estimate, 'low' | 'high'>): 'better' | 'worse' | 'open' =>
  low > 0 ? 'better' : high < 0 ? 'worse' : 'open'

/** "1, 2, 3" as seeds; null where it is none. */
export function readSeeds(text: string): number[] | null {
  const parts = text.split(/[\s,;]+/).filter(Boolean)
  const seeds = parts.map(Number)
  const fine = seeds.every((seed, i) => /^\d+$/.test(parts[i]!) && seed <= 0xffffffff)
  return fine && seeds.length > 0 && seeds.length <= 100 ? [...new Set(seeds)] : null
}

export function stateWords({ state, progress, etaMs, detail }: StudioJob): string {
  const at = progress && progress.total > 0 ? `${progress.done} of ${progress.total}` : ''
  switch (state) {
    case 'queued':
      return 'Waiting'
    case 'running':
      return at === '' ? detail || 'Being made ready' : `${at}${etaMs === null ? '' : `, ${duration(etaMs)} left`}`
    case 'pausing':
      return 'Pausing after this answer'
    case 'stopping':
      return 'Stopping after this answer'
    case 'paused':
      return at === '' ? 'Paused' : `Paused at ${at}`
    case 'cancelled':
      return at === '' ? 'Stopped' : `Stopped at ${at}`
    case 'failed':
      return 'Failed'
    case 'done':
      return 'Done'
  }
}

/** What was asked for, in one line. */
export function settingsLine({
  model,
  mode,
  steps,
  seeds,
  limit,
  temperatures,
  guidance,
  acceleration,
  adapters,
}: BenchSettings): string {
  const many = (count: number, word: string): string => `${count} ${word}${count === 1 ? '' : 's'}`
  const parts = [
    `${model.name} ${model.hash.slice(0, 8)}`,
    ...adapters.map(({ name, weight }) => `${name} × ${weight}`),
    modeName(mode),
    many(steps, 'step'),
    seeds.length === 1 ? `seed ${seeds[0]!}` : `seeds ${seeds.join(', ')}`,
    limit === null ? '' : many(limit, 'prompt'),
    temperatures.text === 0 && temperatures.image === 0
      ? ''
      : `temperatures ${temperatures.text} and ${temperatures.image}`,
    guidance.text === 0 && guidance.image === 0 ? '' : `guidance ${guidance.text} and ${guidance.image}`,
    acceleration ? accelerationWords(acceleration) : '',
  ]
  return parts.filter(Boolean).join(' · ')
}

export const tokens = (count: number): string =>
  count >= 1e6 ? `${(count / 1e6).toFixed(1)} M` : count >= 1000 ? `${Math.ceil(count / 1000)} k` : String(count)
