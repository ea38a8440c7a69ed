/** Rows of a run for tests. */
import type { LossByNoise, RowOf } from './training.ts'
import { NOISE_BINS } from './training.ts'

const bins = <T>(value: T): T[] => Array.from({ length: NOISE_BINS }, () => value)
const noise = (loss: number): LossByNoise => ({
  text: { loss: bins(loss), positions: bins(4) },
  image: { loss: bins(loss / 2), positions: bins(8) },
})

export const trainRow = (change: Partial<RowOf<'train'>> & { step: number; loss: number }): RowOf<'train'> => ({
  kind: 'train',
  seconds: change.step * 0.5,
  samples: change.step * 16,
  text: change.loss,
  image: change.loss / 2,
  byNoise: noise(change.loss),
  learningRate: 0.001,
  gradientNorm: 1,
  samplesPerSecond: 32,
  ...change,
})

export const validationRow = (
  change: Partial<RowOf<'validation'>> & { step: number; loss: number },
): RowOf<'validation'> => ({
  kind: 'validation',
  seconds: change.step * 0.5,
  samples: change.step * 16,
  text: change.loss,
  image: change.loss / 2,
  byNoise: noise(change.loss),
  best: true,
  ...change,
})
