/**
 * For tests: graphs run through the real runtime, and plain arrays of doubles to compare them with. The arrays are slow
 * and obvious on purpose: every reference is a function from an index to a number.
 */
import { seededRandom } from '../data/random.ts'
import { createSession, type SessionOptions, type Tensor } from '../runtime/session.ts'
import type { Graph } from './graph.ts'
import { encodeModel } from './onnx.ts'

export interface Plain {
  readonly shape: readonly number[]
  readonly data: Float64Array
}

export const countOf = (shape: readonly number[]): number => shape.reduce((n, dim) => n * dim, 1)

/** The index of the i-th element in row-major order. */
export function indexAt(shape: readonly number[], i: number): number[] {
  const index = new Array<number>(shape.length)
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = i % shape[axis]!
    i = Math.floor(i / shape[axis]!)
  }
  return index
}

export function make(shape: readonly number[], value: (index: number[]) => number): Plain {
  return { shape, data: Float64Array.from({ length: countOf(shape) }, (_, i) => value(indexAt(shape, i))) }
}

/** The element at an index, NumPy fashion: leading axes may be missing and axes of size 1 repeat. */
export function get(x: Plain, index: readonly number[]): number {
  let at = 0
  const skipped = index.length - x.shape.length
  x.shape.forEach((dim, axis) => (at = at * dim + (dim === 1 ? 0 : index[skipped + axis]!)))
  return x.data[at]!
}

export function broadcast(...shapes: (readonly number[])[]): number[] {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  return Array.from({ length: rank }, (_, i) => Math.max(...shapes.map((shape) => shape[shape.length - rank + i] ?? 1)))
}

/** Distinct numbers in [-1.5, 1.6], none near zero; other seeds give other numbers, so that comparisons never tie. */
export function spreadNumbers(shape: readonly number[], seed: number): Plain {
  const n = countOf(shape)
  const grid = Array.from({ length: n + (n % 2) }, (_, i) => -1.5 + (3 * (i + 0.5)) / (n + (n % 2)))
  const shuffled = seededRandom('spread', seed).shuffle(grid)
  return { shape, data: Float64Array.from(shuffled.slice(0, n), (x) => Math.fround(x + 0.0037 * (seed % 20))) }
}

export const floats = ({ shape, data }: Plain): Tensor => ({ data: Float32Array.from(data), dims: shape })
export const integers = ({ shape, data }: Plain): Tensor => ({ data: BigInt64Array.from(data, BigInt), dims: shape })

/** Any result as doubles. */
export function plainOf({ data, dims }: Tensor): Plain {
  const values = data instanceof Float32Array ? Float64Array.from(data) : Float64Array.from(data, Number)
  return { shape: dims, data: values }
}

/** Writes, opens, runs once and closes. */
export async function runGraph(
  graph: Graph,
  feeds: Readonly<Record<string, Tensor>>,
  options: SessionOptions = { threads: 1 },
): Promise<Record<string, Plain>> {
  const session = await createSession(encodeModel(graph), options)
  try {
    const results = await session.run(feeds)
    return Object.fromEntries(Object.entries(results).map(([name, tensor]) => [name, plainOf(tensor)]))
  } finally {
    await session.dispose()
  }
}

/** Largest |a - b| / max(1, |b|). Infinity where the shapes differ or something is not a number. */
export function worstError(a: Plain, b: Plain): number {
  if (a.shape.join() !== b.shape.join()) return Infinity
  let worst = 0
  b.data.forEach((value, i) => {
    const error = Math.abs(a.data[i]! - value) / Math.max(1, Math.abs(value))
    worst = Number.isNaN(error) ? Infinity : Math.max(worst, error)
  })
  return worst
}

/** Sum over i of weights_i f(x)_i, differentiated by central differences in doubles with respect to input `wrt`. */
export function finiteDifference(
  f: (inputs: readonly Plain[]) => Plain,
  inputs: readonly Plain[],
  wrt: number,
  weights: Plain,
): Plain {
  const epsilon = 1e-5
  const x = inputs[wrt]!
  const data = x.data.map((_, i) => {
    const shifted = (by: number): number => {
      const moved = { shape: x.shape, data: x.data.slice() }
      moved.data[i] = moved.data[i]! + by
      const y = f(inputs.map((input, at) => (at === wrt ? moved : input)))
      return y.data.reduce((sum, value, j) => sum + value * weights.data[j]!, 0)
    }
    return (shifted(epsilon) - shifted(-epsilon)) / (2 * epsilon)
  })
  return { shape: x.shape, data }
}
