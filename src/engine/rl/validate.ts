/** Fresh prompts of the validation split answered without chance and marked: by the reward, and by the exact judge beside it. */
import { dimensionNames, judge } from '../bench/judge.ts'
import type { World } from '../data/world/world.ts'
import type { ModelFolder } from '../model/folder.ts'
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
}

export interface Validated {
  readonly reward: number | null
  readonly raw: number | null
  /** The six dimensions and their mean, 0..100, and the shares of right pictures and texts; null without a world. */
  readonly judge: Readonly<Record<string, number | null>> | null
}

const mean = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((a, v) => a + v, 0) / values.length

/** Answers at temperature 0: the same weights give the same numbers. */
export async function validatePolicy(parts: ValidationParts, weights: Float32Array): Promise<Validated> {
  const { model, world, policy, reward, scaleAt, prompts } = parts
  const headers = prompts.map(({ header }, i) => ({ ...header, seed: i, temperatures: { text: 0, image: 0 } }))
  const trajectories = await runAll(policy, weights, headers)
  const raw: number[] = []
  const lasts = trajectories.map(({ steps }) => steps.length)
  const verdicts: Record<string, number | null>[] = []
  for (const [i, trajectory] of trajectories.entries()) {
    const { sample } = prompts[i]!
    const [pair] = await pairsAt(model, trajectory, [trajectory.steps.length], sample)
    raw.push((await reward.mark([pair!]))[0]!)
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
