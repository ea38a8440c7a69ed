/**
 * Every op at the size it has in a model: rows of a batch of sequences, a vocabulary, a picture, so large that the runtime
 * cuts the work for its threads. The plain functions are those of the small cases. The table is total, as theirs is.
 */
import { seededRandom } from '../../data/random.ts'
import { get, make, type Plain } from '../testing.ts'
import { sum, type OpCase } from './case-fixtures.ts'
import { gather, gatherElements } from './gather.ts'
import { multiHead } from './multi-head.ts'
import { opCases } from './op-fixtures.ts'
import { enlargeCase, groupCase } from './picture-fixtures.ts'
import { int8Case, nBitsCase } from './quantised-fixtures.ts'
import type { OpName } from './registry.ts'
import { ends, take } from './rows.ts'
import { concat, expand, reshape, slice, transpose } from './shape.ts'
import { inverseCase, normCase, ropeCase } from './product-fixtures.ts'
import { convCase } from './tensor-fixtures.ts'

/** Four sequences of 204 rows of 192. */
const [BATCH, ROWS, WIDTH] = [4, 204, 192]
const hidden = [BATCH, ROWS, WIDTH]
const flat = [BATCH * ROWS, WIDTH]

/** Integers below a limit, some of them far more often than others: what races is what meets. */
function indices(shape: readonly number[], limit: number): Plain {
  const random = seededRandom('indices', limit, ...shape)
  return make(shape, () => (random.next() < 0.5 ? 1 : random.int(limit)))
}

/** A small case, whose build and plain function take any shape of its rank, with larger inputs. */
const larger = (name: OpName, at: number, floats: OpCase['floats'], integers?: readonly Plain[]): OpCase => ({
  ...opCases[name][at]!,
  what: [...floats, ...(integers ?? []).map(({ shape }) => shape)].map((shape) => `[${shape.join()}]`).join(', '),
  floats,
  ...(integers ? { integers } : {}),
})
const arithmetic = (name: OpName): OpCase => larger(name, 0, [hidden, [WIDTH]])
const elementwise = (name: OpName): OpCase => larger(name, 0, [flat])

const ids = indices([BATCH * ROWS], 1549)
const entries = indices([ROWS, 1], 1024)
const kept = indices([100], ROWS)

