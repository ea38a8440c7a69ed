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

/** Reward hacking: between the first validation and this one the reward rose and the exact judge's mean fell. */
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
  if (rose < RISEN || fell < judgeFall) return null
  return {
    code: 'judge-fell',
    message: `The reward rose by ${rose.toFixed(3)} while the exact judge fell by ${fell.toFixed(1)} points: the policy learns the reward's weaknesses. The run ends here.`,
    stops: true,
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
