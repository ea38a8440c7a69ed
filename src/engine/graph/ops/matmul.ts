/**
 * Matrix products. Gemm keeps weights in torch's [out, in] order through transB. MatMul is batched; its gradient swaps
 * the last two axes, which ONNX Runtime fuses into the product.
 */
import { broadcastShapes, expectType, formatShape } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'
import { transpose } from './shape.ts'

/** [..., n, k] x [..., k, m] -> [..., n, m], leading axes broadcast. */
export const matmul = (a: Value, b: Value): Value => a.graph.op('MatMul', [a, b])
/** [..., n, k] x [..., m, k] -> [..., n, m]: rows against rows. */
export const matmulRows = (a: Value, b: Value): Value => a.graph.op('MatMulRows', [a, b])
/** op(a) x op(b) for matrices; op transposes where asked. */
export const gemm = (a: Value, b: Value, transA = false, transB = false): Value =>
  a.graph.op('Gemm', [a, b], { transA: transA ? 1 : 0, transB: transB ? 1 : 0 })
/**
 * a^T b over the last two axes: [..., n, m], [..., n, k] -> [..., m, k]. The runtime turns a left operand in memory before it
 * multiplies, so that a wide one costs as much as its product: a narrow `b` is turned instead, and the result back.
 */
export function matmulTurned(a: Value, b: Value): Value {
  const [m, k] = [a.shape.at(-1), b.shape.at(-1)]
  return typeof m === 'number' && typeof k === 'number' && 2 * k <= m
    ? swapLast(matmul(swapLast(b), a))
    : matmul(swapLast(a), b)
}
/** x [n, in] times a weight in torch order [out, in] -> [n, out]. */
export const linear = (x: Value, weight: Value): Value => gemm(x, weight, false, true)

/** The last two axes exchanged. */
export function swapLast(x: Value): Value {
  const rank = x.shape.length
  const perm = x.shape.map((_, i) => i)
  ;[perm[rank - 2], perm[rank - 1]] = [rank - 1, rank - 2]
  return transpose(x, perm)
}

export const MatMul = defineOp({
  infer([a, b]) {
    const left = expectType(a, ['float32'], 'MatMul left')
    const right = expectType(b, ['float32'], 'MatMul right')
    const [n, k] = left.shape.slice(-2)
    const [k2, m] = right.shape.slice(-2)
    if (left.shape.length < 2 || right.shape.length < 2 || k !== k2) {
      throw new GraphError(`cannot multiply ${formatShape(left.shape)} by ${formatShape(right.shape)}`)
    }
    const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2))
    return { dtype: 'float32', shape: [...batch, n!, m!] }
  },
  emit: (c) => c.node('MatMul', c.inputs, c.output),
  vjp: ({ dy, inputs: [a, b], wants }) => [
    wants[0] ? matmul(dy, swapLast(b!)) : null,
    wants[1] ? matmulTurned(a!, dy) : null,
  ],
})

/** As MatMul of a with b turned, whose gradient would come out turned as well and have to be turned back. */
export const MatMulRows = defineOp({
  infer([a, b]) {
    const left = expectType(a, ['float32'], 'MatMulRows left')
    const right = expectType(b, ['float32'], 'MatMulRows right')
    const [n, k] = left.shape.slice(-2)
    const [m, k2] = right.shape.slice(-2)
    if (left.shape.length < 2 || right.shape.length !== left.shape.length || k !== k2) {
      throw new GraphError(`cannot multiply rows of ${formatShape(left.shape)} by rows of ${formatShape(right.shape)}`)
    }
    const batch = broadcastShapes(left.shape.slice(0, -2), right.shape.slice(0, -2))
    return { dtype: 'float32', shape: [...batch, n!, m!] }
  },
  emit(c) {
    const rank = c.inputTypes[1]!.shape.length
    const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i))
    const turned = c.temp()
    c.node('Transpose', [c.inputs[1]!], turned, { perm: { ints: perm } })
    c.node('MatMul', [c.inputs[0]!, turned], c.output)
  },
  vjp: ({ dy, inputs: [a, b], wants }) => [wants[0] ? matmul(dy, b!) : null, wants[1] ? matmulTurned(dy, a!) : null],
})

export const Gemm = defineOp<{ transA: number; transB: number }>({
  infer([a, b], { transA, transB }) {
    const left = expectType(a, ['float32'], 'Gemm left')
    const right = expectType(b, ['float32'], 'Gemm right')
    const [n, k] = transA ? [left.shape[1], left.shape[0]] : left.shape
    const [k2, m] = transB ? [right.shape[1], right.shape[0]] : right.shape
    if (left.shape.length !== 2 || right.shape.length !== 2 || k !== k2) {
      throw new GraphError(`cannot multiply ${formatShape(left.shape)} by ${formatShape(right.shape)} (Gemm)`)
    }
    return { dtype: 'float32', shape: [n!, m!] }
  },
  emit: (c, { transA, transB }) => c.node('Gemm', c.inputs, c.output, { transA: { i: transA }, transB: { i: transB } }),
  vjp({ dy, inputs: [a, b], attrs: { transA, transB }, wants }) {
    const left = transA ? gemm(b!, dy, transB === 1, true) : gemm(dy, b!, false, transB === 0)
    const right = transB ? gemm(dy, a!, true, transA === 1) : gemm(a!, dy, transA === 0, false)
    return [wants[0] ? left : null, wants[1] ? right : null]
  },
})
