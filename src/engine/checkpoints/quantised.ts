/**
 * Quantised weights on disk: a folder with a safetensors file for each block of the trunk and one for the head, and a
 * manifest that appears last. A matrix W is `W#data` and `W#scales`; 8-bit matrices are cut into pieces of outputs,
 * `W#FROM#data`.
 */
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import type { ModelConfig } from '../../shared/model-config.ts'
import { readJson } from '../model/folder.ts'
import { modelParameters, names, type TrunkConfig } from '../model/forward.ts'
import type { Int8Weight, QuantisedWeight, Span } from '../model/quantised-weights.ts'
import { openSafetensors, type SafetensorsFile } from '../model/safetensors.ts'
import { belowRoot } from './trunk.ts'

export const quantisedForms = ['int8', 'int4'] as const
export type QuantisedForm = (typeof quantisedForms)[number]
export const manifestName = 'quantised.json'

export const manifestSchema = z.strictObject({
  format: z.literal('tandem-quantised'),
  version: z.literal(1),
  form: z.enum(quantisedForms),
  /** Digest of the files it was made from. */
  source: z.string(),
  files: z.array(z.strictObject({ name: z.string(), bytes: z.int() })),
})

/** Matrices of a part of the trunk that are quantised together: a block's, or the head. */
export function quantisedParts(config: TrunkConfig): { file: string; matrices: string[] }[] {
  const specs = modelParameters(config).filter(({ shape }) => shape.length === 2)
  const blocks = Array.from({ length: config.layers }, (_, layer) => ({
    file: `block-${String(layer).padStart(3, '0')}.safetensors`,
    matrices: specs.map(({ name }) => name).filter((name) => name.startsWith(names.block(layer, '').slice(0, -7))),
  }))
  // A tied head is the embedding, which is looked up as well and stays as it is.
  return config.options.tiedHead ? blocks : [...blocks, { file: 'head.safetensors', matrices: [names.head] }]
}

/** Inputs that share a scale: 32, or 16 where the width asks for it; null where blocks do not fit. */
export const blockOf = (inputs: number): number | null => [32, 16].find((size) => inputs % size === 0) ?? null

/** Outputs of an 8-bit piece: small enough for one allocation, and a piece of its own for the image's ids. */
export function piecesOf(name: string, outputs: number, imageOffset: number): [number, number][] {
  const MOST = 16_384
  const cuts = new Set<number>([0, outputs])
  for (let at = MOST; at < outputs; at += MOST) cuts.add(at)
  if (name === names.head && imageOffset < outputs) cuts.add(imageOffset)
  const ordered = [...cuts].sort((a, b) => a - b)
  return ordered.slice(1).map((to, i) => [ordered[i]!, to])
}

export interface Quantised {
  readonly weights: ReadonlyMap<string, QuantisedWeight>
  readonly digest: string
}

export async function openQuantised(
  directory: string,
  config: TrunkConfig & Pick<ModelConfig, 'image'>,
): Promise<Quantised> {
  const manifest = await readJson(join(directory, manifestName), manifestSchema, 'the quantised weights')
  const digest = createHash('sha256').update(JSON.stringify(manifest))
  const shapes = new Map(modelParameters(config).map(({ name, shape }) => [name, shape]))
  const weights = new Map<string, QuantisedWeight>()
  for (const { file, matrices } of quantisedParts(config)) {
    const opened = await openSafetensors(join(directory, file))
    for (const name of matrices) {
      const [outputs, inputs] = shapes.get(name) as [number, number]
      const weight = weightOf(opened, name, manifest.form, outputs, inputs, config.image.offset)
      if (weight) weights.set(name, weight)
    }
  }
  return { weights, digest: digest.digest('hex') }
}

/** Null where a matrix could not be quantised and is used as it came. */
function weightOf(
  file: SafetensorsFile,
  name: string,
  form: QuantisedForm,
  outputs: number,
  inputs: number,
  imageOffset: number,
): QuantisedWeight | null {
  const span = (tensor: string, shape: readonly number[]): Span => {
    const entry = file.tensors.get(tensor)
    if (entry?.shape.join() !== shape.join())
      throw new TandemError(
        `${basename(file.path)} does not hold ${tensor} as it should.`,
        'Import the model again with this precision.',
      )
    return { file: belowRoot(file.path), offset: entry.offset }
  }
  if (form === 'int4') {
    const block = blockOf(inputs)
    if (block === null) return null
    const blocks = inputs / block
    return {
      form,
      shape: [outputs, inputs],
      block,
      data: span(`${name}#data`, [outputs, blocks, block / 2]),
      scales: span(`${name}#scales`, [outputs * blocks]),
    }
  }
  const pieces: Int8Weight['pieces'] = piecesOf(name, outputs, imageOffset).map(([from, to]) => ({
    from,
    to,
    data: span(`${name}#${from}#data`, [inputs, to - from]),
    scales: span(`${name}#${from}#scales`, [to - from]),
  }))
  return { form, shape: [outputs, inputs], pieces }
}
