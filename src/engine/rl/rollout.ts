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

/** What runs are denoised with beside the policy. */
export interface RunOptions {
  /** Aborted, it ends after the step that is under way: what comes back is unfinished. */
  readonly signal?: AbortSignal
  /** The share of all steps that is done, 0 to 1. */
  readonly tell?: (share: number) => void
}

/** Denoises runs of any tasks to their ends, in the order given. Runs of one task share their forwards. */
export async function runAll(
  policy: Policy,
  weights: Float32Array,
  headers: readonly TrajectoryHeader[],
  { signal, tell }: RunOptions = {},
): Promise<Trajectory[]> {
  const steps = headers.map((): TrajectoryStep[] => [])
  const total = headers.reduce((sum, header) => sum + header.steps, 0)
  let done = 0
  const tasks = Map.groupBy(
    headers.map((_, i) => i),
    (i): Task => headers[i]!.task,
  )
  for (const [task, own] of tasks) {
    const runs = own.map((i): Trajectory => ({ header: headers[i]!, steps: [], events: [] }))
    for await (const made of denoiseMany(runs, {
      predictor: policy.at(task, weights),
      ...(signal ? { signal } : {}),
    })) {
      made.forEach((step, at) => {
        const i = own[at]!
        if (!step) return
        steps[i]!.push(canonicalStep(headers[i]!, step))
        done++
      })
      tell?.(done / total)
      // ONNX Runtime holds the thread during a forward: give signals and timers their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return headers.map((header, i) => ({ header, steps: steps[i]!, events: [] }))
}