export const fullSizeCases: Readonly<Record<OpName, OpCase>> = {
  Add: arithmetic('Add'),
  Sub: arithmetic('Sub'),
  Mul: arithmetic('Mul'),
  Div: arithmetic('Div'),
  Max: arithmetic('Max'),
  Less: arithmetic('Less'),
  Where: arithmetic('Where'),
  Neg: elementwise('Neg'),
  Exp: elementwise('Exp'),
  Log: elementwise('Log'),
  Sqrt: elementwise('Sqrt'),
  Sigmoid: elementwise('Sigmoid'),
  Tanh: elementwise('Tanh'),
  Relu: elementwise('Relu'),
  Silu: elementwise('Silu'),
  Sign: elementwise('Sign'),
  StopGradient: elementwise('StopGradient'),
  Cast: larger('Cast', 1, [flat]),
  Equal: larger('Equal', 0, [], [indices(hidden, 7), indices([WIDTH], 7)]),
  ReduceSum: larger('ReduceSum', 2, [hidden]),
  ReduceMean: larger('ReduceMean', 0, [hidden]),
  ReduceSumSquare: larger('ReduceSumSquare', 2, [hidden]),
  ReduceMax: larger('ReduceMax', 0, [hidden]),
  ArgMax: larger('ArgMax', 0, [hidden]),
  Softmax: larger('Softmax', 0, [[1, 64, ROWS]]),
  LogSoftmax: larger('LogSoftmax', 0, [[1, 24, 525]]),
  CumSum: larger('CumSum', 0, [[ROWS, WIDTH]]),
  Reshape: {
    what: 'rows to sequences',
    floats: [flat],
    build: (x) => reshape(x, hidden),
    reference: (x) => ({ shape: hidden, data: x.data }),
  },
  Transpose: {
    what: 'heads before rows',
    floats: [[BATCH, ROWS, 6, 32]],
    build: (x) => transpose(x, [0, 2, 1, 3]),
    reference: (x) => make([BATCH, 6, ROWS, 32], ([b, h, i, j]) => get(x, [b!, i!, h!, j!])),
  },
  Expand: {
    what: 'a row to all rows',
    floats: [[WIDTH]],
    build: (x) => expand(x, hidden),
    reference: (x) => make(hidden, (at) => get(x, at)),
  },
  Slice: {
    what: 'the output part of sequences',
    floats: [hidden],
    build: (x) => slice(x, 1, 100, ROWS),
    reference: (x) => make([BATCH, ROWS - 100, WIDTH], ([b, i, j]) => get(x, [b!, i! + 100, j!])),
  },
  Pad: larger('Pad', 0, [flat]),
  Concat: {
    what: 'two parts of sequences',
    floats: [
      [BATCH, 100, WIDTH],
      [BATCH, ROWS - 100, WIDTH],
    ],
    build: (a, b) => concat([a, b], 1),
    reference: (a, b) => make(hidden, ([n, i, j]) => (i! < 100 ? get(a, [n!, i!, j!]) : get(b, [n!, i! - 100, j!]))),
  },
  MatMul: larger('MatMul', 0, [
    [2, 51, WIDTH],
    [WIDTH, 96],
  ]),
  MatMulRows: larger('MatMulRows', 2, [
    [1, 2, 102, 32],
    [1, 2, ROWS, 32],
  ]),
  Gemm: larger('Gemm', 1, [
    [102, WIDTH],
    [96, WIDTH],
  ]),
  Attend: larger('Attend', 0, [
    [1, 1, 64, ROWS],
    [1, 1, ROWS, 32],
  ]),
  MultiHead: {
    what: 'two heads of 32, 51 rows',
    floats: [
      [1, 51, 64],
      [1, 51, 64],
      [1, 51, 64],
    ],
    build: (q, k, v) => multiHead(q, k, v, 2),
    reference: (q, k, v) =>
      make([1, 51, 64], ([b, i, at]) => {
        const first = Math.floor(at! / 32) * 32
        const score = (j: number): number =>
          Math.exp(sum(32, (d) => get(q, [b!, i!, first + d]) * get(k, [b!, j, first + d])))
        return sum(51, (j) => score(j) * get(v, [b!, j, at!])) / sum(51, score)
      }),
    stops: true,
  },
  RmsNorm: normCase(102, WIDTH, 1e-5),
  RmsInverse: inverseCase(BATCH * ROWS, WIDTH, 1e-5),
  Rope: ropeCase(BATCH, ROWS, 6, 32),
  Take: {
    what: 'a hundred rows of every sequence',
    floats: [hidden],
    integers: [kept],
    build: (x, rows) => take(x, rows),
    reference: (x, rows) => make([BATCH, 100, WIDTH], ([b, i, j]) => get(x, [b!, get(rows, [i!]), j!])),
    stops: true,
  },
  Ends: {
    what: 'the last hundred rows',
    floats: [hidden],
    integers: [kept],
    build: (x, like) => ends(x, like, 'end'),
    reference: (x) => make([BATCH, 100, WIDTH], ([b, i, j]) => get(x, [b!, ROWS - 100 + i!, j!])),
    stops: true,
  },
  Gather: {
    what: 'rows of an embedding',
    floats: [[1549, WIDTH]],
    integers: [ids],
    build: (x, i) => gather(x, i),
    reference: (x, i) => make(flat, ([a, c]) => get(x, [get(i, [a!]), c!])),
  },
  GatherElements: {
    what: 'the target of every row',
    floats: [[ROWS, 1024]],
    integers: [entries],
    build: (x, i) => gatherElements(x, i, 1),
    reference: (x, i) => make([ROWS, 1], ([a]) => get(x, [a!, get(i, [a!, 0])])),
  },
  ScatterAdd: larger('ScatterAdd', 0, [[1549, WIDTH], flat], [indices(flat, 1549)]),
  Conv: {
    ...convCase([16, 16], 1, 1),
    floats: [
      [1, 32, 16, 16],
      [32, 32, 3, 3],
    ],
  },
  ConvTranspose: larger('ConvTranspose', 0, [
    [1, 16, 12, 12],
    [16, 16, 3, 3],
  ]),
  GroupNorm: groupCase(8, [1, 32, 12, 12]),
  Enlarge: enlargeCase(2, [1, 32, 32, 32]),
  ProductNBits: nBitsCase(4, 32, 6, 512),
  ProductInt8: int8Case(102, WIDTH, 96),
}
