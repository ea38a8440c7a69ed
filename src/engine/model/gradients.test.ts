/**
 * Gradients of the whole training graph at the size that ships, on two threads, where a race would show: directional
 * central differences of the loss, in random directions, one kind of parameter at a time. The loss is summed in doubles.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelConfig, ModelOptions } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import type { Tensor } from '../runtime/session.ts'
import { createProgram, type Program } from '../train/step.ts'
import { modelParameters, names } from './forward.ts'
import { layOutParameters, type ParameterSpan, type ParameterTable } from './parameters.ts'
import { shippedConfig } from './shipped.ts'
import { allOptions, flatWeights, randomSequence, randomWeights, tokenFeed } from './testing.ts'
import { buildTrainGraph, vocabularyOf } from './train-graph.ts'

const BATCH = 4
/** Of the weights' own length: smaller drowns in single precision, larger bends. Measured worst error 7e-4. */
const STEP = 2e-3
const TOLERANCE = 2e-3

function shippedSize(options: Partial<ModelOptions>): ModelConfig {
  const sizes = {
    name: 'full',
    dModel: 192,
    layers: 6,
    heads: 6,
    mlpHidden: 512,
    ropeTheta: 10000,
    instructionLength: 32,
    reasoningLength: 36,
  }
  const image = {
    format: 'tandem-image-tokenizer',
    version: 1,
    factor: 16,
    window: 2,
    bits: 10,
    features: 4,
    hidden: 4,
  } as const
  return shippedConfig({ ...sizes, options: { ...allOptions, ...options } }, 525, image, 128)
}

interface Setup {
  readonly config: ModelConfig
  readonly table: ParameterTable
  readonly weights: Float32Array
  readonly gradient: Float32Array
  readonly loss: (weights: Float32Array) => Promise<number>
  readonly dispose: () => Promise<void>
}

async function setUp(options: Partial<ModelOptions>): Promise<Setup> {
  const config = shippedSize(options)
  const table = layOutParameters(modelParameters(config))
  const weights = flatWeights(config, randomWeights(config))
  // Every sequence uses few ids, some of them very often: rows of the embedding meet in one gradient many times over.
  const sequences = [1, 2, 3, 4].map((seed) =>
    randomSequence(config, 'edit', seed).map(
      (token) => (token % 30) + (token < config.image.offset ? 0 : config.image.offset),
    ),
  )
  const random = seededRandom('targets')
  const feeds: Record<string, Tensor> = { tokens: tokenFeed(sequences) }
  const seeds: Record<string, Float32Array> = {}
  const { model, fields, layout } = buildTrainGraph(config, 'edit', BATCH)
  expect(layout.length).toBeGreaterThanOrEqual(200)
  for (const { name, length, modality } of fields) {
    const count = BATCH * length
    const { size } = vocabularyOf(config, modality)
    seeds[name] = Float32Array.from({ length: count }, () => (-random.next() * 2) / count)
    feeds[`target:${name}`] = {
      data: BigInt64Array.from({ length: count }, () => BigInt(random.int(size))),
      dims: [count, 1],
    }
    feeds[`seed:${name}`] = { data: seeds[name], dims: [count] }
  }
  const program: Program = await createProgram(model, table, 2)
  const gradient = new Float32Array(table.size)
  await program.step(feeds, weights, gradient)
  const forward = await createProgram(buildTrainGraph(config, 'edit', BATCH, { forwardOnly: true }).model, table, 2)
  const forwardFeeds = Object.fromEntries(Object.entries(feeds).filter(([name]) => !name.startsWith('seed:')))
  const loss = async (at: Float32Array): Promise<number> => {
    const results = await forward.forward(forwardFeeds, at)
    let sum = 0
    for (const { name } of fields)
      seeds[name]!.forEach((seed, i) => (sum += seed * Number(results[`logp:${name}`]!.data[i])))
    return sum
  }
  const dispose = async (): Promise<void> => {
    await program.dispose()
    await forward.dispose()
  }
  return { config, table, weights, gradient, loss, dispose }
}

/**
 * |difference quotient - g . v| for v a random direction of unit length in the given spans of the flat weights, relative
 * to what |g . v| is on average, |g| / sqrt(n): a single g . v may happen to be near zero.
 */
async function directionalError(
  { weights, gradient, loss }: Setup,
  spans: readonly { offset: number; size: number }[],
  seed: number,
  step = STEP,
): Promise<number> {
  const random = seededRandom('direction', seed)
  const indices = spans.flatMap(({ offset, size }) => Array.from({ length: size }, (_, i) => offset + i))
  const direction = Float64Array.from(indices, () => random.normal())
  const length = Math.sqrt(direction.reduce((sum, v) => sum + v * v, 0))
  const epsilon = step * Math.sqrt(indices.reduce((sum, i) => sum + weights[i]! ** 2, 0))
  let product = 0
  let norm = 0
  const [up, down] = [weights.slice(), weights.slice()]
  indices.forEach((i, n) => {
    const v = direction[n]! / length
    up[i] = weights[i]! + epsilon * v
    down[i] = weights[i]! - epsilon * v
    // What single precision made of the step, not what was asked.
    product += (gradient[i]! * (up[i] - down[i])) / (2 * epsilon)
    norm += gradient[i]! ** 2
  })
  const difference = ((await loss(up)) - (await loss(down))) / (2 * epsilon)
  return Math.abs(difference - product) / Math.sqrt(norm / indices.length)
}

/** q_proj, attn_norm, wte, row ...: what stands before ".weight", all layers together. */
const kindOf = (span: ParameterSpan): string =>
  (span.name.includes('blocks') ? 'block ' : '') + span.name.split('.').at(-2)!

/** Of all but the first: the kinds of parameters that the option is about. */
const models: [what: string, options: Partial<ModelOptions>, only?: readonly string[]][] = [
  ['model that ships', {}],
  ['model without a tied head', { tiedHead: false }, ['wte', 'ff_out']],
  [
    'model whose input does not attend to the output',
    { inputAttends: 'input' },
    ['block q_proj', 'block k_proj', 'block v_proj', 'block attn_norm', 'wte'],
  ],
]

describe.each(models)('the %s, at full size', (_, options, only) => {
  let setup: Setup
  beforeAll(async () => {
    setup = await setUp(options)
  })
  afterAll(() => setup.dispose())

  test('has the gradient of every kind of parameter', async () => {
    const kinds = Map.groupBy(setup.table.spans, kindOf)
    expect(kinds.size).toBe(options.tiedHead === false ? 16 : 15)
    for (const [kind, spans] of kinds) {
      if (only && !only.includes(kind)) continue
      for (const seed of [0, 1]) expect(await directionalError(setup, spans, seed), kind).toBeLessThan(TOLERANCE)
    }
  })

  test('scatters with ScatterElements, never with ScatterND, whose additions race', () => {
    const model = Buffer.from(buildTrainGraph(setup.config, 'edit', BATCH).model)
    expect(model.includes('ScatterElements')).toBe(true)
    expect(model.includes('ScatterND')).toBe(false)
  })

  test('adds up every use of one embedding row', async () => {
    const { config, table } = setup
    const { offset, shape } = table.spans.find((span) => span.name === names.embedding)!
    const width = shape[1]!
    for (const row of [config.special.mask, 7, config.image.offset + 3]) {
      const span = { offset: offset + row * width, size: width }
      // One row moves the loss less than a whole matrix: a longer step.
      expect(await directionalError(setup, [span], 2, 10 * STEP), `row ${row}`).toBeLessThan(TOLERANCE)
    }
  })
})
