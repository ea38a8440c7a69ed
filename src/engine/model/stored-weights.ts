/**
 * Weights that stay in the files of a checkpoint, as values of a graph. A tensor is a span of a file in any precision; what
 * is used of it is widened to single precision, at most CHUNK bytes at a time, so that no provider is asked for one
 * allocation of a gigabyte (the embedding of an 8B model is 2.2 GB in single precision).
 */
import type { Graph } from '../graph/graph.ts'
import { sub } from '../graph/ops/elementwise.ts'
import { gather } from '../graph/ops/gather.ts'
import { cast, less, where } from '../graph/ops/logic.ts'
import { linear } from '../graph/ops/matmul.ts'
import { concat, reshape } from '../graph/ops/shape.ts'
import type { DType, Value } from '../graph/types.ts'
import { bytesOf } from '../graph/verify.ts'
import type { ForwardContext } from './forward.ts'
import { float8Values, isFloat8, type Float8 } from './float8.ts'
import { quantisedProduct, type QuantisedWeight } from './quantised-weights.ts'

/** A tensor in a file, row by row; `file` is relative to the folder the session is told. */
export interface PlainWeight {
  readonly form: 'plain'
  readonly dtype: 'float64' | 'float32' | 'float16' | 'bfloat16' | Float8
  readonly shape: readonly number[]
  readonly file: string
  /** Of its first byte, in bytes. */
  readonly offset: number
}

export type StoredWeight = PlainWeight | QuantisedWeight

/** Most bytes of a weight, in single precision, that one value of the graph holds. */
export const CHUNK = 1 << 29

type Access = Required<Pick<ForwardContext, 'parameter' | 'product' | 'lookUp'>>

/** What a forward needs of its weights, over stored ones. `chunk` is for tests. */
export function storedAccess(graph: Graph, weight: (name: string) => StoredWeight, chunk = CHUNK): Access {
  const made = new Map<string, Value>()
  const once = (key: string, make: () => Value): Value => {
    const known = made.get(key)
    if (known) return known
    const value = make()
    made.set(key, value)
    return value
  }
  /** Rows from .. to-1 as they are stored, or as the bytes they are stored in. */
  const rows = (name: string, stored: PlainWeight, from: number, to: number, as: DType = stored.dtype): Value =>
    once(`${as}:${name}[${from}:${to}]`, () => {
      const [, ...rest] = stored.shape
      const row = bytesOf(stored.dtype) * rest.reduce((n, dim) => n * dim, 1)
      const data = {
        kind: 'external',
        file: stored.file,
        offset: stored.offset + from * row,
        length: (to - from) * row,
      } as const
      const own = as === stored.dtype ? '' : `:${as}`
      return graph.weight(`${name}[${from}:${to}]${own}`, as, [to - from, ...rest], data)
    })
  const widen = (value: Value): Value => (value.dtype === 'float32' ? value : cast(value, 'float32'))
  /** Rows `index` of a piece. Lookup knows no 8-bit floats: it takes their bytes, and what each means. */
  const found = (name: string, stored: PlainWeight, from: number, to: number, index: Value): Value => {
    if (!isFloat8(stored.dtype)) return widen(gather(rows(name, stored, from, to), index))
    const values = graph.constant(float8Values(stored.dtype), [256])
    return gather(values, cast(gather(rows(name, stored, from, to, 'uint8'), index), 'int64'))
  }
  const pieces = (stored: PlainWeight, from: number, to: number): [number, number][] => {
    const width = stored.shape.slice(1).reduce((n, dim) => n * dim, 1)
    const most = Math.max(1, Math.floor(chunk / (4 * width)))
    const out: [number, number][] = []
    for (let at = from; at < to; at += most) out.push([at, Math.min(to, at + most)])
    return out
  }
  return {
    parameter(name) {
      const stored = weight(name)
      if (stored.form !== 'plain') throw new Error(`${name} is quantised`)
      return once(name, () => widen(rows(name, stored, 0, stored.shape[0]!)))
    },
    product(name, x, from, to) {
      const stored = weight(name)
      if (stored.form !== 'plain') return quantisedProduct(graph, name, stored, x, from, to)
      const parts = pieces(stored, from, to).map(([a, b]) =>
        linear(
          x,
          once(`f32:${name}[${a}:${b}]`, () => widen(rows(name, stored, a, b))),
        ),
      )
      return parts.length === 1 ? parts[0]! : concat(parts, 1)
    },
    lookUp(name, tokens) {
      const stored = weight(name)
      if (stored.form !== 'plain') throw new Error(`${name} is quantised`)
      const id = (n: number): Value => graph.constant(BigInt64Array.of(BigInt(n)), [])
      const cells = tokens.shape
      let out: Value | null = null
      for (const [from, to] of pieces(stored, 0, stored.shape[0]!)) {
        // An id of another piece reads row 0 of this one, and is taken from that piece.
        const inside = where(less(tokens, id(to)), sub(tokens, id(from)), id(0))
        const index = from === 0 && to === stored.shape[0] ? tokens : where(less(tokens, id(from)), id(0), inside)
        const piece = found(name, stored, from, to, index)
        const before = reshape(less(tokens, id(from)), [...cells, 1])
        out = out ? where(before, out, piece) : piece
      }
      return out!
    },
  }
}
