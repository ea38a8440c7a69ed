/**
 * The parameters of a model as one flat Float32Array with a table of names. Optimisers, EMA, checkpoints and the feeds
 * of a training run all work on spans of it. Parameters of one shape stand together, so that a group of matrices is one
 * contiguous [n, rows, cols] tensor.
 */
import type { Random } from '../data/random.ts'

export interface ParameterSpec {
  readonly name: string
  readonly shape: readonly number[]
  /** Standard deviation of the normal it starts from, or the value it starts at. */
  readonly init: { readonly normal: number } | { readonly constant: number } | 'identity'
  /** Block matrices may take Muon; embeddings, norms and heads take AdamW. */
  readonly role: 'matrix' | 'other'
}

export interface ParameterSpan extends ParameterSpec {
  readonly offset: number
  readonly size: number
}

export interface ParameterTable {
  readonly spans: readonly ParameterSpan[]
  readonly size: number
}

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, dim) => n * dim, 1)

/** Lays parameters out: matrices first, grouped by shape, then the rest in the order given. */
export function layOutParameters(specs: readonly ParameterSpec[]): ParameterTable {
  const names = new Set(specs.map((spec) => spec.name))
  if (names.size !== specs.length) throw new Error('two parameters share a name')
  const matrices = specs.filter((spec) => spec.role === 'matrix')
  const shapes = [...new Set(matrices.map((spec) => spec.shape.join('x')))]
  const grouped = shapes.flatMap((shape) => matrices.filter((spec) => spec.shape.join('x') === shape))
  let offset = 0
  const spans = [...grouped, ...specs.filter((spec) => spec.role === 'other')].map((spec) => {
    const span = { ...spec, offset, size: sizeOf(spec.shape) }
    offset += span.size
    return span
  })
  return { spans, size: offset }
}

/** Fresh weights; the same seed gives the same weights. */
export function initialiseParameters(table: ParameterTable, random: Random): Float32Array {
  const flat = new Float32Array(table.size)
  for (const { init, offset, size, shape } of table.spans) {
    if (init === 'identity') {
      for (let i = 0; i < shape[0]!; i++) flat[offset + i * shape[1]! + i] = 1
    } else if ('constant' in init) {
      flat.fill(init.constant, offset, offset + size)
    } else {
      for (let i = 0; i < size; i++) flat[offset + i] = init.normal * random.normal()
    }
  }
  return flat
}

/** A view of one parameter in a flat array laid out by `table`. */
export function viewOf(flat: Float32Array, span: ParameterSpan): Float32Array {
  return flat.subarray(span.offset, span.offset + span.size)
}

/** The name under which a training graph returns a parameter's gradient. */
export const gradientName = (parameter: string): string => `grad:${parameter}`
