/** Adapters: exact gradients, one meaning in graph, stack and merged model, and files another program reads. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelConfig, ModelOptions } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import type { Tensor } from '../runtime/session.ts'
import { createSession } from '../runtime/session.ts'
import { createProgram } from '../train/step.ts'
import { adaptedWeight, openAdapter, writeAdapter, type Adapter } from './adapter.ts'
import { adapterNames, adapterParameters, adapterSchema, targetWeights, type AdapterConfig } from './adapter-config.ts'
import { names } from './forward.ts'
import { layOutParameters, viewOf, type ParameterTable } from './parameters.ts'
import {
  allOptions,
  inferLogits,
  inlineWeights,
  randomSequence,
  randomWeights,
  tinyConfig,
  tokenFeed,
  trainLogits,
  type Weights,
} from './testing.ts'
import { buildTrainGraph, vocabularyOf } from './train-graph.ts'

const STEP = 1e-3
/** Of the gradient's length. Measured worst error 7e-4. */
const TOLERANCE = 2e-3

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adapter-test-'))
})
afterAll(() => rm(folder, { recursive: true }))

const everything = (rank: number, more: Partial<AdapterConfig> = {}): AdapterConfig => ({
  ...adapterSchema.parse({
    rank,
    targets: ['q_proj', 'k_proj', 'v_proj', 'attn_out', 'ff_proj', 'up_proj', 'ff_out', 'fuse'],
  }),
  ...more,
})

/** Parameters away from their start, where half of the gradients would be zero. */
function randomFlat(table: ParameterTable, seed: number): Float32Array {
  const random = seededRandom('adapter', seed)
  return Float32Array.from({ length: table.size }, () => 0.3 * random.normal())
}

/** Loss sum(seed x log p) of a random batch, from the adapter's training graph. */
async function objective(
  config: ModelConfig,
  weights: Weights,
  adapter: AdapterConfig,
): Promise<{
  table: ParameterTable
  gradient(this: void, at: Float32Array): Promise<Float32Array>
  loss(this: void, at: Float32Array): Promise<number>
  dispose(this: void): Promise<void>
}> {
  const batch = 2
  const table = layOutParameters(adapterParameters(config, adapter))
  const graph = buildTrainGraph(config, 'edit', batch, {
    adapter: { config: adapter, weights: inlineWeights(weights) },
  })
  const random = seededRandom('objective')
  const feeds: Record<string, Tensor> = {
    tokens: tokenFeed([randomSequence(config, 'edit', 1), randomSequence(config, 'edit', 2)]),
  }
  const seeds: Record<string, Float32Array> = {}
  for (const { name, length, modality } of graph.fields) {
    const count = batch * length
    const { size } = vocabularyOf(config, modality)
    seeds[name] = Float32Array.from({ length: count }, () => random.next())
    feeds[`target:${name}`] = {
      data: BigInt64Array.from({ length: count }, () => BigInt(random.int(size))),
      dims: [count, 1],
    }
    feeds[`seed:${name}`] = { data: seeds[name], dims: [count] }
  }
  for (const { name, shape } of graph.dropouts)
    feeds[name] = {
      data: Float32Array.from({ length: shape[0] * shape[1] }, () => (random.next() < 0.3 ? 0 : 1 / 0.7)),
      dims: shape,
    }
  const program = await createProgram(graph.model, table, 1)
  return {
    table,
    async gradient(at) {
      const gradient = new Float32Array(table.size)
      await program.step(feeds, at, gradient)
      return gradient
    },
    async loss(at) {
      const results = await program.step(feeds, at, new Float32Array(table.size))
      let sum = 0
      for (const { name } of graph.fields)
        seeds[name]!.forEach((seed, i) => (sum += seed * Number(results[`logp:${name}`]!.data[i])))
      return sum
    },
    dispose: () => program.dispose(),
  }
}

