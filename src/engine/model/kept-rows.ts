/** Rows of a sequence that a forward knows by their keys and values: as they come out of one graph and go into another. */
import type { Tensor } from '../runtime/session.ts'
import { NEW } from './infer-graph.ts'

type Tensors = Readonly<Record<string, Tensor>>

/** Keys and values of kept rows as feeds, and the rows that are then left to compute. */
export interface KeptRows {
  readonly feeds: Tensors
  readonly computed: readonly number[]
}

export const positionsFeed = (positions: readonly number[]): Tensor => ({
  data: BigInt64Array.from(positions, BigInt),
  dims: [positions.length],
})

/** The keys and values among a forward's results, under the names they are fed by. */
export const toldRows = (results: Tensors): Tensors =>
  Object.fromEntries(
    Object.entries(results)
      .filter(([name]) => name.startsWith(NEW))
      .map(([name, tensor]) => [name.slice(NEW.length), tensor]),
  )

/** 0 .. length - 1 without those kept. */
export function restOf(length: number, keep: readonly number[]): number[] {
  const out = new Set(keep)
  return Array.from({ length }, (_, p) => p).filter((p) => !out.has(p))
}

/** Kept rows and more of them, sequence by sequence: [B, P, kv] and [B, Q, kv] -> [B, P + Q, kv]. */
export function joinRows(first: Tensors, second: Tensors): Tensors {
  return Object.fromEntries(
    Object.entries(first).map(([name, a]) => {
      const b = second[name]!
      const [batch, p, width] = a.dims as [number, number, number]
      const q = b.dims[1]!
      const data = new Float32Array(batch * (p + q) * width)
      for (let i = 0; i < batch; i++) {
        const at = i * (p + q) * width
        data.set(a.data.subarray(i * p * width, (i + 1) * p * width) as Float32Array, at)
        data.set(b.data.subarray(i * q * width, (i + 1) * q * width) as Float32Array, at + p * width)
      }
      return [name, { data, dims: [batch, p + q, width] }]
    }),
  )
}
