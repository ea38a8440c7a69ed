/** Cases of the ops that move, index or multiply: shapes, gathers, products, convolutions. */
import { broadcast, get, make, type Plain } from '../testing.ts'
import type { Value } from '../types.ts'
import { attend } from './attend.ts'
import { softmaxOf, sum, whole, type OpCase } from './case-fixtures.ts'
import { conv, convTranspose } from './conv.ts'
import { gather, gatherElements, scatterAdd } from './gather.ts'
import { gemm, matmul, matmulRows } from './matmul.ts'
import { multiHead } from './multi-head.ts'
import { rmsInverse, rmsNorm } from './rms-norm.ts'
import { rope } from './rope.ts'
import { ends, take } from './rows.ts'
import { concat, expand, pad, reshape, slice, transpose } from './shape.ts'

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

/** y[b, o, i, j] = sum of x[b, c, i s - p + d u, j s - p + d v] w[o, c, u, v]. */
const convolved =
  (stride: number, padding: number, dilation = 1) =>
  (x: Plain, w: Plain): Plain => {
    const [height, width] = x.shape.slice(2) as [number, number]
    const [outputs, channels, kh, kw] = w.shape as [number, number, number, number]
    const size = (n: number, k: number): number => Math.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1
    return make([x.shape[0]!, outputs, size(height, kh), size(width, kw)], ([b, o, i, j]) => {
      const pixel = (c: number, y: number, z: number): number =>
        y < 0 || z < 0 || y >= height || z >= width ? 0 : get(x, [b!, c, y, z])
      return sum(channels * kh * kw, (t) => {
        const [c, u, v] = [Math.floor(t / (kh * kw)), Math.floor(t / kw) % kh, t % kw]
        return (
          pixel(c, i! * stride - padding + dilation * u, j! * stride - padding + dilation * v) * get(w, [o!, c, u, v])
        )
      })
    })
  }
/** y[b, c, i s - p + u, j s - p + v] gathers x[b, o, i, j] w[o, c, u, v]. */
const transposed =
  (stride: number, padding: number, [extraY, extraX]: readonly [number, number]) =>
  (x: Plain, w: Plain): Plain => {
    const [height, width] = x.shape.slice(2) as [number, number]
    const [outputs, channels, kh, kw] = w.shape as [number, number, number, number]
    const size = (n: number, k: number, extra: number): number => (n - 1) * stride - 2 * padding + k + extra
    return make([x.shape[0]!, channels, size(height, kh, extraY), size(width, kw, extraX)], ([b, c, y, z]) =>
      sum(outputs * height * width, (t) => {
        const [o, i, j] = [Math.floor(t / (height * width)), Math.floor(t / width) % height, t % width]
        const [u, v] = [y! + padding - i * stride, z! + padding - j * stride]
        return u < 0 || v < 0 || u >= kh || v >= kw ? 0 : get(x, [b!, o, i, j]) * get(w, [o, c!, u, v])
      }),
    )
  }
export const convCase = (image: number[], stride: number, padding: number, kernel = [3, 3]): OpCase => ({
  what: `${image.join(' x ')} by ${kernel.join(' x ')}, stride ${stride}, padding ${padding}`,
  floats: [
    [2, 2, ...image],
    [3, 2, ...kernel],
  ],
  build: (x, w) => conv(x, w, stride, padding),
  reference: (x, w) => convolved(stride, padding)(x, w),
})

const scattered = (base: Plain, updates: Plain, indices: Plain): Plain => {
  const out = { shape: base.shape, data: base.data.slice() }
  const width = base.shape[1]!
  indices.data.forEach((row, i) => {
    const to = row * width + (i % width)
    out.data[to] = out.data[to]! + updates.data[i]!
  })
  return out
}

