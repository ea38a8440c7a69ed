/**
 * A model folder: config.json, tokenizer.json, model.safetensors, and the image tokenizer's image-tokenizer.json and
 * .safetensors. Opening one checks every tensor against the config: missing, extra or misshapen tensors are named.
 */
import { createHash } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { imageTokenizerConfigSchema, modelConfigSchema, type ModelConfig } from '../../shared/model-config.ts'
import type { Graph, InitializerData } from '../graph/graph.ts'
import { modelParameters, type ForwardContext } from './forward.ts'
import { createImageCodec, codecShapes, type ImageCodec } from './image-codec.ts'
import { layOutParameters, viewOf, type ParameterTable } from './parameters.ts'
import {
  floatTensor,
  openSafetensors,
  readFloats,
  writeSafetensors,
  type SafetensorsFile,
  type StoredTensor,
} from './safetensors.ts'
import type { StoredWeight } from './stored-weights.ts'
import { loadTextTokenizer, type TextTokenizer } from './text-tokenizer.ts'

export const modelFiles = {
  config: 'config.json',
  tokenizer: 'tokenizer.json',
  weights: 'model.safetensors',
  imageConfig: 'image-tokenizer.json',
  imageWeights: 'image-tokenizer.safetensors',
} as const

export type WeightSource = (name: string) => InitializerData

export interface ModelFolder {
  readonly directory: string
  readonly name: string
  /** Hash of the weights (image tokenizer included) and the config: two runs with equal hashes used the same model. */
  readonly hash: string
  readonly config: ModelConfig
  readonly text: TextTokenizer
  readonly image: ImageCodec
  readonly weights: WeightSource
  /** Weights of a published checkpoint, which stay in its files; `weights` then has none. */
  readonly stored?: StoredModel
  readonly parameters: number
  /** What was put on the weights, by hash of its tensors and scale; absent where nothing was. */
  readonly adapters?: readonly { readonly name: string; readonly hash: string; readonly weight: number }[]
}

export interface StoredModel {
  /** The folder weights' files are named from. */
  readonly root: string
  weight(this: void, name: string): StoredWeight
  /** Some of the weights are quantised: there are no gradients through them. */
  readonly quantised: boolean
  /** What adapters add to products with stored weights. */
  readonly adapt?: (graph: Graph) => NonNullable<ForwardContext['adapt']>
}

export async function readJson<T>(path: string, schema: z.ZodType<T>, what: string): Promise<T> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new TandemError(
      `There is no readable ${basename(path)} (${what}).`,
      'Check the path, or restore the folder it belongs to.',
    )
  })
  let raw: unknown
  try {
    raw = JSON.parse(text)
  } catch {
    throw new TandemError(`${basename(path)} (${what}) is not JSON.`, 'Restore it from where it came.')
  }
  const parsed = schema.safeParse(raw)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new TandemError(
    `${basename(path)} (${what}) is wrong at ${issue?.path.join('.') ?? '?'}: ${issue?.message ?? ''}.`,
    'Correct it, or restore it from where it came.',
  )
}

export async function openModelFolder(directory: string): Promise<ModelFolder> {
  const folder = await stat(directory).catch(() => null)
  if (!folder?.isDirectory()) {
    throw new TandemError(
      `There is no model folder ${basename(directory)}.`,
      `Give a folder with ${modelFiles.config} and ${modelFiles.weights}.`,
    )
  }
  const config = await readJson(join(directory, modelFiles.config), modelConfigSchema, 'the model config')
  const imageConfig = await readJson(
    join(directory, modelFiles.imageConfig),
    imageTokenizerConfigSchema,
    'the image tokenizer config',
  )
  if (imageConfig.factor !== config.image.factor || 2 ** imageConfig.bits !== config.image.codebookSize) {
    throw new TandemError(
      'The image tokenizer and the model disagree on the codes.',
      'Use the two files that were exported together.',
    )
  }
  const text = await loadTextTokenizer(join(directory, modelFiles.tokenizer))
  if (text.size > config.textVocabSize) {
    throw new TandemError(
      'The text tokenizer has more tokens than the model.',
      'Use the two files that were exported together.',
    )
  }
  const shapes = new Map(modelParameters(config).map((spec) => [spec.name, spec.shape]))
  const weights = await readWeights(join(directory, modelFiles.weights), shapes)
  const imageWeights = await readWeights(join(directory, modelFiles.imageWeights), codecShapes(imageConfig))
  return {
    directory,
    name: config.name,
    hash: hashOf(config, weights.digest, imageWeights.digest),
    config,
    text,
    image: createImageCodec(imageConfig, config.image.size, imageWeights.source),
    weights: weights.source,
    parameters: [...shapes.values()].reduce((n, shape) => n + shape.reduce((a, b) => a * b, 1), 0),
  }
}

