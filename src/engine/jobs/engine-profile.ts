/**
 * The profile of a model on this machine: how long forwards take and their parts, what share of the provider's own matrix
 * product that is, what caches and presets save on a run, and the memory it all took. Random tokens stand in the
 * sequence: the arithmetic is the same for all. Light: seconds for the model that ships.
 */
import { availableParallelism } from 'node:os'
import { presetNames, presets } from '../../shared/acceleration.ts'
import type { EngineProfile } from '../../shared/engine-profile.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { providerWords, type ProviderName } from '../../shared/providers.ts'
import { limitPrompts, readSuite } from '../bench/suite.ts'
import { seededRandom } from '../data/random.ts'
import { loadWorld } from '../data/world/world.ts'
import { worldWords } from '../data/world/words.ts'
import { Graph } from '../graph/graph.ts'
import { encodeModel } from '../graph/onnx.ts'
import { matmul } from '../graph/ops/matmul.ts'
import { residentMemory, watchPeak } from '../memory.ts'
import { kernelIsSound } from '../model/attention-kernel.ts'
import { forwardCost, totalCost } from '../model/cost.ts'
import { keyWidth } from '../model/forward.ts'
import { buildInferGraph, guidanceFeed, type InferGraphOptions, type Passes } from '../model/infer-graph.ts'
import { requireField, resolveLayout, type Layout } from '../model/layout.ts'
import { createPredictor } from '../model/predictor.ts'
import { buildReferenceGraph } from '../model/reference-graph.ts'
import { guidesOf, prepareRun, type Engine } from '../run.ts'
import { profileRuns } from '../runtime/profile.ts'
import { plainly } from '../runtime/providers.ts'
import { createSession, type Tensor } from '../runtime/session.ts'
import { denoise } from '../sampler/denoise.ts'
import type { JobContext } from './context.ts'
import { hostRun } from './host.ts'

type Forward = EngineProfile['forwards'][number]
type Run = EngineProfile['runs'][number]

/** Side of the square matrices whose product is the machine's ceiling, and how often it is measured each time. */
const SIDE = 768
const PRODUCTS = 5
/** Steps of the runs. */
const STEPS = 16
const COLUMNS = ['text', 'image'] as const

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0

export async function* engineProfileJob(
  { model: directory, provider = 'cpu', rounds }: SpecOf<'engine-profile'>,
  context: JobContext,
): AsyncGenerator<JobUpdate> {
  const before = residentMemory()
  const peak = watchPeak()
  const { engine } = yield* hostRun({ model: directory, provider, guidance: { text: 1, image: 1 } }, context)
  const { model } = engine
  const layout = resolveLayout(model.config, 'edit')
  const kinds = (['reference', 'exact', 'guided', 'kept'] as const).filter(
    // All logits of a published model at once would take gigabytes.
    (name) => name !== 'reference' || !model.stored,
  )
  const total = kinds.length + 2
  yield { type: 'started', total, detail: `${model.name} on ${engine.provider}` }
  let done = 0
  const progress = (): JobUpdate => ({ type: 'progress', done: ++done, total, metrics: {} })
  const ceilings = [await productCeiling(provider)]
  yield progress()
  const forwards: Forward[] = []
  let parts: EngineProfile['parts'] = []
  for (const name of kinds) {
    if (context.signal.aborted) return
    const measured = await measureForward(engine, layout, name, rounds, context.signal)
    if (!measured) return
    forwards.push(measured.forward)
    if (name === 'exact') parts = measured.parts
    ceilings.push(await productCeiling(provider))
    yield progress()
  }
  const runs = await measureRuns(engine, context.signal)
  if (context.signal.aborted) return
  yield progress()
  const result: EngineProfile = {
    model: { name: model.name, hash: model.hash, parameters: model.parameters },
    provider: engine.provider,
    precision: precisionOf(engine),
    threads: availableParallelism(),
    sequence: layout.length,
    asked: askedRows(layout).text.length + askedRows(layout).image.length,
    rounds,
    ceiling: round(Math.max(...ceilings)),
    forwards,
    parts,
    runs,
    memory: { before, peak: peak() },
  }
  yield { type: 'result', result }
}

const round = (x: number): number => Number(x.toPrecision(4))

