/** Cases of the ops that multiply matrices, and of those around attention: norms, positions, heads. */
import { broadcast, get, make, type Plain } from '../testing.ts'
import type { Value } from '../types.ts'
import { attend } from './attend.ts'
import { softmaxOf, sum, type OpCase } from './case-fixtures.ts'
import { gemm, matmul, matmulRows } from './matmul.ts'
import { multiHead } from './multi-head.ts'
import { rmsInverse, rmsNorm } from './rms-norm.ts'
import { rope } from './rope.ts'

const product = (a: Plain, b: Plain): Plain => {
  const [n, k, m] = [a.shape.at(-2)!, a.shape.at(-1)!, b.shape.at(-1)!]
  return make([...broadcast(a.shape.slice(0, -2), b.shape.slice(0, -2)), n, m], (at) => {
    const [row, column] = at.slice(-2) as [number, number]
    return sum(k, (i) => get(a, [...at.slice(0, -2), row, i]) * get(b, [...at.slice(0, -2), i, column]))
  })
}
const flipped = (x: Plain): Plain => make([x.shape[1]!, x.shape[0]!], ([i, j]) => get(x, [j!, i!]))
const turned = (x: Plain): Plain => {
  const [rows, columns] = x.shape.slice(-2) as [number, number]
  return make([...x.shape.slice(0, -2), columns, rows], (at) => get(x, [...at.slice(0, -2), at.at(-1)!, at.at(-2)!]))
}
const gemmCase = (transA: boolean, transB: boolean): OpCase => ({
  what: `${transA ? 'A^T' : 'A'} ${transB ? 'B^T' : 'B'}`,
  floats: [transA ? [4, 2] : [2, 4], transB ? [3, 4] : [4, 3]],
  build: (a, b) => gemm(a, b, transA, transB),
  reference: (a, b) => product(transA ? flipped(a) : a, transB ? flipped(b) : b),
})

export const normCase = (rows: number, width: number, epsilon: number): OpCase => ({
  what: `${rows} rows of ${width}, epsilon ${epsilon}`,
  floats: [[rows, width], [width]],
  build: (x, w) => rmsNorm(x, w, epsilon),
  reference: (x, w) =>
    make([rows, width], ([i, j]) => {
      const square = sum(width, (k) => get(x, [i!, k]) ** 2) / width
      return (get(x, [i!, j!]) / Math.sqrt(square + epsilon)) * get(w, [j!])
    }),
})

export const inverseCase = (rows: number, width: number, epsilon: number): OpCase => ({
  what: `${rows} rows of ${width}, epsilon ${epsilon}`,
  floats: [[rows, width], [width]],
  build: (x, w) => rmsInverse(x, w, epsilon),
  reference: (x) => make([rows, 1], ([i]) => 1 / Math.sqrt(sum(width, (k) => get(x, [i!, k]) ** 2) / width + epsilon)),
  stops: true,
})

/** Pairs (i, i + dh / 2) of each head as complex numbers, times e^(i angle); scaled, as a query's tables are. */
export function ropeCase(batch: number, length: number, heads: number, width: number): OpCase {
  const half = width / 2
  const angle = (position: number, i: number): number => (position + 0.5) * 3 ** (-i / half)
  const table = (f: (x: number) => number): Float32Array =>
    Float32Array.from({ length: length * half }, (_, at) => 0.5 * f(angle(Math.floor(at / half), at % half)))
  return {
    what: `${heads} heads of ${width}, batch ${batch}`,
    floats: [[batch, length, heads * width]],
    build: (x) =>
      rope(x, x.graph.constant(table(Math.cos), [length, half]), x.graph.constant(table(Math.sin), [length, half])),
    reference: (x) =>
      make(x.shape, ([b, position, at]) => {
        const [head, i] = [Math.floor(at! / width), at! % width]
        const pair = i % half
        const [re, im] = [0, half].map((offset) => get(x, [b!, position!, head * width + pair + offset])) as [
          number,
          number,
        ]
        const [c, s] = [Math.cos(angle(position!, pair)), Math.sin(angle(position!, pair))]
        return 0.5 * (i < half ? re * c - im * s : re * s + im * c)
      }),
  }
}

export const productCases = {
  MatMul: [
    [
      [2, 4],
      [4, 3],
    ],
    [
      [2, 2, 3],
      [2, 3, 4],
    ],
    [
      [3, 2, 4],
      [4, 3],
    ],
    [
      [2, 1, 2, 3],
      [1, 3, 3, 2],
    ],
    // A result so narrow that its gradient is turned, not the left side.
    [
      [2, 1, 3, 5],
      [4, 5, 2],
    ],
  ].map((floats) => ({
    what: floats.map((s) => `[${s.join()}]`).join(' by '),
    floats,
    build: (a: Value, b: Value) => matmul(a, b),
    reference: product,
  })),
  MatMulRows: [
    [
      [2, 4],
      [3, 4],
    ],
    [
      [2, 3, 4],
      [1, 5, 4],
    ],
    [
      [1, 2, 3, 4],
      [5, 1, 2, 4],
    ],
    // Narrow rows, whose gradient turns them and not what came back.
    [
      [1, 2, 3, 2],
      [5, 1, 6, 2],
    ],
  ].map((floats) => ({
    what: floats.map((s) => `[${s.join()}]`).join(' by rows of '),
    floats,
    build: (a, b) => matmulRows(a, b),
    reference: (a, b) => product(a, turned(b)),
  })),
  Gemm: [gemmCase(false, false), gemmCase(false, true), gemmCase(true, false), gemmCase(true, true)],
  RmsNorm: [normCase(3, 4, 1e-5), normCase(1, 7, 0.3)],
  RmsInverse: [inverseCase(3, 4, 1e-5), inverseCase(1, 7, 0.3)],
  Rope: [ropeCase(1, 4, 1, 4), ropeCase(2, 3, 3, 8)],
  Attend: [
    {
      what: 'two heads',
      floats: [
        [1, 2, 3, 4],
        [1, 2, 4, 5],
      ],
      build: (s, v) => attend(s, v),
      reference: (s, v) => product(softmaxOf(s), v),
    },
    {
      what: 'heads narrower than the scores',
      floats: [
        [1, 2, 3, 6],
        [1, 2, 6, 2],
      ],
      build: (s, v) => attend(s, v),
      reference: (s, v) => product(softmaxOf(s), v),
    },
  ],
  MultiHead: [
    ['2 heads of 3, batch 2', 2, 2, 4, 4, 3] as const,
    ['fewer queries than keys', 1, 3, 2, 5, 4] as const,
  ].map(([what, batch, heads, queries, keys, width]): OpCase => ({
    what,
    floats: [
      [batch, queries, heads * width],
      [batch, keys, heads * width],
      [batch, keys, heads * width],
    ],
    build: (q, k, v) => multiHead(q, k, v, heads),
    reference: (q, k, v) =>
      make([batch, queries, heads * width], ([b, i, at]) => {
        const first = Math.floor(at! / width) * width
        const score = (j: number): number =>
          Math.exp(sum(width, (d) => get(q, [b!, i!, first + d]) * get(k, [b!, j, first + d])))
        return sum(keys, (j) => score(j) * get(v, [b!, j, at!])) / sum(keys, score)
      }),
    stops: true,
  })),
} satisfies Record<string, readonly OpCase[]>
