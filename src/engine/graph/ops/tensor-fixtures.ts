/** Cases of the ops that move or index, and of convolutions. */
import { get, make, type Plain } from '../testing.ts'
import type { Value } from '../types.ts'
import { sum, whole, type OpCase } from './case-fixtures.ts'
import { conv, convTranspose } from './conv.ts'
import { gather, gatherElements, scatterAdd } from './gather.ts'
import { ends, take } from './rows.ts'
import { concat, expand, pad, reshape, slice, transpose } from './shape.ts'

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
