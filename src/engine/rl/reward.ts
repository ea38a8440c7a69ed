/**
 * Rewards behind one interface: a scorer marks pairs of picture and (partial) text with a number of its own, and a scale
 * turns that into the reward in [0, 1]:
 *
 *   (2) c = cosine of the two embeddings
 *   (3) R = (1 + clip((c - mean) / deviation, -1, 1)) / 2,  mean and deviation over a random 1 % of the training data
 */
import type { Pair } from './pairs.ts'

export interface Scale {
  readonly mean: number
  readonly deviation: number
}

export interface Reward {
  readonly name: string
  /** Canonical text of what marks: a run goes on with the reward it was started with. */
  readonly identity: string
  /** Null where the reward's own number lies in [0, 1] already, or where its scale is not measured yet. */
  readonly scale: Scale | null
  /** Whether (3) applies to it. */
  readonly standardised: boolean
  /** A number a pair; NaN where it has none to give. */
  mark(pairs: readonly Pair[]): Promise<number[]>
  dispose(): Promise<void>
}

/** (2), of unit vectors. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let sum = 0
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!
  return sum
}

/** (3) */
export const standardise = (c: number, { mean, deviation }: Scale): number =>
  (1 + Math.min(1, Math.max(-1, (c - mean) / deviation))) / 2

/** The scale of a pair at a denoising step; null where there is none. */
export type StepScale = (step: number) => Scale | null

/** Marks of pairs at these steps as rewards; null where the mark is not a number. */
export function toRewards(
  raw: readonly number[],
  steps: readonly number[],
  reward: Pick<Reward, 'standardised'>,
  scaleAt: StepScale,
): (number | null)[] {
  return raw.map((c, i) => {
    if (!Number.isFinite(c)) return null
    if (!reward.standardised) return Math.min(1, Math.max(0, c))
    const scale = scaleAt(steps[i]!)
    return scale ? standardise(c, scale) : null
  })
}

/** Mean and deviation of the marks that are numbers. */
export function measureScale(raw: readonly number[]): Scale | null {
  const known = raw.filter(Number.isFinite)
  if (known.length < 2) return null
  const mean = known.reduce((a, c) => a + c, 0) / known.length
  const deviation = Math.sqrt(known.reduce((a, c) => a + (c - mean) ** 2, 0) / known.length)
  return deviation > 0 ? { mean, deviation } : null
}
