/**
 * A sequence layout made concrete: which position holds what. Layouts are data in the model's config; this module turns
 * one into start offsets, the template of control tokens, and the per-position tables the model options need.
 */
import type { FieldName, ModelConfig, Task } from '../../shared/model-config.ts'

export interface Field {
  readonly name: FieldName
  readonly start: number
  readonly length: number
  readonly modality: 'text' | 'image'
}

export interface Layout {
  readonly task: Task
  readonly length: number
  readonly fields: readonly Field[]
  /** Control tokens at their places, the pad token everywhere else. [L] */
  readonly template: Int32Array
  /** Segment number of each position: 0 control, then 1 + index in fieldOrder. [L] */
  readonly segmentOf: Int32Array
  /** Where each token stands for the rotary embedding: 0 .. L-1, or another order where the model reads one. [L] */
  readonly positions: Int32Array
  /** First position of the output part; everything before it is condition. */
  readonly outputStart: number
}

/** Segment embeddings are numbered in this order in every model. */
export const fieldOrder = [
  'inputImage',
  'instruction',
  'outputImage',
  'outputText',
] as const satisfies readonly FieldName[]

export const isImageField = (name: FieldName): boolean => name === 'inputImage' || name === 'outputImage'
export const isOutputField = (name: FieldName): boolean => name === 'outputImage' || name === 'outputText'

/** `instruction`: its length, where the model reads it as long as it is. */
export function resolveLayout(config: ModelConfig, task: Task, instruction?: number): Layout {
  const template: number[] = []
  const segmentOf: number[] = []
  const positions: number[] = []
  const fields: Field[] = []
  const put = (token: number, segment: number, position: number): void => {
    template.push(token)
    segmentOf.push(segment)
    positions.push(position)
  }
  for (const segment of config.layouts[task]) {
    const first = template.length
    if (segment.kind === 'control') {
      segment.tokens.forEach((token, i) => put(token, 0, first + i))
      continue
    }
    const { name, rowEnd, fit } = segment
    const length = fit ? (instruction ?? segment.length) : segment.length
    fields.push({ name, start: first, length, modality: isImageField(name) ? 'image' : 'text' })
    const { grid } = config.image
    // A field is one run of positions. Tokens that stand inside it for the model come after it here, and only the rotary
    // embedding knows: attention sees no order, so the sequence is the same.
    for (let i = 0; i < length; i++) {
      const at = rowEnd === undefined ? i : i + Math.floor(i / grid)
      put(config.special.pad, 1 + fieldOrder.indexOf(name), first + at)
    }
    if (rowEnd !== undefined)
      for (let row = 0; row < length / grid; row++) put(rowEnd, 0, first + row * (grid + 1) + grid)
  }
  const outputs = fields.filter((field) => isOutputField(field.name))
  return {
    task,
    length: template.length,
    fields,
    template: Int32Array.from(template),
    segmentOf: Int32Array.from(segmentOf),
    positions: Int32Array.from(positions),
    outputStart: Math.min(...outputs.map((field) => field.start)),
  }
}

/** How an instruction closes in a layout whose length is the text's own; undefined where it is padded. */
export function fitOf(config: ModelConfig, task: Task): 'eos' | 'bare' | undefined {
  for (const segment of config.layouts[task])
    if (segment.kind === 'field' && segment.name === 'instruction') return segment.fit
  return undefined
}

/** Tokens the instruction takes, where the model reads it at its own length; undefined where it is padded. */
export function ownLength(config: ModelConfig, task: Task, ids: ArrayLike<number>): number | undefined {
  const fit = fitOf(config, task)
  return fit && ids.length + (fit === 'bare' ? 0 : 1)
}

export function findField(layout: Layout, name: FieldName): Field | undefined {
  return layout.fields.find((field) => field.name === name)
}

export function requireField(layout: Layout, name: FieldName): Field {
  const field = findField(layout, name)
  if (!field) throw new Error(`the ${layout.task} layout has no ${name}`)
  return field
}

/** Which layout a sample takes: edits or generations, with or without the output text. */
export function taskOf(edit: boolean, imageOnly: boolean): Task {
  if (edit) return imageOnly ? 'editImageOnly' : 'edit'
  return imageOnly ? 'generateImageOnly' : 'generate'
}

/** Text with its end: tokens, eos, then pads to `length`. Longer text is an error of the caller. */
export function padText(config: ModelConfig, ids: Int32Array, length: number): Int32Array {
  if (ids.length >= length) throw new Error(`a text of ${ids.length} tokens does not fit a segment of ${length}`)
  const out = new Int32Array(length).fill(config.special.pad)
  out.set(ids)
  out[ids.length] = config.special.eos
  return out
}
