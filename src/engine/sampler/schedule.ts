/**
 * When each modality moves and how many of its tokens stay masked (fact: MMaDA-Parallel section 3.3). A plan is a list of
 * steps on one timeline; the modes differ in the plan alone.
 */
import type { DecodingMode, Modality } from '../../shared/trajectory.ts'

/** Fraction left masked after a share r in (0, 1] of a modality's own steps. */
export const curves = {
  linear: (r: number): number => 1 - r,
  cosine: (r: number): number => Math.cos((Math.PI / 2) * r),
} as const
export type CurveName = keyof typeof curves

export const defaultCurves: Readonly<Record<Modality, CurveName>> = { text: 'linear', image: 'cosine' }

/** Steps (1..T) at which each modality is updated. */
export interface Plan {
  readonly steps: number
  readonly text: readonly number[]
  readonly image: readonly number[]
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)

/** `count` of the given steps, spread evenly, the last one always among them. */
function spread(steps: readonly number[], count: number): number[] {
  if (count >= steps.length) return [...steps]
  return Array.from({ length: count }, (_, i) => steps[Math.round(((i + 1) * steps.length) / count) - 1]!)
}

/** round(linspace(floor(T / 4), T - 1, count)) + 1, halves to even as PyTorch rounds them, each once. */
function lateSpread(steps: number, count: number): number[] {
  const from = Math.floor(steps / 4)
  const width = steps - 1 - from
  const even = (x: number): number => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x))
  const at = (k: number): number => (count === 1 ? steps - 1 : even(from + (k * width) / (count - 1)))
  return [...new Set(Array.from({ length: count }, (_, k) => at(k) + 1))]
}

/**
 * The plan of a mode. parallel: both at every step; sequential: text in the first half, image in the second ("think,
 * then draw"); semi-parallel: text at every step, image in the second half; image-only: no text.
 * `released`: in parallel mode the image steps of the released code, whole numbers of linspace(T/4, T-1), counted from 0.
 * `imageSteps` limits how many of its steps update the image, to one at least: without any the picture would stay masked.
 */
export function makePlan(mode: DecodingMode, steps: number, imageSteps = steps, released = false): Plan {
  const half = Math.ceil(steps / 2)
  const all = range(1, steps)
  const late = steps === 1 ? all : range(half + 1, steps)
  const text = mode === 'image-only' ? [] : mode === 'sequential' ? range(1, half) : all
  const image = mode === 'parallel' || mode === 'image-only' ? all : late
  const few = Math.max(1, imageSteps)
  if (released && mode === 'parallel' && few < steps) return { steps, text, image: lateSpread(steps, few) }
  return { steps, text, image: spread(image, few) }
}

/** Tokens of a modality left masked after its i-th of n updates, of `total` masked at the start. Zero after the last. */
export function leftAfter(curve: CurveName, total: number, i: number, n: number): number {
  if (i >= n) return 0
  return Math.min(total, Math.floor(total * curves[curve](i / n) + 1e-9))
}

/**
 * How many of `masked` tokens update i (1..n) decides. On an untouched run this is exactly the schedule; after edits
 * masked more (or fewer), the same share of what is there.
 */
export function revealCount(curve: CurveName, total: number, masked: number, i: number, n: number): number {
  if (i >= n) return masked
  const before = leftAfter(curve, total, i - 1, n)
  const after = leftAfter(curve, total, i, n)
  if (before === 0) return Math.ceil(masked / (n - i + 1))
  if (masked === before) return before - after
  return Math.min(masked, Math.ceil((masked * (before - after)) / before))
}
