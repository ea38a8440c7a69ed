/**
 * Training of the image tokenizer on pictures of one window each. A share of what it sees comes from the first list (what
 * it must get right), the rest from the second (what keeps its codes open to new pictures). The encoder sees noise, the
 * decoder is asked for the clean picture: a picture that went through JPEG keeps its codes.
 */
import { z } from 'zod'
import type { ImageTokenizerConfig } from '../../shared/model-config.ts'
import { buildTokenizerTrainGraph, patchSize, tokenizerParameters, windowPatches } from '../model/image-tokenizer.ts'
import { layOutParameters } from '../model/parameters.ts'
import type { StepOutcome, TrainTask } from './loop.ts'
import { createProgram } from './step.ts'

export const tokenizerTrainingSchema = z.strictObject({
  /** Windows a step. */
  batch: z.int().positive(),
  /** Share drawn from the first list. */
  firstShare: z.number().min(0).max(1),
  /** Largest standard deviation of the noise on what is encoded, in units of half the pixel range. */
  noise: z.number().min(0),
})
export type TokenizerTraining = z.infer<typeof tokenizerTrainingSchema>

/** `first` and `second` hold windows as patches in [-1, 1]: [window^2 * factor^2 * 3] each. */
export async function createTokenizerTask(
  config: ImageTokenizerConfig,
  training: TokenizerTraining,
  first: readonly Float32Array[],
  second: readonly Float32Array[],
): Promise<TrainTask> {
  const table = layOutParameters(tokenizerParameters(config))
  const program = await createProgram(buildTokenizerTrainGraph(config, training.batch), table)
  const dims = [training.batch * windowPatches(config), patchSize(config)]
  const size = windowPatches(config) * patchSize(config)
  const target = new Float32Array(training.batch * size)
  const patches = new Float32Array(training.batch * size)
  return {
    table,
    identity: JSON.stringify({ config, training, first: first.length, second: second.length }),
    async step({ random, weights, gradient, position }): Promise<StepOutcome> {
      for (let i = 0; i < training.batch; i++) {
        const window = random.next() < training.firstShare ? random.pick(first) : random.pick(second)
        target.set(window, i * size)
        const noise = training.noise * random.next() * (random.next() < 0.5 ? 0 : 1)
        for (let j = i * size; j < (i + 1) * size; j++)
          patches[j] = target[j]! + (noise > 0 ? noise * fastNormal(random.next()) : 0)
      }
      const feeds = { patches: { data: patches, dims }, target: { data: target, dims } }
      const results = await program.step(feeds, weights, gradient)
      const scalar = (name: string): number => Number(results[name]!.data[0])
      return {
        samples: training.batch,
        position: position + training.batch,
        metrics: { loss: scalar('loss'), reconstruction: scalar('reconstruction') },
      }
    },
    dispose: () => program.dispose(),
  }
}

/** A cheap bell-shaped variate of unit variance from one uniform number: enough for noise. */
function fastNormal(u: number): number {
  return 0.5513 * Math.log((u + 1e-6) / (1 - u + 1e-6))
}
