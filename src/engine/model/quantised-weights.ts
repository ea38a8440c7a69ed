/**
 * Quantised weights in a graph. 4 bits: blocks along the inputs with a scale each, rows together, so any range of rows is a
 * span of the file. 8 bits: symmetric, a scale for each output, stored [inputs, outputs] as the operator wants it and cut
 * into pieces of outputs; a range of outputs is the pieces that hold it, cut to size.
 */
import type { Graph } from '../graph/graph.ts'
import { productInt8, productNBits } from '../graph/ops/quantised.ts'
import { concat, slice } from '../graph/ops/shape.ts'
import type { DType, Value } from '../graph/types.ts'
import { bytesOf } from '../graph/verify.ts'

/** Where bytes of a file lie. */
export interface Span {
  readonly file: string
  readonly offset: number
}

export interface Int4Weight {
  readonly form: 'int4'
  /** [outputs, inputs] of the matrix. */
  readonly shape: readonly [number, number]
  readonly block: number
  /** uint8 [outputs, inputs / block, block / 2]; float32 [outputs * inputs / block]. */
  readonly data: Span
  readonly scales: Span
}

export interface Int8Weight {
  readonly form: 'int8'
  readonly shape: readonly [number, number]
  /** Outputs from .. to-1: int8 [inputs, to - from]; float32 [to - from]. Pieces follow one another. */
  readonly pieces: readonly { readonly from: number; readonly to: number; readonly data: Span; readonly scales: Span }[]
}

export type QuantisedWeight = Int4Weight | Int8Weight

function stored(graph: Graph, name: string, dtype: DType, shape: readonly number[], { file, offset }: Span): Value {
  const known = graph.initializers.find((init) => init.value.name === name)
  if (known) return known.value
  const length = shape.reduce((n, dim) => n * dim, 1) * bytesOf(dtype)
  return graph.weight(name, dtype, shape, { kind: 'external', file, offset, length })
}

/** x [n, in] times outputs from .. to-1 of a quantised matrix: [n, to - from]. */
export function quantisedProduct(
  graph: Graph,
  name: string,
  weight: QuantisedWeight,
  x: Value,
  from: number,
  to: number,
): Value {
  const [, inputs] = weight.shape
  if (weight.form === 'int4') {
    const { block, data, scales } = weight
    const blocks = inputs / block
    const range = `${name}[${from}:${to}]`
    const bytes = { ...data, offset: data.offset + from * blocks * (block / 2) }
    const steps = { ...scales, offset: scales.offset + from * blocks * 4 }
    return productNBits(
      x,
      stored(graph, range, 'uint8', [to - from, blocks, block / 2], bytes),
      stored(graph, `${range}:scales`, 'float32', [(to - from) * blocks], steps),
      4,
      block,
    )
  }
  const parts = weight.pieces
    .filter((piece) => piece.to > from && piece.from < to)
    .map((piece) => {
      const range = `${name}[${piece.from}:${piece.to}]`
      const width = piece.to - piece.from
      const data = stored(graph, range, 'int8', [inputs, width], piece.data)
      const whole = productInt8(x, data, stored(graph, `${range}:scales`, 'float32', [width], piece.scales))
      const [first, last] = [Math.max(from, piece.from) - piece.from, Math.min(to, piece.to) - piece.from]
      return first === 0 && last === width ? whole : slice(whole, 1, first, last)
    })
  return parts.length === 1 ? parts[0]! : concat(parts, 1)
}