export const tensorCases = {
  Reshape: [
    {
      what: 'a matrix to a cube',
      floats: [[4, 6]],
      build: (x) => reshape(x, [2, 2, 6]),
      reference: (x) => ({ shape: [2, 2, 6], data: x.data }),
    },
  ],
  Transpose: [
    {
      what: 'a rotation of axes',
      floats: [[2, 3, 4]],
      build: (x) => transpose(x, [2, 0, 1]),
      reference: (x) => make([4, 2, 3], ([i, j, k]) => get(x, [j!, k!, i!])),
    },
    {
      what: 'an exchange',
      floats: [[2, 3, 4, 2]],
      build: (x) => transpose(x, [0, 2, 1, 3]),
      reference: (x) => make([2, 4, 3, 2], ([i, j, k, l]) => get(x, [i!, k!, j!, l!])),
    },
  ],
  Expand: [[3, 1], [1], [2, 1, 4], []].map((shape) => ({
    what: `[${shape.join()}] to [2, 3, 4]`,
    floats: [shape],
    build: (x: Value) => expand(x, [2, 3, 4]),
    reference: (x: Plain) => make([2, 3, 4], (i) => get(x, i)),
  })),
  Slice: [0, 1, -1].map((axis) => ({
    what: `axis ${axis}`,
    floats: [[3, 4, 5]],
    build: (x: Value) => slice(x, axis, 1, 3),
    reference: (x: Plain) =>
      make(
        x.shape.map((dim, i) => (i === (axis + 3) % 3 ? 2 : dim)),
        (at) =>
          get(
            x,
            at.map((n, i) => (i === (axis + 3) % 3 ? n + 1 : n)),
          ),
      ),
  })),
  Pad: [0, 1].map((axis) => ({
    what: `axis ${axis}`,
    floats: [[2, 3]],
    build: (x: Value) => pad(x, axis, 2, 1),
    reference: (x: Plain) =>
      make(
        x.shape.map((dim, i) => (i === axis ? dim + 3 : dim)),
        (at) => {
          const from = at.map((n, i) => (i === axis ? n - 2 : n))
          return from[axis]! < 0 || from[axis]! >= x.shape[axis]! ? 0 : get(x, from)
        },
      ),
  })),
  Concat: [0, -1].map((axis) => ({
    what: `three on axis ${axis}`,
    floats:
      axis === 0
        ? [
            [1, 3],
            [2, 3],
            [3, 3],
          ]
        : [
            [2, 1],
            [2, 3],
            [2, 2],
          ],
    build: (...xs: Value[]) => concat(xs, axis),
    reference: (...xs: Plain[]) => {
      const along = axis === 0 ? 0 : 1
      const rows = xs.flatMap((x, n) => Array.from({ length: x.shape[along]! }, (_, i) => [n, i] as const))
      const shape = [axis === 0 ? rows.length : 2, axis === 0 ? 3 : rows.length]
      return make(shape, (at) => {
        const [n, i] = rows[at[along]!]!
        return get(
          xs[n]!,
          at.map((v, a) => (a === along ? i : v)),
        )
      })
    },
  })),
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
  Gather: [
    {
      what: 'rows, some of them often',
      floats: [[4, 3]],
      integers: [whole([2, 3], 1, 3, 1, 1, 0, 3)],
      build: (x, i) => gather(x, i),
      reference: (x, i) => make([2, 3, 3], ([a, b, c]) => get(x, [get(i, [a!, b!]), c!])),
    },
    {
      what: 'one row',
      floats: [[4, 3]],
      integers: [whole([1], 2)],
      build: (x, i) => gather(x, i),
      reference: (x, i) => make([1, 3], ([a, c]) => get(x, [get(i, [a!]), c!])),
    },
  ],
  GatherElements: [
    {
      what: 'one a row',
      floats: [[3, 5]],
      integers: [whole([3, 1], 4, 0, 2)],
      build: (x, i) => gatherElements(x, i, 1),
      reference: (x, i) => make([3, 1], ([a]) => get(x, [a!, get(i, [a!, 0])])),
    },
    {
      what: 'the same one twice',
      floats: [[2, 4]],
      integers: [whole([2, 3], 1, 1, 3, 0, 2, 0)],
      build: (x, i) => gatherElements(x, i, -1),
      reference: (x, i) => make([2, 3], ([a, b]) => get(x, [a!, get(i, [a!, b!])])),
    },
  ],
  ScatterAdd: [
    {
      what: 'updates that meet',
      floats: [
        [3, 2],
        [4, 2],
      ],
      integers: [whole([4, 2], 0, 0, 2, 2, 0, 2, 2, 0)],
      build: (base, updates, i) => scatterAdd(base, i, updates, 0),
      reference: (base, updates, i) => scattered(base, updates, i),
    },
  ],
  Conv: [
    convCase([5, 5], 1, 1),
    convCase([6, 6], 2, 1),
    convCase([5, 6], 2, 0),
    convCase([7, 4], 3, 1),
    convCase([4, 5], 1, 0, [1, 3]),
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
  Take: [
    {
      what: 'rows of both sequences, one of them twice',
      floats: [[2, 3, 4]],
      integers: [whole([4], 2, 0, 2, 1)],
      build: (x, rows) => take(x, rows),
      reference: (x, rows) => make([2, 4, 4], ([b, i, j]) => get(x, [b!, get(rows, [i!]), j!])),
      stops: true,
    },
    {
      what: 'entries of the last axis',
      floats: [[2, 3]],
      integers: [whole([2], 1, 1)],
      build: (x, rows) => take(x, rows, -1),
      reference: (x, rows) => make([2, 2], ([i, j]) => get(x, [i!, get(rows, [j!])])),
      stops: true,
    },
  ],
  Ends: (['start', 'end'] as const).map((from): OpCase => ({
    what: `two rows from the ${from}`,
    floats: [[2, 5, 3]],
    integers: [whole([2], 7, 7)],
    build: (x, like) => ends(x, like, from),
    reference: (x) => make([2, 2, 3], ([b, i, j]) => get(x, [b!, from === 'start' ? i! : 3 + i!, j!])),
    stops: true,
  })),
  ConvTranspose: [
    {
      what: 'stride 1',
      floats: [
        [2, 3, 3, 4],
        [3, 2, 3, 3],
      ],
      build: (x, w) => convTranspose(x, w, 1, 1),
      reference: (x, w) => transposed(1, 1, [0, 0])(x, w),
    },
    {
      what: 'stride 2 with extra rows',
      floats: [
        [1, 2, 3, 3],
        [2, 2, 3, 3],
      ],
      build: (x, w) => convTranspose(x, w, 2, 1, [1, 1]),
      reference: (x, w) => transposed(2, 1, [1, 1])(x, w),
    },
    {
      what: 'stride 2 with an extra row only',
      floats: [
        [1, 2, 3, 2],
        [2, 2, 2, 3],
      ],
      build: (x, w) => convTranspose(x, w, 2, 0, [1, 0]),
      reference: (x, w) => transposed(2, 0, [1, 0])(x, w),
    },
  ],
} satisfies Record<string, readonly OpCase[]>

/** Forward only: its gradient is refused. */
export const dilatedConvolution: OpCase = {
  what: 'dilated',
  floats: [
    [1, 2, 7, 7],
    [2, 2, 3, 3],
  ],
  build: (x, w) => conv(x, w, 1, 1, 2),
  reference: (x, w) => convolved(1, 1, 2)(x, w),
}
