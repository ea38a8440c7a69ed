/** Which steps of a rollout are rewarded: drawn once a prompt, so that its rollouts are compared at equal steps. */
import type { Random } from '../data/random.ts'
import type { TrajectoryHeader } from '../../shared/trajectory.ts'

/** Steps at which there is a picture to look at: before the image's first update it has not even drafts. */
export function eligibleSteps({ steps, schedule }: Pick<TrajectoryHeader, 'steps' | 'schedule'>): number[] {
  const first = schedule.image?.steps[0] ?? 1
  return Array.from({ length: steps - first + 1 }, (_, i) => first + i)
}

/** (1) `count` different steps, uniform over those that are eligible and lie after the share `from` of the run, ascending. */
export function drawSampledSteps(
  header: Pick<TrajectoryHeader, 'steps' | 'schedule'>,
  count: number,
  from: number,
  random: Random,
): number[] {
  return random
    .shuffle(eligibleSteps(header).filter((step) => step > from * header.steps))
    .slice(0, count)
    .sort((a, b) => a - b)
}
