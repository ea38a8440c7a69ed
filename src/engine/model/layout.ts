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

export function resolveLayout(config: ModelConfig, task: Task): Layout {
  const template: number[] = []
  const segmentOf: number[] = []
  const fields: Field[] = []
  for (const segment of config.layouts[task]) {
    if (segment.kind === 'control') {
      template.push(...segment.tokens)
      segmentOf.push(...segment.tokens.map(() => 0))
      continue
    }
    const { name, length } = segment
    fields.push({ name, start: template.length, length, modality: isImageField(name) ? 'image' : 'text' })
    for (let i = 0; i < length; i++) {
      template.push(config.special.pad)
      segmentOf.push(1 + fieldOrder.indexOf(name))
    }
  }
  const outputs = fields.filter((field) => isOutputField(field.name))
  return {
    task,
    length: template.length,
    fields,
    template: Int32Array.from(template),
    segmentOf: Int32Array.from(segmentOf),
    positions: Int32Array.from(template.keys()),
    outputStart: Math.min(...outputs.map((field) => field.start)),
  }
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
