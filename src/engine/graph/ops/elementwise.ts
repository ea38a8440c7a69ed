/** Arithmetic by element, with NumPy broadcasting. The walker sums gradients over broadcast axes, so no rule here does. */
import { broadcastShapes, expectType } from '../shapes.ts'
import { defineOp, type OpDefinition, type Value, type VjpContext, type Attrs } from '../types.ts'

type Vjp = (context: VjpContext<Attrs>) => readonly (Value | null)[]

const FLOAT = ['float32'] as const
const NUMERIC = ['float32', 'int64'] as const

function binary(opType: string, vjp: Vjp): OpDefinition {
  return defineOp({
    infer([a, b]) {
      const left = expectType(a, NUMERIC, `${opType} left`)
      const right = expectType(b, [left.dtype], `${opType} right`)
      return { dtype: left.dtype, shape: broadcastShapes(left.shape, right.shape) }
    },
    emit: (c) => c.node(opType, c.inputs, c.output),
    vjp,
  })
}

function unary(opType: string, vjp: Vjp | null): OpDefinition {
  return defineOp({
    infer: ([x]) => expectType(x, FLOAT, opType),
    emit: (c) => c.node(opType, c.inputs, c.output),
    vjp,
  })
}

export const add = (a: Value, b: Value): Value => a.graph.op('Add', [a, b])
export const sub = (a: Value, b: Value): Value => a.graph.op('Sub', [a, b])
export const mul = (a: Value, b: Value): Value => a.graph.op('Mul', [a, b])
export const div = (a: Value, b: Value): Value => a.graph.op('Div', [a, b])
export const max = (a: Value, b: Value): Value => a.graph.op('Max', [a, b])
export const neg = (x: Value): Value => x.graph.op('Neg', [x])
export const exp = (x: Value): Value => x.graph.op('Exp', [x])
export const log = (x: Value): Value => x.graph.op('Log', [x])
export const sqrt = (x: Value): Value => x.graph.op('Sqrt', [x])
export const sigmoid = (x: Value): Value => x.graph.op('Sigmoid', [x])
export const tanh = (x: Value): Value => x.graph.op('Tanh', [x])
export const relu = (x: Value): Value => x.graph.op('Relu', [x])
/** Piecewise constant: no gradient passes (the straight-through estimator goes around it). */
export const sign = (x: Value): Value => x.graph.op('Sign', [x])
/** The value without its gradient. */
export const stopGradient = (x: Value): Value => x.graph.op('StopGradient', [x])

/** A float32 scalar literal in the graph of `like`. */
export const scalar = (like: Value, value: number): Value => like.graph.constant(Float32Array.of(value), [])
export const scale = (x: Value, factor: number): Value => mul(x, scalar(x, factor))
/** x * sigmoid(x) (SiLU, swish). */
export const silu = (x: Value): Value => x.graph.op('Silu', [x])

export const Add = binary('Add', ({ dy }) => [dy, dy])
export const Sub = binary('Sub', ({ dy, wants }) => [dy, wants[1] ? neg(dy) : null])
export const Mul = binary('Mul', ({ dy, inputs: [a, b], wants }) => [
  wants[0] ? mul(dy, b!) : null,
  wants[1] ? mul(dy, a!) : null,
])
export const Div = binary('Div', ({ dy, inputs: [, b], output, wants }) => {
  const scaled = div(dy, b!)
  return [scaled, wants[1] ? neg(mul(scaled, output)) : null]
})
/** Ties give the gradient to the left input. */
export const Max = binary('Max', ({ dy, inputs: [a, b], output }) => {
  const left = a!.graph.op('Cast', [a!.graph.op('Equal', [output, a!])], { to: 'float32' })
  return [mul(dy, left), b ? mul(dy, sub(scalar(dy, 1), left)) : null]
})
export const Neg = unary('Neg', ({ dy }) => [neg(dy)])
export const Exp = unary('Exp', ({ dy, output }) => [mul(dy, output)])
export const Log = unary('Log', ({ dy, inputs: [x] }) => [div(dy, x!)])
export const Sqrt = unary('Sqrt', ({ dy, output }) => [div(dy, scale(output, 2))])
export const Sigmoid = unary('Sigmoid', ({ dy, output }) => [mul(dy, mul(output, sub(scalar(output, 1), output)))])
export const Tanh = unary('Tanh', ({ dy, output }) => [mul(dy, sub(scalar(output, 1), mul(output, output)))])
/** One pass over memory where a sigmoid and a product would be two. */
export const Silu = defineOp({
  infer: ([x]) => expectType(x, FLOAT, 'Silu'),
  emit: (c) => c.node('QuickGelu', c.inputs, c.output, { alpha: { f: 1 } }, 'com.microsoft'),
  // y' = s (1 + x (1 - s)) with x s = y.
  vjp: ({ dy, inputs: [x], output }) => [mul(dy, mul(sigmoid(x!), add(sub(x!, output), scalar(dy, 1))))],
})
export const Relu = unary('Relu', ({ dy, output }) => [mul(dy, sign(output))])
export const Sign = unary('Sign', null)
export const StopGradient = defineOp({
  infer: ([x]) => expectType(x, FLOAT, 'StopGradient'),
  emit: (c) => c.node('Identity', c.inputs, c.output),
  vjp: null,
})
