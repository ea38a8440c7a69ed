/**
 * Many runs denoised in step: one batched forward for all of them at each step. A run decides what it would have decided
 * alone, because its randomness is a function of its own seed and step.
 */
import { TandemError } from '../../shared/errors.ts'
import type { Trajectory, TrajectoryStep } from '../../shared/trajectory.ts'
import { askStep, openDenoising, takeStep } from './denoise.ts'
import type { BatchPredictor } from './predictor.ts'

export interface DenoiseManyOptions {
  readonly predictor: BatchPredictor
  readonly signal?: AbortSignal
}

/** Yields step k of every run that has one, in the order of the runs; null where a run is at its end. */
export async function* denoiseMany(
  known: readonly Trajectory[],
  { predictor, signal }: DenoiseManyOptions,
): AsyncGenerator<(TrajectoryStep | null)[]> {
  for (const { header } of known)
    if (header.guidance.text !== 0 || header.guidance.image !== 0)
      throw new TandemError('Runs with guidance cannot be batched.', 'Set both guidance scales to 0.', 'internal')
  const runs = known.map((trajectory) => ({
    run: openDenoising(trajectory),
    next: trajectory.steps.length + 1,
    last: trajectory.header.steps,
  }))
  for (;;) {
    if (signal?.aborted) return
    const questions = runs.map(({ run, next, last }) => (next <= last ? askStep(run, next, (same) => same) : null))
    if (questions.every((question) => question === null)) return
    const requests = questions.flatMap((question) => question?.request ?? [])
    const answers = requests.length > 0 ? await predictor.predictMany(requests) : []
    let at = 0
    yield runs.map((entry, i) => {
      const question = questions[i]
      if (!question) return null
      entry.next++
      return takeStep(entry.run, question, question.request ? answers[at++]! : {})
    })
  }
}
