/** Rollouts: G answers to each prompt, drawn from one policy, as ordinary trajectories; batched over prompts and rollouts. */
import type { Task } from '../../shared/model-config.ts'
import { canonicalStep, type Trajectory, type TrajectoryHeader, type TrajectoryStep } from '../../shared/trajectory.ts'
import type { WorldSample } from '../data/world/types.ts'
import { denoiseMany } from '../sampler/denoise-many.ts'
import type { Policy } from './policy.ts'

export interface RlPrompt {
  /** In the prompt set of the run. */
  readonly index: number
  readonly id: string
  readonly instruction: string
  /** What a rollout starts from, but for its seed. */
  readonly header: TrajectoryHeader
  /** Ground truth, where the world gave the prompt. */
  readonly sample: WorldSample | null
}

/** Denoises runs of any tasks to their ends, in the order given. Runs of one task share their forwards. */
export async function runAll(
  policy: Policy,
  weights: Float32Array,
  headers: readonly TrajectoryHeader[],
): Promise<Trajectory[]> {
  const steps = headers.map((): TrajectoryStep[] => [])
  const tasks = Map.groupBy(
    headers.map((_, i) => i),
    (i): Task => headers[i]!.task,
  )
  for (const [task, own] of tasks) {
    const runs = own.map((i): Trajectory => ({ header: headers[i]!, steps: [], events: [] }))
    for await (const made of denoiseMany(runs, { predictor: policy.at(task, weights) })) {
      made.forEach((step, at) => {
        const i = own[at]!
        if (step) steps[i]!.push(canonicalStep(headers[i]!, step))
      })
      // ONNX Runtime holds the thread during a forward: give signals and timers their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return headers.map((header, i) => ({ header, steps: steps[i]!, events: [] }))
}
