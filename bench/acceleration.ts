/**
 * The exact path and the presets of --fast beside the reference schedule, in one interleaved run. Reference: 256 forwards, each
 * over the whole sequence to the logits of every row and id, scores of attention stored, zero-weight passes run; picking is
 * not counted. That is how the public code runs MMaDA-Parallel-A (128 steps, 64 of the image, two unconditional passes at each
 * of those) and -M (128 steps, 30 of the image, an unconditional pass at every step). Tandem's runs have the same steps and
 * guidance, picks included. "studio" is 16 steps without guidance, where the reference takes 16 such
 * forwards. Usage: node bench/acceleration.ts [rounds of the shipped model] [rounds at 2,432 positions] [--provider cuda]; with 0
 * rounds the rows that were measured last time stay as they are. Another provider than the processor makes a table of its own.
 */
import { readFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import { presetNames, presets, type Acceleration } from '../src/shared/acceleration.ts'
import { modelConfigSchema, type ModelConfig } from '../src/shared/model-config.ts'
import { providerNameSchema } from '../src/shared/providers.ts'
import { limitPrompts, readSuite } from '../src/engine/bench/suite.ts'
import { modelFiles, openModelFolder } from '../src/engine/model/folder.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import type { InitializerData } from '../src/engine/graph/graph.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { resolveLayout } from '../src/engine/model/layout.ts'
import { initialiseParameters, layOutParameters, viewOf } from '../src/engine/model/parameters.ts'
import { buildReferenceGraph } from '../src/engine/model/reference-graph.ts'
import { createPredictor, type ModelPredictor } from '../src/engine/model/predictor.ts'
import { createEngine, guidesOf, prepareRun } from '../src/engine/run.ts'
import { createSession, type Session } from '../src/engine/runtime/session.ts'
import { denoise } from '../src/engine/sampler/denoise.ts'
import { makePlan } from '../src/engine/sampler/schedule.ts'
import type { TrajectoryHeader } from '../src/shared/trajectory.ts'
import { benchConfig, interleave, median, saveResult } from './lib.ts'

const { values, positionals } = parseArgs({
  options: { provider: { type: 'string', default: 'cpu' } },
  allowPositionals: true,
})
const provider = providerNameSchema.parse(values.provider)
const [shippedRounds = 12, longRounds = 2] = positionals.map(Number)
const table = provider === 'cpu' ? 'acceleration' : `acceleration-${provider}`

type Weight = (name: string) => InitializerData

/** A schedule: its share of image steps and, for the public ones, how many forwards the public code takes for T steps. */
interface Schedule {
  readonly steps: number
  readonly imageSteps: number
  readonly guidance: number
  readonly forwards: (steps: number, imageSteps: number) => number
}
const published: Readonly<Record<'A' | 'M', Schedule>> = {
  A: { steps: 128, imageSteps: 64, guidance: 4, forwards: (t, i) => t + 2 * i },
  M: { steps: 128, imageSteps: 30, guidance: 3.5, forwards: (t) => 2 * t },
}
/** The studio's own settings have no guidance, so that the reference takes a forward a step. */
const schedules: Readonly<Record<string, Schedule>> = {
  ...published,
  studio: { steps: 16, imageSteps: 16, guidance: 0, forwards: (t) => t },
}
/** At 2,432 positions a quarter of the steps, in the same proportions. */
const LONG_SHARE = 4

/** 2,432 positions, 1,024 codes in and out, 256 words: MMaDA-Parallel at 512 px; a head of 7 % of the multiplications, as in 8B. */
function longConfig(): ModelConfig {
  const base = benchConfig()
  const control = (...tokens: number[]): { kind: 'control'; tokens: number[] } => ({ kind: 'control', tokens })
  const field = (name: string, length: number): { kind: string; name: string; length: number } => ({
    kind: 'field',
    name,
    length,
  })
  const edit = [
    control(6, 4),
    field('inputImage', 1024),
    control(5, 2),
    field('instruction', 122),
    control(4),
    field('outputImage', 1024),
    control(5, 2),
    field('outputText', 255),
  ]
  return modelConfigSchema.parse({
    ...base,
    name: 'long',
    image: { ...base.image, size: 512, grid: 32, factor: 16 },
    layouts: { edit, generate: edit, editImageOnly: edit, generateImageOnly: edit },
  })
}

function randomWeights(config: ModelConfig): Weight {
  const table = layOutParameters(modelParameters(config))
  const flat = initialiseParameters(table, seededRandom('bench'))
  const spans = new Map(table.spans.map((span) => [span.name, span]))
  return (name) => ({ kind: 'inline', bytes: new Uint8Array(viewOf(flat, spans.get(name)!).slice().buffer) })
}

/** A run of the public schedule over random tokens. */
function longHeader(config: ModelConfig, { steps, imageSteps, guidance }: Schedule): TrajectoryHeader {
  const layout = resolveLayout(config, 'edit')
  const random = seededRandom('tokens')
  const tokens = layout.template.slice()
  for (const { name, start, length, modality } of layout.fields)
    for (let i = start; i < start + length; i++)
      tokens[i] = name.startsWith('output')
        ? config.special.mask
        : modality === 'image'
          ? config.image.offset + random.int(config.image.codebookSize)
          : 10 + random.int(20)
  const plan = makePlan('parallel', steps, imageSteps, true)
  return {
    format: 'tandem-trajectory',
    version: 1,
    seed: 1,
    mode: 'parallel',
    task: 'edit',
    steps,
    schedule: {
      text: { kind: 'even', steps: [...plan.text] },
      image: { kind: 'cosine-gumbel', steps: [...plan.image] },
    },
    guidance: { text: 0, image: guidance },
    temperatures: { text: 0, image: 1 },
    length: layout.length,
    tokens: [...tokens],
    maskId: config.special.mask,
    fields: layout.fields.map((each) => ({ ...each })),
    image: { grid: config.image.grid, offset: config.image.offset, codebookSize: config.image.codebookSize },
    model: { name: config.name, hash: '00000000' },
    provider,
    instruction: 'bench',
    pinned: [],
  }
}

const openReference = (config: ModelConfig, weight: Weight): Promise<Session> =>
  createSession(buildReferenceGraph(config, 'edit', weight), { provider })

interface Contest {
  readonly config: ModelConfig
  readonly predictor: ModelPredictor
  readonly reference: Session
  /** The run of a round. */
  readonly header: (round: number) => TrajectoryHeader
  readonly schedule: Schedule
  readonly rounds: number
  readonly ways: Readonly<Record<string, Acceleration | null>>
}

async function compare({ config, predictor, reference, header, schedule, rounds, ways }: Contest): Promise<object> {
  const counts: Record<string, number[]> = {}
  const wanted = schedule.forwards(schedule.steps, schedule.imageSteps)
  const rounder: Record<string, number> = {}
  const run = (name: string, acceleration: Acceleration | null) => async (): Promise<void> => {
    const round = (rounder[name] = (rounder[name] ?? -1) + 1)
    const own = { ...header(round), ...(acceleration ? { acceleration } : {}) }
    let forwards = 0
    const steps = denoise({ header: own, steps: [], events: [] }, { predictor, unconditional: guidesOf(config, own) })
    for await (const step of steps) forwards += step.forwards
    ;(counts[name] ??= []).push(forwards)
  }
  const full = async (): Promise<void> => {
    const own = header(0)
    const tokens = { tokens: { data: BigInt64Array.from(own.tokens, BigInt), dims: [1, own.length] } }
    for (let forward = 0; forward < wanted; forward++) await reference.run(tokens)
  }
  const contenders = Object.entries(ways).map(([name, way]) => [name, run(name, way)] as const)
  const times = await interleave({ reference: full, ...Object.fromEntries(contenders) }, rounds, 1)
  const each = (pick: (all: readonly number[]) => number): Record<string, number> =>
    Object.fromEntries(Object.entries(times).map(([name, all]) => [name, Math.round(pick(all))]))
  const middle = each(median)
  // The least disturbed round of each: on a machine with other work the median is the work's.
  const fastest = each((all) => Math.min(...all))
  const ratios = (ms: Record<string, number>): Record<string, number> =>
    Object.fromEntries(Object.keys(ways).map((name) => [name, Number((ms['reference']! / ms[name]!).toFixed(2))]))
  return {
    steps: schedule.steps,
    imageSteps: schedule.imageSteps,
    rounds,
    forwards: {
      reference: wanted,
      ...Object.fromEntries(Object.entries(counts).map(([name, all]) => [name, Number(median(all).toFixed(1))])),
    },
    medianMs: middle,
    fastestMs: fastest,
    timesFaster: { median: ratios(middle), fastest: ratios(fastest) },
  }
}

const ways = {
  exact: null,
  'input kept 8': { ...presets.fast.acceleration, refresh: 8, keep: 'input', sure: { text: null, image: null } },
  ...Object.fromEntries(presetNames.map((name) => [name, presets[name].acceleration])),
} as const satisfies Record<string, Acceleration | null>

const storedSchema = z.object({ results: z.array(z.looseObject({ sequence: z.number() })) })
const LONG_SEQUENCE = 2432

/** Rows of an earlier run, of the long sequence or of the others. */
async function storedRows(long: boolean): Promise<object[]> {
  const file = new URL(`results/${table}.json`, import.meta.url)
  // A provider's first table has none.
  if (!existsSync(file)) return []
  const { results } = storedSchema.parse(JSON.parse(await readFile(file, 'utf8')))
  return results.filter(({ sequence }) => (sequence === LONG_SEQUENCE) === long)
}

const results: object[] = shippedRounds === 0 ? await storedRows(false) : []
const last: object[] = longRounds === 0 ? await storedRows(true) : []
async function add(what: Record<string, unknown>, contest: Contest): Promise<void> {
  results.push({ ...what, ...(await compare(contest)) })
  console.error(JSON.stringify(results.at(-1), null, 1))
  await saveResult(table, {
    ...(provider === 'cpu' ? {} : { provider }),
    what: 'exact path and presets against the reference schedule (full-logit forwards, zero-weight passes run), interleaved',
    results: [...results, ...last],
  })
}

/** The runs of a model folder that knows the storybook world; one whose input does not attend to its output keeps it, exactly. */
async function addModel(folder: string): Promise<void> {
  const shipped = await openModelFolder(folder)
  const engine = createEngine(shipped, provider)
  const prompts = limitPrompts(await readSuite('storybook', await loadWorld()), 48).filter(
    ({ task }) => task === 'edit',
  )
  const { size } = shipped.config.image
  const inputs = await Promise.all(prompts.map((prompt) => prompt.input(size)))
  const reference = await openReference(shipped.config, shipped.weights)
  for (const [name, schedule] of Object.entries(schedules)) {
    const headers = await Promise.all(
      prompts.map((prompt, i) =>
        prepareRun(engine, {
          instruction: prompt.instruction,
          input: inputs[i]!,
          mode: 'parallel',
          steps: schedule.steps,
          imageSteps: schedule.imageSteps,
          seed: i,
          guidance: { text: 0, image: schedule.guidance },
          temperatures: { text: 0, image: 0 },
        }),
      ),
    )
    await add(
      { model: shipped.config.name, sequence: headers[0]!.length, schedule: name },
      {
        config: shipped.config,
        predictor: engine.predictor('edit'),
        reference,
        header: (round) => headers[round % headers.length]!,
        schedule,
        rounds: shippedRounds,
        ways,
      },
    )
  }
  // On the processor after all: the numbers would be those of something else.
  for (const { reason } of engine.falls()) throw new Error(`${provider} failed: ${reason}`)
  await reference.dispose()
  await engine.dispose()
}

const models = fileURLToPath(new URL('../resources/models/', import.meta.url))
for (const name of ['storybook', 'storybook-cached-input'])
  // The variant is there once it has been made: npm run remake:cached-input.
  if (shippedRounds > 0 && existsSync(join(models, name, modelFiles.weights))) await addModel(join(models, name))

/** Runs at 2,432 positions, of random weights: what a kernel takes does not depend on them. */
async function addLong(config: ModelConfig, model: string): Promise<void> {
  const weight = randomWeights(config)
  const reference = await openReference(config, weight)
  const predictor = createPredictor({ config, weights: weight }, 'edit', { provider })
  for (const [name, full] of Object.entries(published)) {
    const schedule = {
      ...full,
      steps: full.steps / LONG_SHARE,
      imageSteps: Math.round(full.imageSteps / LONG_SHARE),
    }
    const header = longHeader(config, schedule)
    await add(
      { model, sequence: LONG_SEQUENCE, schedule: `${name}, a quarter of its steps` },
      { config, predictor, reference, header: () => header, schedule, rounds: longRounds, ways },
    )
  }
  await reference.dispose()
  await predictor.dispose()
}

if (longRounds > 0) {
  const long = longConfig()
  await addLong(long, 'random weights, width 256, 6 layers')
  const apart: ModelConfig = { ...long, options: { ...long.options, inputAttends: 'input' } }
  await addLong(apart, 'random weights, width 256, 6 layers, its input does not attend to its output')
}