function precisionOf({ model: { stored, config } }: Engine): string {
  if (!stored || config.layers === 0) return 'float32'
  const weight = stored.weight('model.transformer.blocks.0.q_proj.weight')
  return weight.form === 'plain' ? weight.dtype : weight.form
}

/** The best of a few plain products on a provider, GFLOP/s. Throws a TandemError where it does not start. */
async function productCeiling(provider: ProviderName): Promise<number> {
  const graph = new Graph()
  const a = graph.input('a', 'float32', [SIDE, SIDE])
  graph.output('c', matmul(a, graph.input('b', 'float32', [SIDE, SIDE])))
  const session = await createSession(encodeModel(graph), { provider }).catch((error: unknown) => {
    throw new TandemError(
      `${providerWords[provider]} does not start here: ${plainly(error)}.`,
      'Choose another provider: "tandem provider list" and the preferences say what works.',
      'environment',
      { cause: error },
    )
  })
  const random = seededRandom('ceiling')
  const square = (): Tensor => ({
    data: Float32Array.from({ length: SIDE ** 2 }, () => random.next()),
    dims: [SIDE, SIDE],
  })
  const feeds = { a: square(), b: square() }
  let best = Infinity
  for (let i = 0; i <= PRODUCTS; i++) {
    const began = performance.now()
    await session.run(feeds)
    if (i > 0) best = Math.min(best, performance.now() - began)
  }
  await session.dispose()
  return (2 * SIDE ** 3) / best / 1e6
}

/** Every other output row: as in the middle of a run. */
function askedRows(layout: Layout): Record<'text' | 'image', number[]> {
  const half = (name: 'outputText' | 'outputImage'): number[] => {
    const { start, length } = requireField(layout, name)
    return Array.from({ length: Math.ceil(length / 2) }, (_, i) => start + 2 * i)
  }
  return { text: half('outputText'), image: half('outputImage') }
}

async function measureForward(
  { model, provider }: Engine,
  layout: Layout,
  name: Forward['name'],
  rounds: number,
  signal: AbortSignal,
): Promise<{ forward: Forward; parts: EngineProfile['parts'] } | null> {
  const { config, stored } = model
  const passes: Passes = name === 'guided' ? 2 : 1
  const rows = askedRows(layout)
  const kept = name === 'kept' ? layout.outputStart : 0
  const weight = (one: string): ReturnType<typeof model.weights> => model.weights(one)
  const graphOptions: InferGraphOptions = {
    kernel: await kernelIsSound(provider),
    ...(stored ? { stored: stored.weight } : {}),
    ...(stored?.adapt ? { adapt: stored.adapt } : {}),
    ...(kept > 0 ? { cache: 'use' } : {}),
  }
  const bytes =
    name === 'reference'
      ? buildReferenceGraph(config, 'edit', weight)
      : buildInferGraph(config, 'edit', passes, weight, graphOptions).model
  const feeds = name === 'reference' ? tokensOf(model, layout, 1) : feedsOf(model, layout, passes, rows, kept)
  const stop = new Error('stopped')
  const profile = await profileRuns(bytes, feeds, {
    runs: rounds,
    provider,
    ...(stored ? { weightsFrom: stored.root } : {}),
    onRun() {
      if (signal.aborted) throw stop
    },
  }).catch((error: unknown) => {
    if (error === stop) return null
    throw error
  })
  if (!profile) return null
  const computed = layout.length - kept
  const asked = { text: rows.text.length, image: rows.image.length }
  const cost = forwardCost(config, layout, { passes, computed, asked })
  // Every row goes through the last block once, and through the head over all of the vocabulary.
  const everything = { passes, computed, asked: { text: layout.length, image: layout.length }, last: layout.length }
  const flop = totalCost(name === 'reference' ? forwardCost(config, layout, everything) : cost)
  const kernels = Object.values(profile.parts).reduce((a, b) => a + b, 0)
  const mean = profile.runs.reduce((a, b) => a + b, 0) / profile.runs.length
  const part = (
    of: 'embed' | 'attention' | 'mlp' | 'head' | 'picks',
    work: number | null,
  ): EngineProfile['parts'][number] => ({
    part: of,
    ms: round(profile.parts[of] ?? 0),
    gflop: work === null ? null : round(work / 1e9),
  })
  return {
    forward: { name, ms: round(median(profile.runs)), rows: passes * computed, gflop: round(flop / 1e9) },
    parts: [
      part('embed', cost.embed),
      part('attention', cost.attention),
      part('mlp', cost.mlp),
      part('head', cost.head),
      part('picks', null),
      // What the caller waited beyond the parts: unnamed kernels, the runtime between them, tensors in and out.
      { part: 'host', ms: round(Math.max(0, mean - kernels + (profile.parts[''] ?? 0))), gflop: null },
    ],
  }
}

