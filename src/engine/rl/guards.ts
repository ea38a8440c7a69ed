/**
 * Guard rails: what is looked for while a policy is trained on a reward that is only a stand-in for what is wanted. Pure:
 * rows in, findings out.
 */
import type { PhaseRow, RlNoteCode, RlSettings, RlValidationRow, UpdateRow } from '../../shared/rl.ts'

export interface Finding {
  readonly code: RlNoteCode
  readonly message: string
  readonly stops: boolean
}

type GuardSettings = Pick<RlSettings, 'judgeFall' | 'klCeiling' | 'distinctFloor'>

/** A reward counts as risen by this much, of its range of 1. */
const RISEN = 0.01
/** Phases in a row with too few different rollouts before it is said. */
const PATIENCE = 3

/**
 * Between the first validation and this one the exact judge's mean fell: where the reward rose meanwhile, its weaknesses are
 * learned; where it fell too, what is learned along the way spoils the end. Neither is worth going on with.
 */
export function judgeFell(
  first: RlValidationRow,
  now: RlValidationRow,
  { judgeFall }: Pick<GuardSettings, 'judgeFall'>,
): Finding | null {
  const [before, after] = [first.judge?.['mean'], now.judge?.['mean']]
  if (
    judgeFall === null ||
    typeof before !== 'number' ||
    typeof after !== 'number' ||
    first.reward === null ||
    now.reward === null
  )
    return null
  const [rose, fell] = [now.reward - first.reward, before - after]
  if (fell < judgeFall) return null
  const why =
    rose >= RISEN
      ? `The reward rose by ${rose.toFixed(3)} while the exact judge fell by ${fell.toFixed(1)} points: the policy learns the reward's weaknesses.`
      : `The exact judge fell by ${fell.toFixed(1)} points, and the reward of finished pairs did not rise: the run makes the model worse. A smaller learning rate, fewer denoising steps or the output-level objective may help.`
  return {
    code: 'judge-fell',
    message: `${why} The run ends here.`,
    stops: true,
  }
}

/** Means of so many phases are compared: one phase draws too few prompts to be told by. */
const PHASES = 5
/** The reward of finished pairs counts as fallen by this much, of its range of 1. */
const FALLEN = 0.05

/**
 * Said once: rewards at the sampled steps rose while that of finished pairs on fresh prompts fell. What a judge would see is
 * seen where there is none.
 */
export function endFell(
  validations: readonly Pick<RlValidationRow, 'reward'>[],
  phases: readonly Pick<PhaseRow, 'reward'>[],
): Finding | null {
  const fellBy = (row: Pick<RlValidationRow, 'reward'> | undefined): number => {
    const first = validations[0]?.reward ?? null
    const reward = row?.reward ?? null
    return first === null || reward === null ? 0 : first - reward
  }
  const mean = (rows: readonly Pick<PhaseRow, 'reward'>[]): number => {
    const known = rows.flatMap(({ reward }) => reward ?? [])
    return known.reduce((a, r) => a + r, 0) / known.length
  }
  if (phases.length < 2 * PHASES) return null
  const rose = mean(phases.slice(-PHASES)) - mean(phases.slice(0, PHASES))
  const fell = fellBy(validations.at(-1))
  if (!(rose >= RISEN) || fell < FALLEN || validations.slice(0, -1).some((row) => fellBy(row) >= FALLEN)) return null
  return {
    code: 'end-fell',
    message: `The reward at the sampled steps rose by ${rose.toFixed(3)} while that of finished pairs fell by ${fell.toFixed(3)}: what is learned along the way spoils the end.`,
    stops: false,
  }
}

export function klPassed(
  row: Pick<UpdateRow, 'klReference'>,
  { klCeiling }: Pick<GuardSettings, 'klCeiling'>,
): Finding | null {
  if (klCeiling === null || row.klReference <= klCeiling) return null
  return {
    code: 'kl-ceiling',
    message: `The policy is ${row.klReference.toFixed(3)} nats a token away from where it started, past the ceiling of ${klCeiling}. The run ends here.`,
    stops: true,
  }
}

/** Says once, when the last few phases all had too little variety. */
export function diversityFell(
  phases: readonly Pick<PhaseRow, 'distinct'>[],
  { distinctFloor }: Pick<GuardSettings, 'distinctFloor'>,
): Finding | null {
  const low = ({ distinct }: Pick<PhaseRow, 'distinct'>): boolean => distinct < distinctFloor
  const last = phases.slice(-PATIENCE)
  if (last.length < PATIENCE || !last.every(low)) return null
  const before = phases.at(-PATIENCE - 1)
  if (before && low(before)) return null
  return {
    code: 'low-diversity',
    message: `Fewer than ${Math.round(distinctFloor * 100)} % of a prompt's rollouts have differed for ${PATIENCE} phases: groups that agree teach nothing.`,
    stops: false,
  }
}
