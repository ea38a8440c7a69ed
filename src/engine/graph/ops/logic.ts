/** Comparisons, selection, casts and running sums: what sampling inside the graph needs. */
import { broadcastShapes, expectType, normaliseAxis } from '../shapes.ts'
import { defineOp, GraphError, type DType, type OpDefinition, type OnnxAttr, type Value } from '../types.ts'

export const ONNX_DTYPE: Readonly<Record<DType, number>> = {
  float32: 1,
  float64: 11,
  float8e4m3: 17,
  float8e5m2: 19,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  bfloat16: 16,
}

export const equal = (a: Value, b: Value): Value => a.graph.op('Equal', [a, b])
export const less = (a: Value, b: Value): Value => a.graph.op('Less', [a, b])
export const where = (condition: Value, a: Value, b: Value): Value => a.graph.op('Where', [condition, a, b])
export const cast = (x: Value, to: DType): Value => x.graph.op('Cast', [x], { to })
/** Running sum along the last axis, the element itself included. */
export const cumsum = (x: Value): Value => x.graph.op('CumSum', [x])
/** Index of the largest element of the last axis, which stays as size 1. */
export const argmax = (x: Value): Value => x.graph.op('ArgMax', [x])

function comparison(opType: string): OpDefinition {
  return defineOp({
    infer([a, b]) {
      expectType(b, [a!.dtype], `${opType} right`)
      return { dtype: 'bool', shape: broadcastShapes(a!.shape, b!.shape) }
    },
    emit: (c) => c.node(opType, c.inputs, c.output),
    vjp: null,
  })
}

export const Equal = comparison('Equal')
export const Less = comparison('Less')

export const Where = defineOp({
  infer([condition, a, b]) {
    expectType(condition, ['bool'], 'Where condition')
    expectType(b, [a!.dtype], 'Where right')
    return { dtype: a!.dtype, shape: broadcastShapes(broadcastShapes(condition!.shape, a!.shape), b!.shape) }
  },
  emit: (c) => c.node('Where', c.inputs, c.output),
  vjp({ dy, inputs: [condition], wants }) {
    const zero = dy.graph.constant(Float32Array.of(0), [])
    return [null, wants[1] ? where(condition!, dy, zero) : null, wants[2] ? where(condition!, zero, dy) : null]
  },
})

const isFloat = (dtype: DType): boolean => dtype === 'float32' || dtype === 'float16' || dtype === 'bfloat16'

/** Differentiable between float types only; to an integer or bool nothing passes. */
export const Cast = defineOp<{ to: DType }>({
  infer: ([x], { to }) => ({ dtype: to, shape: x!.shape }),
  emit: (c, { to }) => c.node('Cast', c.inputs, c.output, { to: { i: ONNX_DTYPE[to] } satisfies OnnxAttr }),
  vjp: ({ dy, inputs: [x], attrs: { to } }) => [isFloat(x!.dtype) && isFloat(to) ? cast(dy, x!.dtype) : null],
})

export const CumSum = defineOp({
  infer: ([x]) => expectType(x, ['float32'], 'CumSum'),
  emit(c) {
    c.node('CumSum', [c.inputs[0]!, c.ints([normaliseAxis(-1, c.inputTypes[0]!.shape.length)])], c.output)
  },
  vjp() {
    throw new GraphError('the gradient of CumSum is not defined')
  },
})

export const ArgMax = defineOp({
  infer: ([x]) => ({ dtype: 'int64', shape: [...expectType(x, ['float32'], 'ArgMax').shape.slice(0, -1), 1] }),
  emit: (c) => c.node('ArgMax', c.inputs, c.output, { axis: { i: -1 }, keepdims: { i: 1 } }),
  vjp: null,
})
