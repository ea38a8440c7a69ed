/** For tests: small models with random weights, and the two graphs of a model run to logits. */
import type { ModelConfig, ModelOptions, Task } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import type { InitializerData } from '../graph/graph.ts'
import { plainOf, type Plain } from '../graph/testing.ts'
import { createSession, type Tensor } from '../runtime/session.ts'
import { modelParameters } from './forward.ts'
import { buildInferGraph } from './infer-graph.ts'
import { isOutputField, resolveLayout, type Layout } from './layout.ts'
import { layOutParameters, sizeOf, viewOf } from './parameters.ts'
import { shippedConfig } from './shipped.ts'
import { buildTrainGraph } from './train-graph.ts'

export const noOptions: ModelOptions = { gridEmbeddings: false, segmentEmbeddings: false, fuse: false, tiedHead: false }
export const allOptions: ModelOptions = { gridEmbeddings: true, segmentEmbeddings: true, fuse: true, tiedHead: true }
export const tinyImage = {
  format: 'tandem-image-tokenizer',
  version: 1,
  factor: 4,
  window: 2,
  bits: 3,
  features: 5,
  hidden: 7,
} as const
/** Text ids 0..19 (10 special), image codes 20..27. */
export const tinyTextSize = 20

/** 8 x 8 pixels as 2 x 2 codes, texts of 5 and 6 tokens. */
export function tinyConfig(
  options: Partial<ModelOptions> = {},
  sizes: Partial<Pick<ModelConfig, 'dModel' | 'layers' | 'heads' | 'mlpHidden'>> = {},
): ModelConfig {
  return shippedConfig(
    {
      name: 'tiny',
      dModel: 16,
      layers: 2,
      heads: 2,
      mlpHidden: 24,
      ropeTheta: 100,
      instructionLength: 5,
      reasoningLength: 6,
      ...sizes,
      options: { ...noOptions, ...options },
    },
    tinyTextSize,
    tinyImage,
    8,
  )
}

export type Weights = ReadonlyMap<string, Float32Array>

/** Weights far larger than a fresh model's, so that attention, gates and norms all matter. */
export function randomWeights(config: ModelConfig, seed = 1): Weights {
  const random = seededRandom('weights', seed)
  return new Map(
    modelParameters(config).map(({ name, shape }) => {
      const spread = shape.length === 1 ? 0.3 : 1.2 / Math.sqrt(shape[1]!)
      return [
        name,
        Float32Array.from({ length: sizeOf(shape) }, () => (shape.length === 1 ? 1 : 0) + spread * random.normal()),
      ]
    }),
  )
}

export function inlineWeights(weights: Weights): (name: string) => InitializerData {
  return (name) => {
    const data = weights.get(name)!
    return { kind: 'inline', bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
  }
}

/** The weights as a training graph takes them. */
export function flatWeights(config: ModelConfig, weights: Weights): Float32Array {
  const table = layOutParameters(modelParameters(config))
  const flat = new Float32Array(table.size)
  for (const span of table.spans) viewOf(flat, span).set(weights.get(span.name)!)
  return flat
}

/** Any ids that fit: text in text fields, codes in image fields, a share of both masked. */
export function randomSequence(config: ModelConfig, task: Task, seed: number): Int32Array {
  const random = seededRandom('sequence', task, seed)
  const layout = resolveLayout(config, task)
  const tokens = layout.template.slice()
  for (const { start, length, modality } of layout.fields) {
    for (let p = start; p < start + length; p++) {
      const token =
        modality === 'text'
          ? random.int(config.textVocabSize)
          : config.image.offset + random.int(config.image.codebookSize)
      tokens[p] = random.next() < 0.3 ? config.special.mask : token
    }
  }
  return tokens
}

export const tokenFeed = (sequences: readonly Int32Array[]): Tensor => ({
  data: BigInt64Array.from(
    sequences.flatMap((s) => [...s]),
    BigInt,
  ),
  dims: [sequences.length, sequences[0]!.length],
})

const outputsOf = (layout: Layout): Layout['fields'] => layout.fields.filter((field) => isOutputField(field.name))

/** Logits of every output row by field, from the training graph: [B * n, vocabulary]. */
export async function trainLogits(
  config: ModelConfig,
  task: Task,
  weights: Weights,
  sequences: readonly Int32Array[],
  threads = 1,
): Promise<Record<string, Plain>> {
  const batch = sequences.length
  const { model, layout } = buildTrainGraph(config, task, batch, { logits: true, forwardOnly: true })
  const session = await createSession(model, { threads })
  const feeds: Record<string, Tensor> = { tokens: tokenFeed(sequences) }
  for (const { name, shape } of modelParameters(config)) feeds[name] = { data: weights.get(name)!, dims: shape }
  for (const { name, length } of outputsOf(layout))
    feeds[`target:${name}`] = { data: new BigInt64Array(batch * length), dims: [batch * length, 1] }
  const known = Object.fromEntries(Object.entries(feeds).filter(([name]) => session.inputNames.includes(name)))
  const results = await session.run(known)
  await session.dispose()
  return Object.fromEntries(outputsOf(layout).map(({ name }) => [name, plainOf(results[`logits:${name}`]!)]))
}

/** The same from the inference graph, one sequence. */
export async function inferLogits(
  config: ModelConfig,
  task: Task,
  weights: Weights,
  sequence: Int32Array,
  threads = 1,
): Promise<Record<string, Plain>> {
  const { model, layout } = buildInferGraph(config, task, 1, inlineWeights(weights), { logits: true })
  const session = await createSession(model, { threads })
  const feeds: Record<string, Tensor> = { tokens: tokenFeed([sequence]) }
  for (const { start, length, modality } of outputsOf(layout)) {
    feeds[`rows:${modality}`] = {
      data: BigInt64Array.from({ length }, (_, i) => BigInt(start + i - layout.outputStart)),
      dims: [length],
    }
    feeds[`uniform:${modality}`] = { data: new Float32Array(length).fill(0.5), dims: [length, 1] }
    feeds[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
  }
  const results = await session.run(feeds)
  await session.dispose()
  return Object.fromEntries(
    outputsOf(layout).map(({ name, modality }) => [name, plainOf(results[`logits:${modality}`]!)]),
  )
}