describe.each<[string, Partial<ModelOptions>, Partial<AdapterConfig>]>([
  ['tied head, rows, fuse', allOptions, { rows: [3, 11, 24] }],
  ['untied head, rows', { gridEmbeddings: true }, { rows: [0, 5] }],
  ['dropout', allOptions, { dropout: 0.3, rows: [7] }],
  ['attention alone', {}, { targets: ['q_proj', 'v_proj'] }],
])('gradients with %s', (_name, options, more) => {
  test('agree with central differences for every kind of parameter', async () => {
    const config = tinyConfig(options)
    const { table, gradient, loss, dispose } = await objective(config, randomWeights(config), everything(3, more))
    const at = randomFlat(table, 1)
    const exact = await gradient(at)
    const random = seededRandom('pick')
    for (const span of table.spans) {
      const direction = Float64Array.from({ length: span.size }, () => random.normal())
      // (loss(at + h v) - loss(at - h v) - g . the step that single precision made of it) / 2h
      const error = async (h: number): Promise<number> => {
        const moved = (sign: number): Float32Array => {
          const copy = at.slice()
          direction.forEach((v, i) => (copy[span.offset + i] = copy[span.offset + i]! + sign * h * v))
          return copy
        }
        const [up, down] = [moved(1), moved(-1)]
        let expected = 0
        for (let p = span.offset; p < span.offset + span.size; p++) expected += exact[p]! * (up[p]! - down[p]!)
        return ((await loss(up)) - (await loss(down)) - expected) / (2 * h)
      }
      // The bend of the loss is large here and falls with the square of the step (measured: 4 times with each half):
      // extrapolation (Richardson) takes it out.
      const left = (4 * (await error(STEP / 2)) - (await error(STEP))) / 3
      expect(Math.abs(left) / Math.hypot(...viewOf(exact, span)), span.name).toBeLessThan(TOLERANCE)
    }
    await dispose()
  })
})

/** An adapter's files, from random parameters on random weights. */
async function saved(
  config: ModelConfig,
  weights: Weights,
  adapter: AdapterConfig,
  seed: number,
): Promise<{ adapter: Adapter; table: ParameterTable; flat: Float32Array; directory: string }> {
  const table = layOutParameters(adapterParameters(config, adapter))
  const flat = randomFlat(table, seed)
  const directory = await mkdtemp(join(folder, 'saved-'))
  const base = { name: 'tiny', hash: 'abc', path: '../base', config }
  await writeAdapter(directory, { name: 'mine', base, config: adapter, metadata: {} }, table, flat, (name) =>
    weights.get(name)!,
  )
  return { adapter: await openAdapter(directory, { config, hash: 'abc' }), table, flat, directory }
}

const merged = (config: ModelConfig, weights: Weights, stack: Parameters<typeof adaptedWeight>[3]): Weights =>
  new Map([...weights].map(([name, data]) => [name, adaptedWeight(config, name, data, stack)]))

