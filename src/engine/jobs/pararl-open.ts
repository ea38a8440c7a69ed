/** Everything a ParaRL run stands on, opened and checked before the first rollout. */
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { learningSettings, rlConfigSchema, rlFiles, type RlConfig } from '../../shared/rl.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import { adapterParameters, adapterSchema } from '../model/adapter-config.ts'
import { isAdapterFolder, openModel } from '../model/adapter-open.ts'
import { floatsOf, readJson, type ModelFolder } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { layOutParameters, viewOf, type ParameterTable } from '../model/parameters.ts'
import { createLikelihood, type Likelihood } from '../rl/likelihood-run.ts'
import { openReward } from '../rl/open-reward.ts'
import { createPolicy, type Policy } from '../rl/policy.ts'
import { openPrompts } from '../rl/prompts.ts'
import type { Reward, StepScale } from '../rl/reward.ts'
import type { RlPrompt } from '../rl/rollout.ts'
import type { ValidationParts } from '../rl/validate.ts'
import { createEngine, type Engine } from '../run.ts'
import type { PreviewPrompt } from '../train/sft.ts'
import type { JobContext } from './context.ts'
import { liveModel, type LiveModel } from './live-model.ts'
import { choosePrompts, scaleOf, type Note, type TellStart } from './pararl-start.ts'

/** Sequences of one forward, in rollouts and in likelihoods. */
const BATCH = 16

export interface OpenedRl {
  readonly config: RlConfig
  readonly engine: Engine
  readonly model: ModelFolder
  readonly table: ParameterTable
  readonly adapter: (GraphAdapter & { readonly baseHash: string }) | null
  /** Weights training starts from; null is the adapter's own start. */
  readonly start: Float32Array | null
  readonly reference: Float32Array
  readonly policy: Policy
  readonly likelihood: Likelihood
  readonly reward: Reward
  readonly scaleAt: StepScale
  readonly prompts: readonly RlPrompt[]
  readonly validation: ValidationParts | null
  readonly live: LiveModel
  /** Prompts looked at while training goes: the first that validate; where none do, the first that train. */
  readonly shown: readonly PreviewPrompt[]
  readonly identity: string
  dispose(): Promise<void>
}

export const readRlConfig = (directory: string): Promise<RlConfig> =>
  readJson(join(directory, rlFiles.config), rlConfigSchema, 'the settings of the run')

const seconds = (): number => performance.now() / 1000

/** Opens all of it. Aborted, it throws the signal's reason. */
export async function openRl(
  config: RlConfig,
  directory: string,
  note: Note,
  { signal, threads, tell = () => undefined }: Pick<JobContext, 'signal' | 'threads'> & { readonly tell?: TellStart },
): Promise<OpenedRl> {
  const { settings } = config
  const closing: (() => Promise<void>)[] = []
  const dispose = async (): Promise<void> => {
    for (const close of closing.splice(0).reverse()) await close()
  }
  try {
    const model = await openModel(config.model)
    const engine = createEngine(model, 'cpu', threads)
    closing.push(() => engine.dispose())
    if (model.stored)
      throw new TandemError(
        `${model.name} is an imported checkpoint, which ParaRL does not train.`,
        'Use the model that ships, or fine-tune an adapter on it from pictures (tandem train sft --preset adapter).',
      )
    const adapter = settings.method === 'lora' ? await adapterOf(config, model) : null
    const table = layOutParameters(
      adapter ? adapterParameters(model.config, adapter.config) : modelParameters(model.config),
    )
    const start = adapter ? null : flatWeights(model, table)
    const options = {
      batch: Math.min(BATCH, settings.rollouts * settings.prompts),
      ...(adapter ? { adapter } : {}),
      ...(threads === undefined ? {} : { threads }),
    }
    const policy = createPolicy(model.config, table, options)
    closing.push(() => policy.dispose())
    const likelihood = createLikelihood(model.config, table, options)
    closing.push(() => likelihood.dispose())
    const source = await openPrompts(engine, config.data, settings, signal)
    const reward = await openReward(config.reward, source.world, threads)
    closing.push(() => reward.dispose())
    // An adapter of zeros is the base model.
    const reference = start ?? new Float32Array(table.size)

    const pool = await source.prompts('train', settings.pool)
    if (pool.length === 0)
      throw new TandemError('There is no prompt to train on.', 'Give a data set with rows in its train split.')
    const base = { engine, model, reward, policy, reference }
    const watch = { signal, tell }
    const scaleAt = await scaleOf(base, pool, settings, (least) => source.truePairs(least), watch)
    const prompts = await choosePrompts(base, pool, settings, directory, note, watch)
    if (prompts.length < settings.prompts)
      note(
        'few-prompts',
        `There are ${prompts.length} prompts, fewer than the ${settings.prompts} of a phase: every phase asks them all.`,
      )
    const held = settings.validateEvery > 0 ? await source.prompts('val', settings.validationPrompts) : []
    const { rewardTimeout } = settings
    const judged = { model, world: source.world, policy, reward, scaleAt, rewardTimeout, now: seconds, note }
    const validation = held.length > 0 ? { ...judged, prompts: held } : null
    const wanted = settings.previewPrompts
    const known = held.length >= wanted ? held : await source.prompts('val', wanted)
    const shown = (known.length > 0 ? known : pool).slice(0, wanted).map(previewPrompt)
    const live = liveModel(model, table, adapter?.config ?? null)
    const digest = createHash('sha256')
    for (const { id, header } of prompts) digest.update(JSON.stringify([id, header.tokens]))
    const identity = JSON.stringify({
      pararl: 1,
      model: model.hash,
      data: config.data.kind === 'world' ? config.data : { kind: 'folder' },
      prompts: digest.digest('hex').slice(0, 32),
      reward: reward.identity,
      settings: learningSettings(settings),
    })
    const basis = { config, ...base, table, adapter, start, likelihood, scaleAt, prompts, validation }
    return { ...basis, live, shown, identity, dispose }
  } catch (error) {
    await dispose()
    throw error
  }
}

function previewPrompt({ id, instruction, header }: RlPrompt): PreviewPrompt {
  const field = header.fields.find(({ name }) => name === 'inputImage')
  const codes = field && header.tokens.slice(field.start, field.start + field.length)
  return {
    row: id,
    instruction,
    inputImage: codes ? Int32Array.from(codes, (token) => token - header.image.offset) : null,
  }
}

async function adapterOf(
  { model: base, settings }: RlConfig,
  model: ModelFolder,
): Promise<GraphAdapter & { baseHash: string }> {
  if (await isAdapterFolder(base))
    throw new TandemError('An adapter is trained on a model folder, not on an adapter.', 'Merge that one first.')
  const config = adapterSchema.parse({ rank: settings.rank, targets: settings.targets })
  return { config, weights: model.weights, baseHash: model.hash }
}

function flatWeights(model: ModelFolder, table: ParameterTable): Float32Array {
  const flat = new Float32Array(table.size)
  for (const span of table.spans) viewOf(flat, span).set(floatsOf(model.weights(span.name)))
  return flat
}
