/**
 * Some rows of a batch of sequences, chosen at run time: what a forward needs that computes only what it is asked for.
 * For inference: no gradient flows.
 */
import { expectType, formatShape, normaliseAxis } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'

/** Entries of one axis at `rows` [n]: x [B, L, ...] -> [B, n, ...] for axis 1. */
export const take = (x: Value, rows: Value, axis = 1): Value =>
  x.graph.op('Take', [x, rows], { axis: normaliseAxis(axis, x.shape.length) })
/** Of axis 1, the first (or the last) entries, as many as `like` [n] has. */
export const ends = (x: Value, like: Value, from: 'start' | 'end'): Value =>
  x.graph.op('Ends', [x, like], { from: from === 'start' ? 0 : 1 })

export const Take = defineOp<{ axis: number }>({
  infer([x, rows], { axis }) {
    expectType(rows, ['int64'], 'rows')
    if (rows!.shape.length !== 1 || axis >= x!.shape.length)
      throw new GraphError(`rows ${formatShape(rows!.shape)} of axis ${axis} of ${formatShape(x!.shape)}`)
    return { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === axis ? rows!.shape[0]! : dim)) }
  },
  emit: (c, { axis }) => c.node('Gather', c.inputs, c.output, { axis: { i: axis } }),
  vjp: null,
})

export const Ends = defineOp<{ from: number }>({
  infer([x, like]) {
    if (x!.shape.length < 2 || like?.shape.length !== 1)
      throw new GraphError(`as many rows as ${formatShape(like?.shape ?? [])} of ${formatShape(x!.shape)}`)
    return { dtype: x!.dtype, shape: x!.shape.map((dim, i) => (i === 1 ? like.shape[0]! : dim)) }
  },
  emit(c, { from }) {
    const count = c.temp()
    c.node('Shape', [c.inputs[1]!], count)
    if (from === 0) return c.node('Slice', [c.inputs[0]!, c.ints([0]), count, c.ints([1])], c.output)
    const back = c.temp()
    c.node('Neg', [count], back)
    c.node('Slice', [c.inputs[0]!, back, c.ints([Number.MAX_SAFE_INTEGER]), c.ints([1])], c.output)
  },
  vjp: null,
})