function tokensOf({ config }: Engine['model'], layout: Layout, passes: number): Record<string, Tensor> {
  const random = seededRandom('profile')
  const data = BigInt64Array.from({ length: passes * layout.length }, () => BigInt(random.int(config.vocabSize)))
  return { tokens: { data, dims: [passes, layout.length] } }
}

function feedsOf(
  model: Engine['model'],
  layout: Layout,
  passes: number,
  asked: Readonly<Record<'text' | 'image', readonly number[]>>,
  kept: number,
): Record<string, Tensor> {
  const { config } = model
  const feeds: Record<string, Tensor> = tokensOf(model, layout, passes)
  for (const m of COLUMNS) {
    const n = asked[m].length
    // Places among the computed rows, which begin with the output either way it is counted.
    feeds[`rows:${m}`] = { data: BigInt64Array.from(asked[m], (p) => BigInt(p - layout.outputStart)), dims: [n] }
    feeds[`uniform:${m}`] = { data: new Float32Array(n).fill(0.5), dims: [n, 1] }
    feeds[`temperature:${m}`] = { data: Float32Array.of(1), dims: [] }
    for (let k = 0; k < passes - 1; k++) feeds[guidanceFeed(m, k)] = { data: Float32Array.of(1), dims: [] }
  }
  if (kept === 0) return feeds
  const rest = layout.length - kept
  feeds['computed'] = { data: BigInt64Array.from({ length: rest }, (_, i) => BigInt(kept + i)), dims: [rest] }
  const width = keyWidth(config)
  const random = seededRandom('keys')
  for (let layer = 0; layer < config.layers; layer++)
    for (const what of ['keys', 'values']) {
      const data = Float32Array.from({ length: kept * width }, () => random.next() - 0.5)
      feeds[`${what}:${layer}`] = { data, dims: [1, kept, width] }
    }
  return feeds
}

/** One edit of the storybook suite, exactly and by each preset; nothing for a model that does not know its words. */
async function measureRuns(engine: Engine, signal: AbortSignal): Promise<Run[]> {
  const { model, provider } = engine
  const world = await loadWorld()
  const knows = worldWords(world).every((word) => model.text.encode(word).length === 1)
  if (model.stored || model.config.image.size !== world.size || !knows) return []
  const prompt = limitPrompts(await readSuite('storybook', world), 6).find(({ task }) => task === 'edit')
  if (!prompt) return []
  const header = await prepareRun(engine, {
    instruction: prompt.instruction,
    input: await prompt.input(world.size),
    mode: 'parallel',
    steps: STEPS,
    seed: 1,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
  })
  const out: Run[] = []
  for (const speed of ['exact', ...presetNames] as const) {
    const own = speed === 'exact' ? header : { ...header, acceleration: presets[speed].acceleration }
    const predictor = createPredictor(model, 'edit', { provider })
    let best: Run | null = null
    // The first makes the sessions; of the others the quickest counts.
    for (let i = 0; i < 4 && !signal.aborted; i++) {
      const from = { ...predictor.rows }
      const began = performance.now()
      let forwards = 0
      const steps = denoise(
        { header: own, steps: [], events: [] },
        { predictor, unconditional: guidesOf(model.config, own), signal },
      )
      for await (const step of steps) forwards += step.forwards
      const ms = round(performance.now() - began)
      const [computed, known] = [predictor.rows.computed - from.computed, predictor.rows.known - from.known]
      const share = computed + known === 0 ? 0 : known / (computed + known)
      if (i > 0 && (!best || ms < best.ms)) best = { speed, steps: STEPS, forwards, known: round(share), ms }
    }
    await predictor.dispose()
    if (best) out.push(best)
  }
  return out
}
