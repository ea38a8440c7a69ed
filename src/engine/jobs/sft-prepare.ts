/** What a fine-tuning run stands on, opened and checked: model, adapter, data and the task; and prompts to look at. */
import { bytesInWords } from '../../shared/bytes.ts'
import type { CheckReport } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { checkDataset, refuseErrors } from '../data/check.ts'
import { openDataset } from '../data/formats/open.ts'
import { loadWorld } from '../data/world/world.ts'
import { importedFloats } from '../checkpoints/trained.ts'
import { memoryState } from '../memory.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import { isAdapterFolder, openModel } from '../model/adapter-open.ts'
import { floatsOf, type ModelFolder, type StoredModel } from '../model/folder.ts'
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
  /** What this took: every start and every resume does it again. */
  readonly seconds: number
  /** The same task with other passes or another batch; whoever asks for it disposes of it. */
  readonly retask: (part: Partial<Pick<SftConfig, 'batch' | 'accumulate'>>) => SftTask
  dispose(): Promise<void>
}

/** What is done before the first step, and how far it is. */
export interface Watch {
  readonly signal: AbortSignal
  readonly tell: (what: string, part: 1 | 2) => void
}

export async function prepareTraining(config: SftJobConfig, watch: Watch): Promise<Prepared> {
  const base = config.model
  const began = performance.now()
  const model = await openModel(base)
  try {
    if (model.stored) refuseStored(config, model, model.stored)
    const sizes = modelConfigOf(config, model)
    const { source, report, sft } = await openSource(config, { ...model, config: sizes }, watch)
    const adapter = config.adapter ? await graphAdapter(config.adapter, model, base) : null
    const start = adapter || config.fromScratch || config.architecture ? null : await flatWeights(model)
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
      seconds: (performance.now() - began) / 1000,
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

/** What cannot be done with a published checkpoint, and what would not fit. */
export function refuseStored(
  config: Pick<SftJobConfig, 'adapter' | 'fromScratch' | 'architecture' | 'inputAttends'>,
  model: Pick<ModelFolder, 'name' | 'parameters' | 'adapters'>,
  { quantised }: Pick<StoredModel, 'quantised'>,
): void {
  const { adapter } = config
  const { name, parameters } = model
  if (quantised)
    throw new TandemError(
      `${name} was imported with quantised weights, through which nothing can be trained.`,
      'Import the checkpoint again with its own precision, and train on that.',
    )
  if (adapter && adapter.words.length > 0)
    throw new TandemError(
      `${name} is an imported checkpoint, whose embedding stays in the files it came in: no words can be trained along.`,
      'Leave the words out.',
    )
  if (adapter) return
  if (model.adapters)
    throw new TandemError(`${name} has adapters on it.`, 'Train on the model itself, or train an adapter.')
  if (config.fromScratch || config.architecture || config.inputAttends)
    throw new TandemError(
      `${name} is an imported checkpoint: it is trained from its own weights, in its own sizes.`,
      'Leave fromScratch, architecture and inputAttends out.',
    )
  // Weights, their average, two moments and the gradient, before the first activation.
  const needed = 4 * parameters * WHOLE_ARRAYS
  const { free } = memoryState()
  if (needed > free)
    throw new TandemError(
      `All of ${name} in training takes more than ${bytesInWords(needed)} of memory, and ${bytesInWords(free)} can be had.`,
      'Train an adapter on it (--lora-rank, --preset adapter; "An adapter" in the studio).',
    )
}

const WHOLE_ARRAYS = 5

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
  return {
    config: { ...settings, rows },
    weights: model.weights,
    baseHash: model.hash,
    ...(model.stored ? { stored: model.stored } : {}),
  }
}

async function flatWeights({ config, weights, directory, stored }: ModelFolder): Promise<Float32Array> {
  const table = layOutParameters(modelParameters(config))
  const flat = new Float32Array(table.size)
  const floats = stored ? await importedFloats(directory) : (name: string) => floatsOf(weights(name))
  for (const span of table.spans) viewOf(flat, span).set(await floats(span.name))
  return flat
}

interface OpenPart {
  readonly source: SampleSource
  readonly report: CheckReport
  /** Share of generations among the rows that train. */
  readonly share: number
}

/** A data set that passes its check, encoded. `shareOf` settles the share of generations from the set's own. */
async function openPart(
  path: string,
  model: ModelFolder,
  { signal, tell }: Watch,
  options: { readonly looked?: readonly string[]; readonly shareOf?: (own: number) => number } = {},
): Promise<OpenPart> {
  const set = await openDataset(path)
  const checked = (rows: number): void => tell(`Checking the data set: ${rows.toLocaleString('en')} rows`, 1)
  const report = await checkDataset(set, { model, signal, onProgress: checked })
  refuseErrors(report, path)
  const { edits, generations } = report.train
  const share = generations / Math.max(1, edits + generations)
  const encoded = (rows: number): void =>
    tell(`Encoding the data set: ${rows.toLocaleString('en')} of ${report.rows.toLocaleString('en')} rows`, 2)
  const { looked = [], shareOf = (own) => own } = options
  const watch = { looked, signal, onProgress: encoded }
  const source = await createFolderSource(set, model, shareOf(share), report.hash, watch)
  return { source, report, share }
}

/** The samples, and what the check of a data set found. A set with errors is refused. */
async function openSource(
  config: SftJobConfig,
  model: ModelFolder,
  watch: Watch,
): Promise<{ source: SampleSource; report: CheckReport | null; sft: SftConfig }> {
  const asked = config.sft.generateShare
  const settle = (own: number): SftConfig => ({ ...config.sft, generateShare: asked === 'data' ? own : asked })
  if (config.data.kind === 'folder') {
    const { path } = config.data
    const looked = config.previews?.rows ?? []
    if (config.mix) {
      const own = await openPart(path, model, watch, { looked })
      const replay = await openPart(config.mix.path, model, watch)
      const { share } = config.mix
      const part = ({ source, report }: OpenPart): MixedPart => ({ source, rows: report.train })
      const sft = settle(generateShareOf(own.report.train, replay.report.train, share))
      return { source: mixSources(part(own), part(replay), share), report: own.report, sft }
    }
    const shareOf = (own: number): number => settle(own).generateShare
    const { source, report, share } = await openPart(path, model, watch, { looked, shareOf })
    return { source, report, sft: settle(share) }
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
