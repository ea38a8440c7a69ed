/** A training run as it is told: the loop's events as rows of its metrics file, and as updates of the job. */
import type { JobUpdate } from '../../shared/jobs.ts'
import { NOISE_BINS, type LossByNoise, type MetricsRow } from '../../shared/training.ts'
import { memoryState, residentMemory } from '../memory.ts'
import type { Measured, TrainEvent } from '../train/loop.ts'

/** Seconds between rows of memory. */
const MEMORY_EVERY = 5

const noNoise = (): LossByNoise => {
  const part = { loss: new Array<null>(NOISE_BINS).fill(null), positions: new Array<number>(NOISE_BINS).fill(0) }
  return { text: part, image: { loss: [...part.loss], positions: [...part.positions] } }
}

function lossesOf({ metrics, byNoise }: Measured, prefix: string): Pick<MetricsRow & { kind: 'train' }, Losses> {
  const of = (name: string): number | null => metrics[`${prefix}${name}`] ?? null
  return { loss: of('loss') ?? 0, text: of('text_ce'), image: of('image_ce'), byNoise: byNoise ?? noNoise() }
}
type Losses = 'loss' | 'text' | 'image' | 'byNoise'

/** The row of an event; null for one that has none. */
export function rowOf(event: TrainEvent): MetricsRow | null {
  switch (event.kind) {
    case 'step': {
      const { step, seconds, samples, learningRate, gradientNorm, samplesPerSecond } = event
      const at = { kind: 'train', step, seconds, samples } as const
      return { ...at, ...lossesOf(event, ''), learningRate, gradientNorm, samplesPerSecond }
    }
    case 'validation': {
      const { step, seconds, samples, best } = event
      return { kind: 'validation', step, seconds, samples, ...lossesOf(event, 'val_'), best }
    }
    case 'checkpoint': {
      const { step, seconds, samples, which, why, bytes, took } = event
      return { kind: 'checkpoint', step, seconds, samples, which, why, bytes, took }
    }
    case 'end': {
      const { step, seconds, samples, reason, why } = event
      return { kind: 'end', step, seconds, samples, reason, why }
    }
    case 'start':
    case 'snapshot':
      return null
  }
}

/** What a bar shows; null for an event that moves nothing. */
export function updateOf(event: TrainEvent, steps: number): JobUpdate | null {
  if (event.kind === 'start')
    return { type: 'started', total: event.total, detail: `${event.parameters} parameters, from step ${event.step}` }
  if (event.kind === 'validation') return { type: 'progress', done: event.step, total: steps, metrics: event.metrics }
  if (event.kind !== 'step') return null
  const { step, total, samples, seconds, learningRate, gradientNorm, metrics } = event
  return {
    type: 'progress',
    done: step,
    total,
    metrics: {
      ...metrics,
      samples_per_second: samples / Math.max(seconds, 1e-9),
      eta_seconds: ((total - step) * seconds) / Math.max(1, step),
      learning_rate: learningRate,
      gradient_norm: gradientNorm,
    },
  }
}

/** A row of memory now and then: at first, after the first step, and every few seconds. */
export function memoryRows(): (at: { step: number; seconds: number; samples: number }) => MetricsRow | null {
  let last = -Infinity
  let seen = 0
  return ({ step, seconds, samples }) => {
    const now = performance.now() / 1000
    if (seen > 1 && now - last < MEMORY_EVERY) return null
    seen++
    last = now
    return { kind: 'memory', step, seconds, samples, resident: residentMemory(), free: Math.round(memoryState().free) }
  }
}

/** The row with numbers of seven digits: more than a curve shows, and a file of half the size. */
export const compactRow = (row: MetricsRow): MetricsRow =>
  JSON.parse(
    JSON.stringify(row, (_key, value: unknown) => (isFraction(value) ? Number(value.toPrecision(7)) : value)),
  ) as MetricsRow

const isFraction = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value)
