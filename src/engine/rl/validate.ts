/** Fresh prompts of the validation split answered without chance and marked: by the reward, and by the exact judge beside it. */
import type { RlNoteCode } from '../../shared/rl.ts'
import { dimensionNames, judge } from '../bench/judge.ts'
import type { World } from '../data/world/world.ts'
import type { ModelFolder } from '../model/folder.ts'
import { createMarker } from './mark.ts'
import { pairsAt, showWords } from './pairs.ts'
import type { Policy } from './policy.ts'
import { toRewards, type Reward, type StepScale } from './reward.ts'
import { runAll, type RlPrompt } from './rollout.ts'

export interface ValidationParts {
  readonly model: Pick<ModelFolder, 'config' | 'text' | 'image'>
  readonly world: World | null
  readonly policy: Policy
  readonly reward: Reward
  readonly scaleAt: StepScale
  readonly prompts: readonly RlPrompt[]
  /** Seconds the reward may take for them all. */
  readonly rewardTimeout: number
  /** Seconds. */
  now(this: void): number
  note(this: void, code: RlNoteCode, message: string): void
}

export interface Validated {
  readonly reward: number | null
  readonly raw: number | null
  /** The six dimensions and their mean, 0..100, and the shares of right pictures and texts; null without a world. */
  readonly judge: Readonly<Record<string, number | null>> | null
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, v) => a + v, 0) / values.length

/**
 * Answers at temperature 0: the same weights give the same numbers. Null when it was stopped. `tell` hears what share is
 * done, 0 to 1.
 */
export async function validatePolicy(
  parts: ValidationParts,
  weights: Float32Array,
  signal?: AbortSignal,
  tell?: (share: number) => void,
): Promise<Validated | null> {
  const { model, world, policy, reward, scaleAt, prompts, rewardTimeout, now, note } = parts
  const headers = prompts.map(({ header }, i) => ({ ...header, seed: i, temperatures: { text: 0, image: 0 } }))
  const trajectories = await runAll(policy, weights, headers, {
    ...(signal ? { signal } : {}),
    // Answers are one half of it, marks the other.
    ...(tell ? { tell: (share) => tell(share / 2) } : {}),
  })
  if (signal?.aborted) return null
  const marker = createMarker(reward, { limit: rewardTimeout, now })
  const raw: number[] = []
  const lasts = trajectories.map(({ steps }) => steps.length)
  const verdicts: Record<string, number | null>[] = []
  for (const [i, trajectory] of trajectories.entries()) {
    const { sample } = prompts[i]!
    const [pair] = await pairsAt(model, trajectory, [trajectory.steps.length], sample)
    raw.push(...(await marker.mark([pair!])))
    if (signal?.aborted) return null
    tell?.((1 + (i + 1) / trajectories.length) / 2)
    if (!world || !sample) continue
    const { scores, rightImage, rightReasoning } = judge(world, sample, {
      rgb: pair!.rgb,
      reasoning: showWords(pair!.words),
    })
    const known = Object.values(scores).filter((score) => score !== null)
    verdicts.push({
      ...scores,
      mean: mean(known),
      right_image: rightImage ? 100 : 0,
      right_reasoning: rightReasoning ? 100 : 0,
    })
  }
  if (marker.late)
    note(
      'slow-validation',
      `The reward took more than ${rewardTimeout} s: ${prompts.length - marker.asked} of ${prompts.length} prompts that validate have no mark.`,
    )
  const names = [...dimensionNames, 'mean', 'right_image', 'right_reasoning']
  return {
    raw: mean(raw.filter(Number.isFinite)),
    reward: mean(toRewards(raw, lasts, reward, scaleAt).filter((r) => r !== null)),
    judge:
      verdicts.length === 0
        ? null
        : Object.fromEntries(
            names.map((name) => {
              const value = mean(verdicts.flatMap((verdict) => verdict[name] ?? []))
              return [name, value === null ? null : Number(value.toFixed(3))]
            }),
          ),
  }
}
