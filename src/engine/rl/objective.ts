/**
 * The objective of ParaRL over decoded tokens (MMaDA-Parallel section 5; clipping as in PPO, groups as in GRPO). Equation
 * numbers are those of docs/pararl.md:
 *
 *   (5) J = mean over prompts, rollouts i and sampled steps t of  1 / |tau_i(t)|  sum over o in tau_i(t) of
 *           C(rho_o, A_it) - beta k_o
 *   (6) rho_o = pi_theta(o) / pi_old(o),   C(rho, A) = min(rho A, clip(rho, 1 - eps, 1 + eps) A)
 *   (7) k_o = pi_held(o) / pi_theta(o) - 1 - log (pi_held(o) / pi_theta(o)),   an estimate of KL(pi_theta || pi_held)
 *
 * Pure functions of log p: each returns its value and its slope d / d log pi_theta(o), which seeds the model's gradient.
 */
export interface Term {
  readonly value: number
  readonly slope: number
}

export interface ClippedTerm extends Term {
  readonly ratio: number
  /** The ratio left its range to the side where it no longer counts. */
  readonly clipped: boolean
}

/** (6). d rho / d log pi = rho; where the clipped branch is the smaller one the slope is 0. */
export function clippedTerm(logp: number, old: number, advantage: number, range: number): ClippedTerm {
  const ratio = Math.exp(logp - old)
  const bounded = Math.min(1 + range, Math.max(1 - range, ratio))
  const [plain, held] = [ratio * advantage, bounded * advantage]
  const clipped = held < plain
  return { value: clipped ? held : plain, slope: clipped ? 0 : plain, ratio, clipped }
}

/** (7): never negative, 0 where the two agree, unbiased for tokens drawn from pi_theta (Schulman 2020). */
export function klTerm(logp: number, held: number): Term {
  const difference = held - logp
  // expm1 keeps what little there is where the two nearly agree.
  const gain = Math.expm1(difference)
  return { value: Math.max(0, gain - difference), slope: 0 - gain }
}

/** (4) A_it = (R_it - mean_i R_it) / max(deviation_i R_it, floor) over the rollouts of one prompt at one step. */
export const FLAT_DEVIATION = 1e-4

/**
 * Advantages of a group at one step. Null where a rollout has no reward; 0 for all where fewer than two have one, or
 * where they do not differ: nothing can be learned from a group that agrees. `floor` keeps a group whose rewards hardly
 * differ from speaking as loudly as one whose rewards do; 0 is the paper's.
 */
export function advantages(
  rewards: readonly (number | null)[],
  floor = 0,
): { values: (number | null)[]; flat: boolean } {
  const known = rewards.filter((r) => r !== null)
  const mean = known.reduce((a, r) => a + r, 0) / Math.max(1, known.length)
  const deviation = Math.sqrt(known.reduce((a, r) => a + (r - mean) ** 2, 0) / Math.max(1, known.length))
  const flat = known.length < 2 || deviation < FLAT_DEVIATION
  const unit = Math.max(deviation, floor)
  return { values: rewards.map((r) => (r === null ? null : flat ? 0 : (r - mean) / unit)), flat }
}
