/** Cases of the ops that work by element, by row or over axes. */
import { broadcast, get, make, type Plain } from '../testing.ts'
import type { Value } from '../types.ts'
import { rowwise, softmaxOf, sum, whole, type OpCase } from './case-fixtures.ts'
import {
  add,
  div,
  exp,
  log,
  max,
  mul,
  neg,
  relu,
  sigmoid,
  sign,
  silu,
  sqrt,
  stopGradient,
  sub,
  tanh,
} from './elementwise.ts'
import { argmax, cast, cumsum, equal, less, where } from './logic.ts'
import { logSoftmax, reduceMax, reduceMean, reduceSum, reduceSumSquare, softmax } from './reduce.ts'

const positive = (x: number): number => Math.abs(x) + 0.2
const unary =
  (f: (x: number) => number) =>
  (x: Plain): Plain =>
    make(x.shape, (i) => f(get(x, i)))
const binary =
  (f: (a: number, b: number) => number) =>
  (a: Plain, b: Plain): Plain =>
    make(broadcast(a.shape, b.shape), (i) => f(get(a, i), get(b, i)))
const asFloat =
  (build: (...inputs: Value[]) => Value) =>
  (...inputs: Value[]): Value =>
    cast(build(...inputs), 'float32')

/** Equal shapes, a row against a column, a missing leading axis on either side, and a scalar. */
function arithmetic(build: OpCase['build'], f: (a: number, b: number) => number, more: Partial<OpCase> = {}): OpCase[] {
  const shapes = [
    [
      [2, 3],
      [2, 3],
    ],
    [
      [3, 1],
      [1, 4],
    ],
    [
      [2, 3, 4],
      [3, 1],
    ],
    [[4], [2, 3, 4]],
    [[], [2, 2]],
    [[2, 1], [1]],
  ]
  return shapes.map((floats) => ({
    what: floats.map((s) => `[${s.join()}]`).join(' and '),
    floats,
    build,
    reference: binary(f),
    ...more,
  }))
}
const elementwise = (build: OpCase['build'], f: (x: number) => number, more: Partial<OpCase> = {}): OpCase[] => [
  { what: 'a matrix', floats: [[3, 4]], build, reference: unary(f), ...more },
  { what: 'a scalar', floats: [[]], build, reference: unary(f), ...more },
]

type Reducer = (x: Value, axes: readonly number[], keepdims?: boolean) => Value
function reductions(reducer: Reducer, f: (values: number[]) => number, more: Partial<OpCase> = {}): OpCase[] {
  const cases: [number[], boolean][] = [
    [[-1], true],
    [[1], false],
    [[0, 2], true],
    [[0, 1, 2], false],
  ]
  return cases.map(([axes, keepdims]) => ({
    what: `axes ${axes.join()}, ${keepdims ? 'kept' : 'dropped'}`,
    floats: [[2, 3, 4]],
    build: (x: Value) => reducer(x, axes, keepdims),
    reference: (x: Plain) =>
      reduced(
        x,
        axes.map((axis) => (axis + 3) % 3),
        keepdims,
        f,
      ),
    ...more,
  }))
}

function reduced(x: Plain, axes: readonly number[], keepdims: boolean, f: (values: number[]) => number): Plain {
  const kept = x.shape.map((dim, axis) => (axes.includes(axis) ? 1 : dim))
  const inside = x.shape.map((dim, axis) => (axes.includes(axis) ? dim : 1))
  const y = make(kept, (at) =>
    f([
      ...make(inside, (i) =>
        get(
          x,
          i.map((n, axis) => n + at[axis]!),
        ),
      ).data,
    ]),
  )
  return keepdims ? y : { shape: x.shape.filter((_, axis) => !axes.includes(axis)), data: y.data }
}

const logSoftmaxOf = rowwise((row, i) => row[i]! - Math.log(sum(row.length, (j) => Math.exp(row[j]!))))

