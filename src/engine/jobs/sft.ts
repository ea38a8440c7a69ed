/** Supervised fine-tuning: of a whole model or of an adapter on it, on the world or on a data set that passed its check. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { CheckReport } from '../../shared/datasets.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { checkDataset, refuseErrors } from '../data/check.ts'
import { openDataset } from '../data/formats/open.ts'
import { loadWorld } from '../data/world/world.ts'
import { writeFileAtomic } from '../files.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import { isAdapterFolder, openModel } from '../model/adapter-open.ts'
import { floatsOf, type ModelFolder } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { layOutParameters, viewOf } from '../model/parameters.ts'
import { shippedConfig } from '../model/shipped.ts'
import { readCheckpointConfig } from '../train/checkpoint.ts'
import { createFolderSource } from '../train/folder-source.ts'
import { checkpointPath, train, type TrainTask } from '../train/loop.ts'
import { generateShareOf, mixSources, type MixedPart } from '../train/mixed-source.ts'
import { createSftTask, type SampleSource, type SftConfig } from '../train/sft.ts'
import { createWorldSource } from '../train/storybook.ts'
import type { JobContext } from './context.ts'
import { openFolder } from './output.ts'
import { configFile, readConfig, type SftJobConfig } from './sft-config.ts'
import { exportAdapter, exportModel } from './sft-export.ts'

/** Share of generations on the world where nothing else is said, as the shipped model's recipe has it. */
const WORLD_GENERATIONS = 0.15

export async function* sftJob(spec: SpecOf<'sft'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const config = await readConfig(spec)
  const base = config.model
  const model = await openModel(base)
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
    const sizes = modelConfigOf(config, model)
    const { source, report, sft } = await openSource(config, { ...model, config: sizes }, context.signal)
    if (spec.resume) await refuseOtherData(checkpointPath(directory), source)
    if (report && report.warnings > 0) yield { type: 'warning', message: warningLine(report) }
    const adapter = config.adapter ? await graphAdapter(config.adapter, model, base) : null
    const start = adapter || config.fromScratch || config.architecture ? null : flatWeights(model)
    const options = { ...(start ? { start } : {}), ...(adapter ? { adapter } : {}) }
    task = interruptible(createSftTask(sizes, sft, source, options), context.signal)
    // What the run was started with: --resume needs nothing else.
    if (!spec.resume) await writeFileAtomic(join(directory, configFile), JSON.stringify(config, null, 2) + '\n')
    yield* runTraining(task, config, spec, directory, context.signal)
    if (context.signal.aborted) return
    const made = { config, sizes, base, model, directory, table: task.table, data: report }
    yield { type: 'result', result: await (adapter ? exportAdapter(made, adapter.config) : exportModel(made)) }
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

/** That the settings differ is found when the checkpoint is loaded; other data are worth a sentence of their own. */
async function refuseOtherData(checkpoint: string, source: SampleSource): Promise<void> {
  const started: unknown = JSON.parse(await readCheckpointConfig(checkpoint))
  const before = typeof started === 'object' && started !== null && 'source' in started ? started.source : null
  if (before === source.identity) return
  throw new TandemError(
    'The data are not those this run was started with.',
    'Restore the data set (its rows, texts, splits and pictures), or start a new run.',
  )
}

const warningLine = ({ warnings, counts, path }: CheckReport): string => {
  const kinds = Object.entries(counts).map(([code, n]) => `${code} ${n}`)
  return `The data set has ${warnings} warnings (${kinds.join(', ')}); "tandem dataset check ${path}" lists them.`
}

/** The adapter to train, its words as rows of the embedding. */
async function graphAdapter(
  { words, ...settings }: NonNullable<SftJobConfig['adapter']>,
  model: ModelFolder,
  base: string,
): Promise<GraphAdapter & { baseHash: string }> {
  if (await isAdapterFolder(base))
    throw new TandemError('An adapter is trained on a model folder, not on an adapter.', 'Merge that one first.')
  // A word the vocabulary lacks is spelled in bytes: the rows of these train.
  const rows = [...new Set(words.flatMap((word) => [...model.text.encode(word)]))].sort((a, b) => a - b)
  return { config: { ...settings, rows }, weights: model.weights, baseHash: model.hash }
}

function flatWeights({ config, weights }: ModelFolder): Float32Array {
  const table = layOutParameters(modelParameters(config))
  const flat = new Float32Array(table.size)
  for (const span of table.spans) viewOf(flat, span).set(floatsOf(weights(span.name)))
  return flat
}

/** A data set that passed its check, as a part of a mixture. */
async function openPart(path: string, model: ModelFolder, signal: AbortSignal): Promise<MixedPart> {
  const set = await openDataset(path)
  const report = await checkDataset(set, { model, signal })
  refuseErrors(report, path)
  const { edits, generations } = report.train
  const share = generations / Math.max(1, edits + generations)
  return { source: await createFolderSource(set, model, share, report.hash), rows: report.train }
}

/** The samples, and what the check of a data set found. A set with errors is refused. */
async function openSource(
  config: SftJobConfig,
  model: ModelFolder,
  signal: AbortSignal,
): Promise<{ source: SampleSource; report: CheckReport | null; sft: SftConfig }> {
  const asked = config.sft.generateShare
  const settle = (own: number): SftConfig => ({ ...config.sft, generateShare: asked === 'data' ? own : asked })
  if (config.data.kind === 'folder') {
    const { path } = config.data
    const set = await openDataset(path)
    const report = await checkDataset(set, { model, signal })
    refuseErrors(report, path)
    const { edits, generations } = report.train
    const ownShare = generations / Math.max(1, edits + generations)
    const { mix } = config
    const sft = settle(ownShare)
    if (!mix) return { source: await createFolderSource(set, model, sft.generateShare, report.hash), report, sft }
    const own = { source: await createFolderSource(set, model, ownShare, report.hash), rows: report.train }
    const replay = await openPart(mix.path, model, signal)
    return {
      source: mixSources(own, replay, mix.share),
      report,
      sft: settle(generateShareOf(own.rows, replay.rows, mix.share)),
    }
  }
  const world = await loadWorld()
  if (world.size !== model.config.image.size) {
    throw new TandemError(
      `The world draws ${world.size} px pictures, the model reads ${model.config.image.size} px.`,
      'Train on a data set instead.',
    )
  }
  const { seed, curriculum } = config.data
  const source = await createWorldSource(world, model.image, model.text, { seed, curriculum })
  return { source, report: null, sft: settle(WORLD_GENERATIONS) }
}