describe('one adapter', () => {
  const config = tinyConfig(allOptions)
  const weights = randomWeights(config)
  const settings = everything(3, { alpha: 4.5, rows: [3, 11, 24] })

  test('gives the same logits beside the base, merged, and in the inference graph', async () => {
    const { adapter, table, flat } = await saved(config, weights, settings, 2)
    const sequence = randomSequence(config, 'edit', 5)
    const graph = buildTrainGraph(config, 'edit', 1, {
      logits: true,
      forwardOnly: true,
      adapter: { config: settings, weights: inlineWeights(weights) },
    })
    const session = await createSession(graph.model, { threads: 1 })
    const feeds: Record<string, Tensor> = { tokens: tokenFeed([sequence]) }
    for (const { name, length } of graph.fields)
      feeds[`target:${name}`] = { data: new BigInt64Array(length), dims: [length, 1] }
    for (const span of table.spans) feeds[span.name] = { data: viewOf(flat, span), dims: span.shape }
    const beside = await session.run(feeds)
    await session.dispose()
    const whole = merged(config, weights, [{ adapter, weight: 1 }])
    const inferred = await inferLogits(config, 'edit', whole, sequence)
    const trained = await trainLogits(config, 'edit', whole, [sequence])
    const plain = await trainLogits(config, 'edit', weights, [sequence])
    for (const { name } of graph.fields) {
      const wanted = [...(beside[`logits:${name}`]!.data as Float32Array)]
      const scale = Math.max(...wanted.map(Math.abs))
      const worst = (other: ArrayLike<number>): number => Math.max(...wanted.map((v, i) => Math.abs(v - other[i]!)))
      expect(worst(inferred[name]!.data) / scale).toBeLessThan(1e-5)
      expect(worst(trained[name]!.data) / scale).toBeLessThan(1e-5)
      // And it does something.
      expect(worst(plain[name]!.data) / scale).toBeGreaterThan(0.05)
    }
  })

  test('at its start is the base model', () => {
    const table = layOutParameters(adapterParameters(config, settings))
    const trained = table.spans.filter((span) => 'constant' in (span.init as object)).map((span) => span.name)
    expect(trained).toHaveLength(targetWeights(config, settings.targets).length + 1)
  })

  test('is stored under the names PEFT gives, rows as they are and not as changes', async () => {
    const { adapter, directory, flat, table } = await saved(config, weights, settings, 3)
    const peft = JSON.parse(await readFile(join(directory, 'adapter_config.json'), 'utf8')) as Record<string, unknown>
    expect(peft).toMatchObject({
      peft_type: 'LORA',
      r: 3,
      lora_alpha: 4.5,
      trainable_token_indices: { wte: [3, 11, 24] },
    })
    expect(peft['target_modules']).toContain('model.transformer.blocks.0.q_proj')
    expect(adapter.config).toMatchObject({ rank: 3, alpha: 4.5, rows: [3, 11, 24], targets: settings.targets })
    const name = 'base_model.model.model.transformer.blocks.1.ff_out.lora_B.weight'
    expect(adapterNames.b(names.block(1, 'ff_out'))).toBe(name)
    expect([...adapter.tensor(name)]).toEqual([
      ...viewOf(
        flat,
        table.spans.find((span) => span.name === name)!,
      ),
    ])
    const rows = adapter.tensor('base_model.model.model.transformer.wte.token_adapter.trainable_tokens_delta')
    const change = viewOf(
      flat,
      table.spans.find((span) => span.name.endsWith('tokens_delta'))!,
    )
    const base = weights.get(names.embedding)!
    expect(rows[0]).toBe(Math.fround(change[0]! + base[3 * config.dModel]!))
  })

  test('times 0 is the base, and two halves of it are the whole', async () => {
    const { adapter } = await saved(config, weights, settings, 4)
    const off = merged(config, weights, [{ adapter, weight: 0 }])
    const half = { adapter, weight: 0.5 }
    const [twice, once] = [merged(config, weights, [half, half]), merged(config, weights, [{ adapter, weight: 1 }])]
    for (const [name, data] of weights) {
      expect(off.get(name)).toEqual(data)
      twice.get(name)!.forEach((v, i) => expect(v).toBeCloseTo(once.get(name)![i]!, 5))
    }
  })

  test('is refused by another base, a damaged file and a kind it is not', async () => {
    const { directory } = await saved(config, weights, settings, 5)
    await expect(openAdapter(directory, { config, hash: 'other' })).rejects.toThrow(
      /trained on another model \(tiny abc\)/,
    )
    const larger = tinyConfig(allOptions, { dModel: 32 })
    await expect(openAdapter(directory, { config: larger, hash: 'abc' })).rejects.toThrow(/lora_A.* is \[3, 16\]/)
    const path = join(directory, 'adapter_config.json')
    const peft = await readFile(path, 'utf8')
    await writeFile(path, peft.replace('LORA', 'IA3'))
    await expect(openAdapter(directory, { config, hash: 'abc' })).rejects.toThrow(/only LoRA/)
    await writeFile(path, JSON.stringify({ ...(JSON.parse(peft) as object), alpha_pattern: { q_proj: 3 } }))
    await expect(openAdapter(directory, { config, hash: 'abc' })).rejects.toThrow(/single matrices/)
    await writeFile(path, peft)
    const file = join(directory, 'adapter_model.safetensors')
    await writeFile(file, (await readFile(file)).subarray(0, 500))
    await expect(openAdapter(directory, { config, hash: 'abc' })).rejects.toThrow(/not a usable safetensors/)
  })
})

test.each([
  [{ rank: 17 }, /rank of 17 is more than/],
  [{ rank: 2, rows: [28] }, /not different tokens/],
  [{ rank: 2, rows: [1, 1] }, /not different tokens/],
  [{ rank: 2, targets: ['fuse'] as AdapterConfig['targets'] }, /none of the matrices/],
])('settings that cannot be are refused: %j', (settings, message) => {
  expect(() => adapterParameters(tinyConfig(), adapterSchema.parse(settings))).toThrow(message)
})