export const elementwiseCases = {
  Add: arithmetic(
    (a, b) => add(a, b),
    (a, b) => a + b,
  ),
  Sub: arithmetic(
    (a, b) => sub(a, b),
    (a, b) => a - b,
  ),
  Mul: arithmetic(
    (a, b) => mul(a, b),
    (a, b) => a * b,
  ),
  Div: arithmetic(
    (a, b) => div(a, b),
    (a, b) => a / b,
    { domain: positive },
  ),
  Max: arithmetic((a, b) => max(a, b), Math.max),
  Neg: elementwise(
    (x) => neg(x),
    (x) => -x,
  ),
  Exp: elementwise((x) => exp(x), Math.exp),
  Log: elementwise((x) => log(x), Math.log, { domain: positive }),
  Sqrt: elementwise((x) => sqrt(x), Math.sqrt, { domain: positive }),
  Sigmoid: elementwise(
    (x) => sigmoid(x),
    (x) => 1 / (1 + Math.exp(-x)),
  ),
  Tanh: elementwise((x) => tanh(x), Math.tanh),
  Silu: elementwise(
    (x) => silu(x),
    (x) => x / (1 + Math.exp(-x)),
  ),
  Relu: elementwise(
    (x) => relu(x),
    (x) => Math.max(0, x),
  ),
  Sign: elementwise((x) => sign(x), Math.sign, { stops: true }),
  StopGradient: elementwise(
    (x) => stopGradient(x),
    (x) => x,
    { stops: true },
  ),
  ReduceSum: reductions(reduceSum, (v) => sum(v.length, (i) => v[i]!)),
  ReduceMean: reductions(reduceMean, (v) => sum(v.length, (i) => v[i]!) / v.length),
  ReduceSumSquare: reductions(reduceSumSquare, (v) => sum(v.length, (i) => v[i]! ** 2)),
  ReduceMax: reductions(reduceMax, (v) => Math.max(...v), { stops: true }),
  Softmax: [{ what: 'a cube', floats: [[2, 3, 5]], build: (x) => softmax(x), reference: (x) => softmaxOf(x) }],
  LogSoftmax: [{ what: 'a cube', floats: [[2, 3, 5]], build: (x) => logSoftmax(x), reference: (x) => logSoftmaxOf(x) }],
  Equal: [
    {
      what: 'integers, broadcast',
      floats: [],
      integers: [whole([2, 2], 1, 2, 3, 1), whole([2], 1, 1)],
      build: asFloat((a, b) => equal(a, b)),
      reference: binary((a, b) => Number(a === b)),
      stops: true,
    },
    {
      what: 'floats with themselves',
      floats: [[3]],
      build: asFloat((a) => equal(a, a)),
      reference: unary(() => 1),
      stops: true,
    },
  ],
  Less: arithmetic(
    asFloat((a, b) => less(a, b)),
    (a, b) => Number(a < b),
    { stops: true },
  ),
  Where: arithmetic((a, b) => where(less(a, b), a, b), Math.min).concat({
    what: 'a condition wider than the choices',
    floats: [[3], []],
    integers: [whole([2, 3], 1, 0, 1, 0, 0, 1)],
    build: (a, b, i) => where(cast(i, 'bool'), a, b),
    reference: (a, b, i) => make([2, 3], (at) => (get(i, at) ? get(a, at) : get(b, at))),
  }),
  Cast: [
    { what: 'to the same type', floats: [[2, 3]], build: (x) => cast(x, 'float32'), reference: unary((x) => x) },
    {
      what: 'through half precision',
      coarse: 1e-3,
      floats: [[2, 3]],
      domain: (x) => Math.f16round(x),
      build: (x) => cast(cast(x, 'float16'), 'float32'),
      reference: unary((x) => x),
    },
    {
      what: 'to integers, towards zero',
      floats: [[2, 3]],
      build: asFloat((x) => cast(x, 'int64')),
      reference: unary(Math.trunc),
      stops: true,
    },
  ],
  CumSum: [
    {
      what: 'rows',
      floats: [[2, 5]],
      build: (x) => cumsum(x),
      reference: rowwise((row, i) => sum(i + 1, (j) => row[j]!)),
      stops: true,
    },
  ],
  ArgMax: [
    {
      what: 'rows',
      floats: [[2, 3, 4]],
      build: asFloat((x) => argmax(x)),
      reference: (x) => reduced(x, [2], true, (row) => row.indexOf(Math.max(...row))),
      stops: true,
    },
  ],
} satisfies Record<string, readonly OpCase[]>
