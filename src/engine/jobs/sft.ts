/** Supervised fine-tuning from a config file: data from the world or a quadruplet folder, a model folder at the end. */
import { cp, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { loadWorld } from '../data/world/world.ts'
import { writeFileAtomic } from '../files.ts'
import {
  modelFiles,
  openModelFolder,
  readFlatWeights,
  readJson,
  writeHalfWeights,
  type ModelFolder,
} from '../model/folder.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { shippedConfig } from '../model/shipped.ts'
import { loadCheckpoint } from '../train/checkpoint.ts'
import { createFolderSource } from '../train/folder-source.ts'
import { checkpointPath, train, type TrainTask } from '../train/loop.ts'
import { architectureSchema, loopSchema } from '../train/recipe.ts'
import { createSftTask, sftSchema, type SampleSource } from '../train/sft.ts'
import { createWorldSource } from '../train/storybook.ts'
import type { JobContext } from './context.ts'
import { openFolder, writeTogether } from './output.ts'

export const sftConfigSchema = loopSchema.extend({
  seed: z.int().nonnegative(),
  /** Model folder whose architecture, tokenizers and weights training starts from; relative to the config file. */
  model: z.string().min(1),
  /** Fresh weights instead of the model's. */
  fromScratch: z.boolean().default(false),
  /** Other sizes than the model's; fresh weights are the only ones that fit. */
  architecture: architectureSchema.optional(),
  /** Name of the model that is exported. */
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
  const sizes = modelConfigOf(config, model)
  const directory = resolve(spec.out)
  const checkpoint = await stat(checkpointPath(directory)).catch(() => null)
  if (spec.resume && !checkpoint)
    throw new TandemError(
      'There is no run to go on with in that folder.',
      'Check --out, or leave out --resume to start one.',
    )
  if (!spec.resume && checkpoint)
    throw new TandemError(
      'This folder already holds a training run.',
      'Add --resume to go on with it, or choose another folder.',
    )
  const folder = await openFolder(directory)
  let task: TrainTask | null = null
  try {
    const source = await openSource(config, { ...model, config: sizes }, dirname(spec.config))
    const start = config.fromScratch || config.architecture ? undefined : await readFlatWeights(base, sizes)
    task = interruptible(createSftTask(sizes, config.sft, source, start ? { start } : {}), context.signal)
    yield* runTraining(task, config, spec, directory, context.signal)
    if (context.signal.aborted) return
    yield { type: 'result', result: await exportModel(config, sizes, base, directory, task.table) }
  } finally {
    await task?.dispose()
    await model.image.dispose()
    await folder.abandon()
  }
}

/** The loop's events as updates. */
async function* runTraining(
  task: TrainTask,
  config: SftJobConfig,
  spec: SpecOf<'sft'>,
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
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
    signal,
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
}

/** Validation takes many steps' time: a stop does not wait for its end, so that the checkpoint is written soon. */
function interruptible(task: TrainTask, signal: AbortSignal): TrainTask {
  if (!task.validate) return task
  const stopped = new Promise<Record<string, number>>((resolve) =>
    signal.addEventListener('abort', () => resolve({}), { once: true }),
  )
  let pending: Promise<unknown> = Promise.resolve()
  return {
    ...task,
    async validate(weights) {
      const validation = task.validate!(weights)
      pending = validation.catch(() => undefined)
      return Promise.race([validation, stopped])
    },
    async dispose() {
      await pending
      await task.dispose()
    },
  }
}

/** The sizes that are trained: the model's own, or those of the config with the model's vocabulary and pictures. */
function modelConfigOf({ architecture, fromScratch }: SftJobConfig, { config, image }: ModelFolder): ModelConfig {
  if (!architecture) return config
  if (!fromScratch)
    throw new TandemError(
      'The training config gives sizes of its own, so the weights of its model do not fit.',
      'Set fromScratch to true, or leave architecture out.',
    )
  return shippedConfig(architecture, config.textVocabSize, image.config, config.image.size)
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

/** The averaged weights as a model folder, whole or not at all. */
async function exportModel(
  config: SftJobConfig,
  sizes: ModelConfig,
  base: string,
  directory: string,
  table: ParameterTable,
): Promise<Record<string, unknown>> {
  const { ema, progress } = await loadCheckpoint(checkpointPath(directory), table)
  const { step, samples, seconds } = progress
  const out = join(directory, 'model')
  const named = { ...sizes, name: config.name ?? `${sizes.name}-sft` }
  await writeTogether(out, async (temporary) => {
    for (const name of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
      await cp(join(base, name), join(temporary, name))
    await writeFileAtomic(join(temporary, modelFiles.config), JSON.stringify(named, null, 2) + '\n')
    await writeHalfWeights(join(temporary, modelFiles.weights), table, ema, {
      format: 'tandem-model',
      steps: String(step),
      samples: String(samples),
    })
  })
  return { model: out, checkpoint: checkpointPath(directory), steps: step, samples, seconds: Math.round(seconds) }
}