function hashOf(config: ModelConfig, ...digests: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([config, ...digests]))
    .digest('hex')
    .slice(0, 32)
}

/** The tensors of a file must be exactly those of the model: a checkpoint of something else is refused by name. */
export function checkTensors(file: SafetensorsFile, shapes: ReadonlyMap<string, readonly number[]>): void {
  const what = basename(file.path)
  const remedy = 'Use weights that were saved with this config.'
  const missing = [...shapes.keys()].filter((name) => !file.tensors.has(name))
  if (missing.length > 0) throw new TandemError(`${what} lacks ${listed(missing)}.`, remedy)
  const extra = [...file.tensors.keys()].filter((name) => !shapes.has(name))
  if (extra.length > 0) throw new TandemError(`${what} holds ${listed(extra)}, which this model does not have.`, remedy)
  for (const [name, shape] of shapes) {
    const found = file.tensors.get(name)!.shape
    if (found.join() !== shape.join()) {
      throw new TandemError(
        `${name} in ${what} is [${found.join(', ')}], the config asks for [${shape.join(', ')}].`,
        remedy,
      )
    }
  }
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ')
  return names.length > 3 ? `${shown} and ${names.length - 3} more tensors` : shown
}

async function readWeights(
  path: string,
  shapes: ReadonlyMap<string, readonly number[]>,
): Promise<{ source: WeightSource; digest: string }> {
  const file = await openSafetensors(path)
  checkTensors(file, shapes)
  const digest = createHash('sha256')
  const tensors = new Map<string, Uint8Array>()
  for (const name of shapes.keys()) {
    const floats = await readFloats(file, name)
    const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
    digest.update(bytes)
    tensors.set(name, bytes)
  }
  return {
    digest: digest.digest('hex'),
    source(name) {
      const bytes = tensors.get(name)
      if (!bytes) throw new Error(`no weight ${name}`)
      return { kind: 'inline', bytes }
    },
  }
}

/** A weight of an open model as floats. */
export function floatsOf(data: InitializerData): Float32Array {
  if (data.kind !== 'inline') throw new Error('the weight is not in memory')
  return new Float32Array(data.bytes.buffer, data.bytes.byteOffset, data.bytes.byteLength / 4)
}

/** Reads the weights of a model as one flat array, for training on. */
export async function readFlatWeights(directory: string, config: ModelConfig): Promise<Float32Array> {
  const table = layOutParameters(modelParameters(config))
  const file = await openSafetensors(join(directory, modelFiles.weights))
  checkTensors(file, new Map(table.spans.map((span) => [span.name, span.shape])))
  const flat = new Float32Array(table.size)
  for (const span of table.spans) flat.set(await readFloats(file, span.name), span.offset)
  return flat
}

/** Writes flat weights as half precision, as models ship. */
export async function writeHalfWeights(
  path: string,
  table: ParameterTable,
  flat: Float32Array,
  metadata: Readonly<Record<string, string>>,
): Promise<void> {
  const tensors = new Map<string, StoredTensor>()
  for (const span of table.spans) tensors.set(span.name, floatTensor(viewOf(flat, span), span.shape, 'F16'))
  await writeSafetensors(path, tensors, metadata)
}
