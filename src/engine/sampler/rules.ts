/**
 * What a schedule's kind means: how many tokens an update decides, at which temperature picks are drawn, and what noise
 * their ranking gets. `linear` and `cosine` are Tandem's own (the paper's curves over a modality's own updates); the others
 * are those of the released code of MMaDA-Parallel-M and -A, its listed defects left out (docs/checkpoints.md).
 */
import type { Random } from '../data/random.ts'
import type { Modality } from '../../shared/trajectory.ts'
import { revealCount, type CurveName } from './schedule.ts'

/** One update of a modality: its i-th of n, at step `step` of `steps`, with `masked` of `total` tokens still masked. */
export interface Update {
  readonly total: number
  readonly masked: number
  readonly i: number
  readonly n: number
  readonly step: number
  readonly steps: number
}

export interface Rule {
  reveal(this: void, update: Update): number
  /** Temperature at which picks are drawn, where the run asks for t. */
  pickAt(this: void, t: number): number
  /** What is added to a pick's log probability before ranking. */
  noise(this: void, modality: Modality, t: number, update: Update): ((random: Random) => number) | null
}

const gumbel = (random: Random): number => -Math.log(-Math.log(Math.min(1 - 1e-7, Math.max(1e-7, random.next()))))

function own(curve: CurveName): Rule {
  return {
    reveal: ({ total, masked, i, n }) => revealCount(curve, total, masked, i, n),
    pickAt: (t) => t,
    // Image remasking perturbs log p by tau (1 - ratio) Gumbel noise (MMaDA); text keeps plain confidence (LLaDA).
    noise: (modality, t, { i, n }) => {
      const scale = modality === 'image' ? t * (1 - i / n) : 0
      return scale > 0 ? (random) => scale * gumbel(random) : null
    },
  }
}

/** As many as the plan decides of what it found; after edits, the same share of what is there. */
function planned({ masked, n, i }: Update, before: number, after: number): number {
  if (i >= n) return masked
  if (masked === before) return before - after
  return before === 0
    ? Math.ceil(masked / (n - i + 1))
    : Math.min(masked, Math.ceil((masked * (before - after)) / before))
}

const text = (left: (total: number, i: number, n: number) => number): Rule => ({
  reveal: (update) =>
    planned(update, left(update.total, update.i - 1, update.n), left(update.total, update.i, update.n)),
  pickAt: (t) => t,
  noise: () => null,
})

/**
 * Images in the released code: the cosine curve over the share of all steps, at least one token an update and at least one
 * left for the next, in single precision; picks at temperature 1; the temperature scales the ranking noise alone.
 */
const image = (pickAt: (t: number) => number, draw: (random: Random) => number): Rule => ({
  reveal({ total, masked, i, n, step, steps }) {
    if (i >= n) return masked
    const f = Math.fround
    const share = f(Math.cos(f(f(f(step / steps) * Math.PI) / 2)))
    return masked - Math.max(1, Math.min(masked - 1, Math.floor(f(total * share))))
  },
  pickAt,
  noise: (_, t, { step, steps }) => {
    const scale = t * (1 - step / steps)
    return scale > 0 ? (random) => scale * draw(random) : null
  },
})

export const rules = {
  linear: own('linear'),
  cosine: own('cosine'),
  /** M, text: equal numbers, the first updates one more each where they do not divide. */
  even: text((total, i, n) => total - Math.floor(total / n) * i - Math.min(i, total % n)),
  /** A, text: what is left is cut to a whole number. */
  truncated: text((total, i, n) => (i === 0 ? total : Math.trunc(total * (1 - i / n)))),
  'cosine-gumbel': image(() => 1, gumbel),
  'cosine-gaussian': image(
    (t) => (t === 0 ? 0 : 1),
    (random) => random.normal(),
  ),
} as const satisfies Record<string, Rule>
export type RuleName = keyof typeof rules

export const isRule = (kind: string): kind is RuleName => Object.hasOwn(rules, kind)
