/**
 * The MatMul ceiling of a graph: exactly its matrix products, of the same shapes, and nothing else, on the same runtime.
 * However the rest is arranged, a step cannot take less time than this.
 */
import { Graph } from '../src/engine/graph/graph.ts'
import { encodeModel } from '../src/engine/graph/onnx.ts'
import { slice } from '../src/engine/graph/ops/shape.ts'
import type { Attrs, Value } from '../src/engine/graph/types.ts'
import { createSession, type Session } from '../src/engine/runtime/session.ts'

export interface Ceiling {
  readonly session: Session
  readonly feeds: Record<string, { data: Float32Array; dims: number[] }>
  readonly flops: number
  readonly products: number
}

interface Product {
  readonly op: 'MatMul' | 'MatMulRows' | 'Gemm'
  readonly left: readonly number[]
  readonly right: readonly number[]
  readonly attrs: Attrs
}

/** Ops that hold a matrix product, and the product alone. */
const PRODUCTS = new Map<string, Product['op']>([
  ['MatMul', 'MatMul'],
  ['MatMulRows', 'MatMulRows'],
  ['Attend', 'MatMul'],
  ['Gemm', 'Gemm'],
])

/** Copies of an operand, so that no two products are the same node; pairs of copies are enough. */
const COPIES = 8

export async function productCeiling(source: Graph): Promise<Ceiling> {
  const products = source.nodes.flatMap((node): Product[] => {
    const op = PRODUCTS.get(node.op)
    if (!op) return []
    const [left, right] = node.inputs.map((value) => value.shape as number[])
    // A sum written as a product with a vector is no matrix product: memory bounds it.
    if (op === 'Gemm' && (node.output.shape as number[]).includes(1)) return []
    return [{ op, left: left!, right: right!, attrs: node.attrs }]
  })
  const graph = new Graph()
  const operands = new Map<string, Value>()
  const feeds: Ceiling['feeds'] = {}
  const operand = (shape: readonly number[], copy: number, side: string): Value => {
    const name = `${side}${copy}:${shape.join('x')}`
    const known = operands.get(name)
    if (known) return known
    const value = graph.input(name, 'float32', shape)
    operands.set(name, value)
    const size = shape.reduce((a, b) => a * b, 1)
    feeds[name] = {
      data: Float32Array.from({ length: size }, (_, i) => ((i * 7919) % 97) / 970 - 0.05),
      dims: [...shape],
    }
    return value
  }
  const seen = new Map<string, number>()
  let flops = 0
  products.forEach(({ op, left, right, attrs }, i) => {
    const key = JSON.stringify([op, left, right, attrs])
    const nth = seen.get(key) ?? 0
    seen.set(key, nth + 1)
    const product = graph.op(
      op,
      [operand(left, nth % COPIES, 'a'), operand(right, Math.floor(nth / COPIES), 'b')],
      attrs,
    )
    const inner = op === 'Gemm' && attrs['transA'] ? left[0]! : left.at(-1)!
    flops += 2 * inner * (product.shape as number[]).reduce((a, b) => a * b, 1)
    // One element of each result leaves the graph: enough to keep the product alive.
    graph.output(
      `y${i}`,
      product.shape.reduce<Value>((value, _, axis) => slice(value, axis, 0, 1), product),
    )
  })
  return { session: await createSession(encodeModel(graph)), feeds, flops, products: products.length }
}

/** The plain ceiling: one large square product, the best the machine does on any. GFLOP/s of one call. */
export async function squareProduct(n = 1024): Promise<{ run: () => Promise<void>; flops: number }> {
  const graph = new Graph()
  const a = graph.input('a', 'float32', [n, n])
  const b = graph.input('b', 'float32', [n, n])
  const product = graph.op('MatMul', [a, b])
  graph.output('y', slice(slice(product, 0, 0, 1), 1, 0, 1))
  const session = await createSession(encodeModel(graph))
  const data = Float32Array.from({ length: n * n }, (_, i) => ((i * 7919) % 97) / 970 - 0.05)
  const feeds = { a: { data, dims: [n, n] }, b: { data, dims: [n, n] } }
  return { run: async () => void (await session.run(feeds)), flops: 2 * n ** 3 }
}
