/**
 * Indexing. The gradient of Gather adds rows that share an index, through ScatterElements: ScatterND with
 * reduction=add races on the CPU provider when indices repeat, and is silently wrong.
 */
import { expectType, formatShape, normaliseAxis } from '../shapes.ts'
import { defineOp, GraphError, type Value } from '../types.ts'
import { expand, reshape } from './shape.ts'

/** Rows of x [V, ...] at indices [...n] -> [...n, ...]. */
export const gather = (x: Value, indices: Value): Value => x.graph.op('Gather', [x, indices])
/** out[i][j] = x[i][indices[i][j]] along `axis`; same rank. */
export const gatherElements = (x: Value, indices: Value, axis: number): Value =>
  x.graph.op('GatherElements', [x, indices], { axis: normaliseAxis(axis, x.shape.length) })
/** base with updates added at indices along `axis`; repeated indices add up. */
export const scatterAdd = (base: Value, indices: Value, updates: Value, axis: number): Value =>
  base.graph.op('ScatterAdd', [base, indices, updates], { axis: normaliseAxis(axis, base.shape.length) })
/** A float32 tensor of zeros, made at run time so that the model file does not hold it. */
export const zeros = (like: Value, shape: readonly number[]): Value =>
  expand(
    reshape(
      like.graph.constant(Float32Array.of(0), []),
      shape.map(() => 1),
    ),
    shape,
  )

export const Gather = defineOp({
  infer([x, indices]) {
    expectType(indices, ['int64'], 'Gather indices')
    return { dtype: x!.dtype, shape: [...indices!.shape, ...x!.shape.slice(1)] }
  },
  emit: (c) => c.node('Gather', c.inputs, c.output, { axis: { i: 0 } }),
  vjp({ dy, inputs: [x, indices] }) {
    const width = x!.shape.slice(1)
    if (width.length !== 1 || typeof width[0] !== 'number') {
      throw new GraphError(`the gradient of Gather needs a matrix, not ${formatShape(x!.shape)}`)
    }
    const count = indices!.shape.reduce<number>((n, dim) => {
      if (typeof dim !== 'number') throw new GraphError('the gradient of Gather needs a fixed number of indices')
      return n * dim
    }, 1)
    const wide = expand(reshape(indices!, [count, 1]), [count, width[0]])
    const base = zeros(dy, x!.shape as readonly number[])
    return [scatterAdd(base, wide, reshape(dy, [count, width[0]]), 0), null]
  },
})

export const GatherElements = defineOp<{ axis: number }>({
  infer([x, indices]) {
    expectType(indices, ['int64'], 'GatherElements indices')
    if (x!.shape.length !== indices!.shape.length) throw new GraphError('GatherElements needs equal ranks')
    return { dtype: x!.dtype, shape: indices!.shape }
  },
  emit: (c, { axis }) => c.node('GatherElements', c.inputs, c.output, { axis: { i: axis } }),
  vjp({ dy, inputs: [x, indices], attrs: { axis } }) {
    const shape = x!.shape.map((dim) => {
      if (typeof dim !== 'number') throw new GraphError('the gradient of GatherElements needs fixed sizes')
      return dim
    })
    return [scatterAdd(zeros(dy, shape), indices!, dy, axis), null]
  },
})

export const ScatterAdd = defineOp<{ axis: number }>({
  infer([base, indices, updates]) {
    expectType(indices, ['int64'], 'ScatterAdd indices')
    if (formatShape(indices!.shape) !== formatShape(updates!.shape)) {
      throw new GraphError('ScatterAdd needs one update per index')
    }
    return { dtype: base!.dtype, shape: base!.shape }
  },
  emit: (c, { axis }) => c.node('ScatterElements', c.inputs, c.output, { axis: { i: axis }, reduction: { s: 'add' } }),
  vjp: ({ dy, inputs: [, indices], attrs: { axis } }) => [dy, null, gatherElements(dy, indices!, axis)],
})
