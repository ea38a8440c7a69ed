/** Supervised fine-tuning from a config file: data from the world or a quadruplet folder, a model folder at the end. */
import { cp } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { loadWorld } from '../data/world/world.ts'
import { asWrite, makeFolder, writeFileAtomic } from '../files.ts'
import {
  modelFiles,
  openModelFolder,
  readFlatWeights,
  readJson,
  writeHalfWeights,
  type ModelFolder,
} from '../model/folder.ts'
import { loadCheckpoint } from '../train/checkpoint.ts'
import { createFolderSource } from '../train/folder-source.ts'
import { checkpointPath, train } from '../train/loop.ts'
import { loopSchema } from '../train/recipe.ts'
import { createSftTask, sftSchema, type SampleSource } from '../train/sft.ts'
import { createWorldSource } from '../train/storybook.ts'
import type { JobContext } from './context.ts'

export const sftConfigSchema = loopSchema.extend({
  seed: z.int().nonnegative(),
  /** Model folder whose architecture, tokenizers and weights training starts from; relative to the config file. */
  model: z.string().min(1),
  /** Fresh weights instead of the model's. */
  fromScratch: z.boolean().default(false),
  name: z.string().min(1).optional(),
  data: z.discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('world'),
      seed: z.int().nonnegative(),
      curriculum: z
        .strictObject({ sprites: z.int().min(8), until: z.number().min(0).max(1) })
        .default({ sprites: 32, until: 0 }),
    }),
    /** A quadruplet folder, relative to the config file. */
    z.strictObject({ kind: z.literal('folder'), path: z.string().min(1) }),
  ]),
  sft: sftSchema,
  validateEvery: z.int().positive().default(500),
  /** Seconds between checkpoints. */
  saveEvery: z.number().positive().default(120),
})
export type SftJobConfig = z.infer<typeof sftConfigSchema>

export async function* sftJob(spec: SpecOf<'sft'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const config = await readJson(spec.config, sftConfigSchema, 'the training config')
  const base = resolve(dirname(spec.config), config.model)
  const model = await openModelFolder(base)
  const directory = resolve(spec.out)
  await makeFolder(directory)
  const source = await openSource(config, model, dirname(spec.config))
  const start = config.fromScratch ? undefined : await readFlatWeights(base, model.config)
  const task = createSftTask(model.config, config.sft, source, start ? { start } : {})
  try {
    const { steps, optimiser, schedule, clip, ema, seed, validateEvery, saveEvery } = config
    const loop = {
      directory,
      seed,
      steps,
      optimiser,
      schedule,
      clip,
      ema,
      validateEvery,
      saveEvery,
      resume: spec.resume,
      signal: context.signal,
    }
    for await (const event of train(task, loop)) {
      if (event.kind === 'start') {
        yield { type: 'started', total: event.total, detail: `${event.parameters} parameters, from step ${event.step}` }
      } else if (event.kind === 'step') {
        const { step, total, samples, seconds, learningRate, gradientNorm, metrics } = event
        const rate = samples / Math.max(seconds, 1e-9)
        const eta = ((total - step) * seconds) / Math.max(1, step)
        yield {
          type: 'progress',
          done: step,
          total,
          metrics: {
            ...metrics,
            samples_per_second: rate,
            eta_seconds: eta,
            learning_rate: learningRate,
            gradient_norm: gradientNorm,
          },
        }
      } else if (event.kind === 'validation') {
        yield { type: 'progress', done: event.step, total: steps, metrics: { ...event.metrics } }
      }
    }
    if (context.signal.aborted) return
    yield { type: 'result', result: await exportModel(config, model, base, directory, task.table) }
  } finally {
    await task.dispose()
    await model.image.dispose()
  }
}

async function openSource(config: SftJobConfig, model: ModelFolder, relativeTo: string): Promise<SampleSource> {
  if (config.data.kind === 'folder')
    return createFolderSource(resolve(relativeTo, config.data.path), model, config.sft.generateShare)
  const world = await loadWorld()
  if (world.size !== model.config.image.size) {
    throw new TandemError(
      `The world draws ${world.size} px pictures, the model reads ${model.config.image.size} px.`,
      'Train on a quadruplet folder instead.',
    )
  }
  return createWorldSource(world, model.image, model.text, {
    seed: config.data.seed,
    curriculum: config.data.curriculum,
  })
}

async function exportModel(
  config: SftJobConfig,
  model: ModelFolder,
  base: string,
  directory: string,
  table: Parameters<typeof loadCheckpoint>[1],
): Promise<Record<string, unknown>> {
  const state = await loadCheckpoint(checkpointPath(directory), table)
  const out = join(directory, 'model')
  await asWrite('The model folder', async () => {
    await makeFolder(out)
    for (const name of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
      await cp(join(base, name), join(out, name))
  })
  const named = { ...model.config, name: config.name ?? `${model.config.name}-sft` }
  await writeFileAtomic(join(out, modelFiles.config), JSON.stringify(named, null, 2) + '\n')
  const { step, samples, seconds } = state.progress
  await writeHalfWeights(join(out, modelFiles.weights), table, state.ema, {
    format: 'tandem-model',
    steps: String(step),
    samples: String(samples),
  })
  return { model: out, checkpoint: checkpointPath(directory), steps: step, samples, seconds: Math.round(seconds) }
}
