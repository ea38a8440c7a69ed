/** Everything a ParaRL run stands on, opened and checked before the first rollout. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import {
  learningSettings,
  rlConfigSchema,
  rlFiles,
  type RlConfig,
  type RlNoteCode,
  type RlSettings,
} from '../../shared/rl.ts'
import { seededRandom } from '../data/random.ts'
import { writeFileAtomic } from '../files.ts'
import type { GraphAdapter } from '../model/adapter-graph.ts'
import { adapterParameters, adapterSchema } from '../model/adapter-config.ts'
import { isAdapterFolder, openModel } from '../model/adapter-open.ts'
import { floatsOf, readJson, type ModelFolder } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { layOutParameters, viewOf, type ParameterTable } from '../model/parameters.ts'
import { createLikelihood, type Likelihood } from '../rl/likelihood-run.ts'
import { openReward } from '../rl/open-reward.ts'
import { pairsAt, type Pair } from '../rl/pairs.ts'
import { createPolicy, type Policy } from '../rl/policy.ts'
import { hardest, openPrompts, rolloutSeed } from '../rl/prompts.ts'
import { measureScale, type Reward, type StepScale } from '../rl/reward.ts'
import { runAll, type RlPrompt } from '../rl/rollout.ts'
import { eligibleSteps } from '../rl/sampled-steps.ts'
import type { ValidationParts } from '../rl/validate.ts'
import { createEngine, type Engine } from '../run.ts'
import type { PreviewPrompt } from '../train/sft.ts'
import type { JobContext } from './context.ts'
import { liveModel, type LiveModel } from './live-model.ts'

/** Sequences of one forward, in rollouts and in likelihoods. */
const BATCH = 16
/** A scale stands on 1 % of the data, but on this many true pairs or rollouts at least. */
const LEAST_PAIRS = 64
const LEAST_RUNS = 32
const chosenFile = 'prompts.json'

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

type Note = (code: RlNoteCode, message: string) => void

export async function openRl(
  config: RlConfig,
  directory: string,
  note: Note,
  { signal, threads }: Pick<JobContext, 'signal' | 'threads'>,
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
    const scaleAt = await scaleOf(base, pool, settings, (least) => source.truePairs(least))
    const prompts = await choosePrompts(base, pool, config, directory, note)
    if (prompts.length < settings.prompts)
      note(
        'few-prompts',
        `There are ${prompts.length} prompts, fewer than the ${settings.prompts} of a phase: every phase asks them all.`,
      )
    const held = settings.validateEvery > 0 ? await source.prompts('val', settings.validationPrompts) : []
    const validation = held.length > 0 ? { model, world: source.world, policy, reward, scaleAt, prompts: held } : null
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

/**
 * (3): mean and deviation over a random 1 % of the training prompts, from what the starting model makes of them, step by
 * step: a pair half done is marked lower than a finished one whatever it is worth. Or over a random 1 % of true pairs.
 */
async function scaleOf(
  { model, reward, policy, reference }: Pick<OpenedRl, 'model' | 'reward' | 'policy' | 'reference'>,
  pool: readonly RlPrompt[],
  settings: RlSettings,
  truePairs: (least: number) => Promise<Pair[]>,
): Promise<StepScale> {
  if (!reward.standardised) return () => null
  if (settings.scaleOn === 'data') {
    const raw = reward.scale
      ? []
      : await reward.mark(await truePairs(Math.max(LEAST_PAIRS, Math.ceil(pool.length / 100))))
    const scale = reward.scale ?? measureScale(raw)
    if (!scale) throw noScale(raw, 'true pairs')
    return () => scale
  }
  const order = seededRandom('pararl-scale', settings.seed).shuffle(pool)
  const chosen = order.slice(0, Math.max(LEAST_RUNS, Math.ceil(pool.length / 100)))
  const headers = chosen.map(({ header }, i) => ({ ...header, seed: rolloutSeed(settings.seed, -2, i, 0) }))
  const marks = new Map<number, number[]>()
  for (const [i, trajectory] of (await runAll(policy, reference, headers)).entries()) {
    const steps = eligibleSteps(trajectory.header)
    const raw = await reward.mark(await pairsAt(model, trajectory, steps, chosen[i]!.sample))
    steps.forEach((step, k) => marks.set(step, [...(marks.get(step) ?? []), raw[k]!]))
  }
  const all = [...marks.values()].flat()
  const whole = measureScale(all)
  if (!whole) throw noScale(all, 'rollouts')
  const scales = new Map([...marks].map(([step, own]) => [step, measureScale(own) ?? whole]))
  return (step) => scales.get(step) ?? whole
}

function noScale(raw: readonly number[], what: string): TandemError {
  const broken = raw.filter((c) => !Number.isFinite(c)).length
  return new TandemError(
    broken > 0
      ? `The reward gave no number for ${broken} of ${raw.length} pairs of ${what}.`
      : `The reward marks all pairs of ${what} alike.`,
    'Try it with "tandem score", or give another reward.',
  )
}

const chosenSchema = z.strictObject({ pool: z.int(), marks: z.array(z.number().nullable()), chosen: z.array(z.int()) })

/** The hardest of the pool for the starting model; the choice is kept, so that a resume trains on the same prompts. */
async function choosePrompts(
  { model, reward, policy, reference }: Pick<OpenedRl, 'model' | 'reward' | 'policy' | 'reference'>,
  pool: readonly RlPrompt[],
  { settings }: RlConfig,
  directory: string,
  note: Note,
): Promise<RlPrompt[]> {
  if (settings.hardShare >= 1) return [...pool]
  const path = join(directory, chosenFile)
  const kept = await readFile(path, 'utf8').then(
    (text) => chosenSchema.safeParse(JSON.parse(text)).data,
    () => undefined,
  )
  let chosen = kept?.pool === pool.length ? kept.chosen : null
  if (!chosen) {
    const headers = pool.map(({ header }, i) => ({ ...header, seed: rolloutSeed(settings.seed, -1, i, 0) }))
    const marks: number[] = []
    for (const [i, trajectory] of (await runAll(policy, reference, headers)).entries()) {
      const last = trajectory.steps.length
      marks.push(...(await reward.mark(await pairsAt(model, trajectory, [last], pool[i]!.sample))))
    }
    chosen = hardest(marks, settings.hardShare, Math.min(settings.prompts, pool.length))
    const file = { pool: pool.length, marks: marks.map((m) => (Number.isFinite(m) ? m : null)), chosen }
    await writeFileAtomic(path, JSON.stringify(file) + '\n')
    note('hard-prompts', `Training on the ${chosen.length} prompts of ${pool.length} that the model does worst at.`)
  }
  const set = new Set(chosen)
  return pool.filter((_, i) => set.has(i))
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
