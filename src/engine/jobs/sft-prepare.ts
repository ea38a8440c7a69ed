/** What a fine-tuning run stands on, opened and checked: model, adapter, data and the task; and prompts to look at. */
import type { CheckReport } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { checkDataset, refuseErrors } from '../data/check.ts'
import { openDataset } from '../data/formats/open.ts'
import { loadWorld } from '../data/world/world.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import { isAdapterFolder, openModel } from '../model/adapter-open.ts'
import { floatsOf, type ModelFolder } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { layOutParameters, viewOf } from '../model/parameters.ts'
import { shippedConfig } from '../model/shipped.ts'
import { createFolderSource } from '../train/folder-source.ts'
import { generateShareOf, mixSources, type MixedPart } from '../train/mixed-source.ts'
import { createSftTask, type PreviewPrompt, type SampleSource, type SftConfig, type SftTask } from '../train/sft.ts'
import { createWorldSource } from '../train/storybook.ts'
import type { SftJobConfig } from './sft-config.ts'
import { liveModel, type LiveModel } from './live-model.ts'

/** Share of generations on the world where nothing else is said, as the shipped model's recipe has it. */
const WORLD_GENERATIONS = 0.15

type TrainedAdapter = GraphAdapter & { readonly baseHash: string }

export interface Prepared {
  readonly config: SftJobConfig
  /** Of the model that comes out. */
  readonly sizes: ModelConfig
  /** Folder of the model it starts from, and that model. */
  readonly base: string
  readonly model: ModelFolder
  readonly adapter: TrainedAdapter | null
  readonly source: SampleSource
  /** The data set's check; null for the world. */
  readonly report: CheckReport | null
  readonly task: SftTask
  readonly live: LiveModel
  readonly prompts: readonly PreviewPrompt[]
  /** The same task with other passes or another batch; whoever asks for it disposes of it. */
  readonly retask: (part: Partial<Pick<SftConfig, 'batch' | 'accumulate'>>) => SftTask
  dispose(): Promise<void>
}

export async function prepareTraining(config: SftJobConfig, signal: AbortSignal): Promise<Prepared> {
  const base = config.model
  const model = await openModel(base)
  try {
    const sizes = modelConfigOf(config, model)
    const { source, report, sft } = await openSource(config, { ...model, config: sizes }, signal)
    const adapter = config.adapter ? await graphAdapter(config.adapter, model, base) : null
    const start = adapter || config.fromScratch || config.architecture ? null : flatWeights(model)
    const options = { ...(start ? { start } : {}), ...(adapter ? { adapter } : {}) }
    const task = createSftTask(sizes, sft, source, options)
    const { previews } = config
    return {
      config,
      sizes,
      base,
      model,
      adapter,
      source,
      report,
      task,
      live: liveModel({ ...model, config: sizes }, task.table, adapter?.config ?? null),
      prompts: previews ? (source.prompts?.(previews.rows, previews.count) ?? []) : [],
      retask: (part) => createSftTask(sizes, { ...sft, ...part }, source, options),
      async dispose() {
        await task.dispose()
        await model.image.dispose()
      },
    }
  } catch (error) {
    await model.image.dispose()
    throw error
  }
}

/**
 * The model that is trained: the one it starts from, with what its input attends to where the run says so, or the sizes of
 * the run with that model's vocabulary and pictures.
 */
function modelConfigOf(
  { architecture, fromScratch, inputAttends }: SftJobConfig,
  { config, image }: ModelFolder,
): ModelConfig {
  if (!architecture) return inputAttends ? { ...config, options: { ...config.options, inputAttends } } : config
  if (!fromScratch)
    throw new TandemError(
      'The training config gives sizes of its own, so the weights of its model do not fit.',
      'Set fromScratch to true, or leave architecture out.',
    )
  return shippedConfig(architecture, config.textVocabSize, image.config, config.image.size)
}

/** The adapter to train, its words as rows of the embedding. */
async function graphAdapter(
  { words, ...settings }: NonNullable<SftJobConfig['adapter']>,
  model: ModelFolder,
  base: string,
): Promise<TrainedAdapter> {
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
    const rows = config.previews?.rows
    if (config.mix) {
      const own = { source: await createFolderSource(set, model, ownShare, report.hash, rows), rows: report.train }
      const replay = await openPart(config.mix.path, model, signal)
      const { share } = config.mix
      const sft = settle(generateShareOf(own.rows, replay.rows, share))
      return { source: mixSources(own, replay, share), report, sft }
    }
    const sft = settle(ownShare)
    return {
      source: await createFolderSource(set, model, sft.generateShare, report.hash, rows),
      report,
      sft,
    }
  }
  const world = await loadWorld()
  if (world.size !== model.config.image.size) {
    throw new TandemError(
      `The world draws ${world.size} px pictures, the model reads ${model.config.image.size} px.`,
      'Train on a data set instead.',
    )
  }
  const { seed, curriculum, families } = config.data
  const source = await createWorldSource(world, model.image, model.text, { seed, curriculum, families })
  return { source, report: null, sft: settle(WORLD_GENERATIONS) }
}
