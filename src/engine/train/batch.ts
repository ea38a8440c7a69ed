/**
 * From quadruplets as tokens to the feeds of one training step: lays samples out, corrupts the output part, and weighs
 * each masked row. Pure given its random stream.
 */
import type { ModelConfig } from '../../shared/model-config.ts'
import type { Random } from '../data/random.ts'
import type { Field, Layout } from '../model/layout.ts'
import { findField, fitOf, padText } from '../model/layout.ts'
import type { Tensor } from '../runtime/session.ts'
import {
  drawRatios,
  lossWeight,
  maskBernoulli,
  maskExactly,
  type CorruptionConfig,
  type MaskRatios,
} from './corruption.ts'

/** A quadruplet as tokens. Image entries are codes in [0, codebookSize); text entries are token ids without padding. */
export interface TokenSample {
  readonly inputImage: Int32Array | null
  readonly instruction: Int32Array
  readonly outputImage: Int32Array
  readonly outputText: Int32Array
}

export interface Batch {
  readonly feeds: Record<string, Tensor>
  /** Weight of each output row by field, 0 where not masked: what turns log p into the loss. */
  readonly weights: Readonly<Record<string, Float32Array>>
  /** 1 where masked and to be learned, by field. */
  readonly masked: Readonly<Record<string, Uint8Array>>
  /** The noise each sample was given. */
  readonly ratios: readonly MaskRatios[]
}

/** Token ids of one field of a sample, padded to the field's length; `bare`: the instruction fills it without an end. */
function fieldTokens(config: ModelConfig, field: Field, sample: TokenSample, bare: boolean): Int32Array {
  if (field.modality === 'text') {
    if (bare && field.name === 'instruction') return sample.instruction
    return padText(config, field.name === 'instruction' ? sample.instruction : sample.outputText, field.length)
  }
  const codes = field.name === 'inputImage' ? sample.inputImage : sample.outputImage
  if (codes?.length !== field.length) throw new Error(`${field.name} needs ${field.length} codes`)
  return codes.map((code) => code + config.image.offset)
}

/** The whole clean sequence of a sample. [L] */
export function layOutSample(config: ModelConfig, layout: Layout, sample: TokenSample): Int32Array {
  const tokens = layout.template.slice()
  const bare = fitOf(config, layout.task) === 'bare'
  for (const field of layout.fields) tokens.set(fieldTokens(config, field, sample, bare), field.start)
  return tokens
}

/**
 * Feeds of a training graph built for `samples.length` sequences. Rows are weighed by w / (B x output positions), where B
 * is `total`: of a batch computed in several passes, each is fed its share, and their gradients add up to the batch's.
 */
export function buildBatch(
  config: ModelConfig,
  layout: Layout,
  samples: readonly TokenSample[],
  corruption: CorruptionConfig,
  random: Random,
  total = samples.length,
): Batch {
  const size = samples.length
  const outputs = layout.fields.filter((field) => field.name === 'outputImage' || field.name === 'outputText')
  const positions = outputs.reduce((n, field) => n + field.length, 0)
  const tokens = new BigInt64Array(size * layout.length)
  const targets = new Map(outputs.map((field) => [field.name, new BigInt64Array(size * field.length)]))
  const weights: Record<string, Float32Array> = {}
  const masked: Record<string, Uint8Array> = {}
  const drawn: MaskRatios[] = []
  for (const field of outputs) {
    weights[field.name] = new Float32Array(size * field.length)
    masked[field.name] = new Uint8Array(size * field.length)
  }
  samples.forEach((sample, b) => {
    const sequence = layOutSample(config, layout, sample)
    const ratio = drawRatios(corruption, random)
    drawn.push(ratio)
    for (const field of outputs) {
      const isText = field.modality === 'text'
      const t = ratio[field.modality]
      if (t === 0) continue
      const learned = ratio.only === undefined || ratio.only === field.modality
      const mask = isText ? maskBernoulli(field.length, t, random) : maskExactly(field.length, t, random)
      const weight = lossWeight(isText ? corruption.textWeight : corruption.imageWeight, t, corruption.maxInverseT)
      const offset = isText ? 0 : config.image.offset
      const at = b * field.length
      for (let i = 0; i < field.length; i++) {
        const token = sequence[field.start + i]!
        targets.get(field.name)![at + i] = BigInt(token - offset)
        if (!mask[i]) continue
        const changed = !isText && sample.inputImage !== null && sample.inputImage[i] !== sample.outputImage[i]
        if (learned) {
          weights[field.name]![at + i] = weight * (changed ? corruption.changedCellWeight : 1)
          masked[field.name]![at + i] = 1
        }
        sequence[field.start + i] = config.special.mask
      }
    }
    dropConditions(config, layout, sequence, corruption, random)
    for (let i = 0; i < layout.length; i++) tokens[b * layout.length + i] = BigInt(sequence[i]!)
  })
  const feeds: Record<string, Tensor> = { tokens: { data: tokens, dims: [size, layout.length] } }
  for (const field of outputs) {
    const count = size * field.length
    feeds[`target:${field.name}`] = { data: targets.get(field.name)!, dims: [count, 1] }
    feeds[`seed:${field.name}`] = { data: weights[field.name]!.map((w) => -w / (total * positions)), dims: [count] }
  }
  return { feeds, weights, masked, ratios: drawn }
}

/**
 * Takes the instruction and the input image from a share of the samples: with the tokens guidance leaves them out with, or
 * masked. Both draws are always made.
 */
function dropConditions(
  config: ModelConfig,
  layout: Layout,
  sequence: Int32Array,
  corruption: CorruptionConfig,
  random: Random,
): void {
  const text = random.next() < corruption.dropText
  const image = random.next() < corruption.dropImage
  const { mask } = config.special
  for (const [drop, name, token] of [
    [text, 'instruction', config.unconditional?.instruction ?? mask],
    [image, 'inputImage', config.unconditional?.inputImage ?? mask],
  ] as const) {
    const field = drop ? findField(layout, name) : undefined
    if (field) sequence.fill(token, field.start, field.start + field.length)
  }
}
