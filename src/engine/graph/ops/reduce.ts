/** Sums and means over axes, and the softmax family, which is normalised over the last axis. */
import { expectType, fixedDim, normaliseAxis } from '../shapes.ts'
import {
  defineOp,
  GraphError,
  type Dim,
  type OpDefinition,
  type Shape,
  type TypeInfo,
  type Value,
  type VjpContext,
} from '../types.ts'
import { exp, mul, scale, sub } from './elementwise.ts'
import { expand, reshape } from './shape.ts'

type ReduceAttrs = { axes: readonly number[]; keepdims: number }

const reduceOp =
  (name: string) =>
  (x: Value, axes: readonly number[], keepdims = true): Value =>
    x.graph.op(name, [x], { axes: axes.map((a) => normaliseAxis(a, x.shape.length)), keepdims: keepdims ? 1 : 0 })

export const reduceSum = reduceOp('ReduceSum')
export const reduceMean = reduceOp('ReduceMean')
/** Sum of squares: one pass where x*x and a sum would be two. */
export const reduceSumSquare = reduceOp('ReduceSumSquare')
export const reduceMax = reduceOp('ReduceMax')
/** Over the last axis. */
export const softmax = (x: Value): Value => x.graph.op('Softmax', [x])
/** log softmax over the last axis. */
export const logSoftmax = (x: Value): Value => x.graph.op('LogSoftmax', [x])

function reducedShape(x: TypeInfo, { axes, keepdims }: ReduceAttrs): Shape {
  const out: Dim[] = []
  x.shape.forEach((dim, i) => {
    if (!axes.includes(i)) out.push(dim)
    else if (keepdims) out.push(1)
  })
  return out
}

/** dy with its reduced axes put back as size 1. */
function kept({ dy, inputs, attrs }: VjpContext<ReduceAttrs>): Value {
  if (attrs.keepdims) return dy
  return reshape(
    dy,
    inputs[0]!.shape.map((dim, i) => (attrs.axes.includes(i) ? 1 : dim)),
  )
}

function reduction(opType: string, vjp: (c: VjpContext<ReduceAttrs>) => Value): OpDefinition {
  return defineOp<ReduceAttrs>({
    infer([x], attrs) {
      const { dtype } = expectType(x, ['float32', 'int64'], opType)
      // To ONNX an empty list means every axis.
      if (attrs.axes.length === 0) throw new GraphError('no axis to reduce')
      return { dtype, shape: reducedShape(x!, attrs) }
    },
    emit: (c, { axes, keepdims }) =>
      c.node(opType, [c.inputs[0]!, c.ints(axes)], c.output, { keepdims: { i: keepdims } }),
    vjp: (c) => [vjp(c)],
  })
}

export const ReduceSum = reduction('ReduceSum', (c) => expand(kept(c), c.inputs[0]!.shape))
export const ReduceMean = reduction('ReduceMean', (c) => {
  const shape = c.inputs[0]!.shape
  const count = c.attrs.axes.reduce((n, axis) => n * fixedDim(shape[axis], 'averaged axis'), 1)
  return expand(scale(kept(c), 1 / count), shape)
})
export const ReduceSumSquare = reduction('ReduceSumSquare', (c) => mul(c.inputs[0]!, scale(kept(c), 2)))
/** Used for read-outs only: a gradient that would pass through it is refused, not dropped. */
export const ReduceMax = reduction('ReduceMax', () => {
  throw new GraphError('the gradient of ReduceMax is not defined')
})

const lastAxis = { axis: { i: -1 } } as const

export const Softmax = defineOp({
  infer: ([x]) => expectType(x, ['float32'], 'Softmax'),
  emit: (c) => c.node('Softmax', c.inputs, c.output, lastAxis),
  vjp({ dy, output }) {
    const dot = reduceSum(mul(dy, output), [-1])
    return [mul(output, sub(dy, dot))]
  },
})

export const LogSoftmax = defineOp({
  infer: ([x]) => expectType(x, ['float32'], 'LogSoftmax'),
  emit: (c) => c.node('LogSoftmax', c.inputs, c.output, lastAxis),
  vjp({ dy, output }) {
    return [sub(dy, mul(exp(output), reduceSum(dy, [-1])))]
  },
})
