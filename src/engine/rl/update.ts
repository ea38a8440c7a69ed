/** One update with the rollouts of a phase: terms of the objective, their slopes as seeds, one gradient over all batches. */
import type { RlSettings } from '../../shared/rl.ts'
import { batches, likelihoodsOf, type Likelihood } from './likelihood-run.ts'
import { clippedTerm, klTerm } from './objective.ts'
import { meanOf, tasksOf, type Phase } from './phase.ts'

export interface UpdateNumbers {
  /** J of (5). */
  readonly objective: number
  readonly klOld: number
  readonly klReference: number
  readonly clipFraction: number
  readonly ratio: { readonly mean: number; readonly low: number; readonly high: number }
  readonly tokens: number
}

/**
 * d J / d log pi of every token, and what the objective is worth; pure. `current` is log pi_theta, shaped as phase.old.
 * What was not asked of pi_old (null) is pi_theta itself: that is so at the first update only.
 */
export function objectiveSlopes(
  settings: Pick<RlSettings, 'clipRange' | 'klWeight' | 'klTo'>,
  phase: Pick<Phase, 'rollouts' | 'queries' | 'old' | 'reference'>,
  current: readonly (readonly number[] | null)[],
): { slopes: number[][]; numbers: UpdateNumbers } {
  const { clipRange, klWeight, klTo } = settings
  let objective = 0
  let clippedTokens = 0
  const ratios: number[] = []
  const klOld: number[] = []
  const klReference: number[] = []
  const slopes = phase.rollouts.map(({ marks }, i) => {
    const tokens = phase.queries[i]!.flatMap((query) => query.tokens)
    const sizes = marks.map((_, k) => tokens.filter(({ at }) => at === k).length)
    return tokens.map(({ at }, o) => {
      const old = phase.old[i]?.[o] ?? 0
      const logp = current[i]?.[o] ?? old
      const reference = phase.reference[i]?.[o] ?? null
      // (5): the mean over rollouts, over sampled steps, and over the tokens decoded at each.
      const weight = 1 / (phase.rollouts.length * marks.length * sizes[at]!)
      const term = clippedTerm(logp, old, marks[at]!.advantage ?? 0, clipRange)
      const kl = klTerm(logp, klTo === 'old' ? old : (reference ?? logp))
      objective += weight * (term.value - klWeight * kl.value)
      if (term.clipped) clippedTokens++
      ratios.push(term.ratio)
      klOld.push(klTerm(logp, old).value)
      if (reference !== null) klReference.push(klTerm(logp, reference).value)
      return weight * (term.slope - klWeight * kl.slope)
    })
  })
  return {
    slopes,
    numbers: {
      objective,
      klOld: meanOf(klOld),
      klReference: meanOf(klReference),
      clipFraction: clippedTokens / Math.max(1, ratios.length),
      ratio: {
        // Of no tokens: nothing moved.
        mean: ratios.length === 0 ? 1 : meanOf(ratios),
        low: ratios.reduce((a, r) => Math.min(a, r), ratios[0] ?? 1),
        high: ratios.reduce((a, r) => Math.max(a, r), ratios[0] ?? 1),
      },
      tokens: ratios.length,
    },
  }
}

/**
 * The gradient of -J at `weights`, written over `gradient`. `inner` 0 stands where the rollouts were made: log pi_theta is
 * log pi_old, every ratio is 1, and the gradient is that of the plain policy gradient.
 */
export async function updateGradient(
  settings: RlSettings,
  likelihood: Likelihood,
  phase: Phase,
  inner: number,
  weights: Float32Array,
  gradient: Float32Array,
): Promise<UpdateNumbers> {
  const tasks = tasksOf(phase.trajectories)
  const current = inner === 0 ? phase.old : await likelihoodsOf(likelihood, weights, tasks, phase.queries)
  const { slopes, numbers } = objectiveSlopes(settings, phase, current)
  gradient.fill(0)
  const part = new Float32Array(gradient.length)
  // The loop descends: seeds are those of -J.
  const seeds = phase.queries.map((own, rollout) => {
    let from = 0
    return own.map(({ tokens }) => slopes[rollout]!.slice(from, (from += tokens.length)).map((slope) => -slope))
  })
  // Where all rollouts of a prompt were marked alike there is nothing to propagate.
  const teaches = (rollout: number, at: number): boolean => seeds[rollout]![at]!.some((seed) => seed !== 0)
  for (const { task, placed } of batches(tasks, phase.queries, likelihood.batch, teaches)) {
    await likelihood.backward(
      task,
      placed.map(({ query }) => query),
      placed.map(({ rollout, at }) => seeds[rollout]![at]!),
      weights,
      part,
    )
    for (let i = 0; i < gradient.length; i++) gradient[i] = gradient[i]! + part[i]!
    await new Promise((resolve) => setImmediate(resolve))
  }
  return numbers
}
