/** Cases of the ops of convolutional image tokenizers. */
import { get, make, type Plain } from '../testing.ts'
import { sum, type OpCase } from './case-fixtures.ts'
import { enlarge, groupNorm } from './picture.ts'

const EPS = 1e-3

/** Each group's pixels by their mean and deviation, then each channel by its weight and bias. */
const normalised =
  (groups: number) =>
  (x: Plain, weight: Plain, bias: Plain): Plain => {
    const [, channels, height, width] = x.shape as [number, number, number, number]
    const size = channels / groups
    const count = size * height * width
    return make(x.shape, ([b, c, i, j]) => {
      const first = Math.floor(c! / size) * size
      const at = (n: number): number =>
        get(x, [b!, first + Math.floor(n / (height * width)), Math.floor(n / width) % height, n % width])
      const mean = sum(count, at) / count
      const variance = sum(count, (n) => (at(n) - mean) ** 2) / count
      return ((get(x, [b!, c!, i!, j!]) - mean) / Math.sqrt(variance + EPS)) * get(weight, [c!]) + get(bias, [c!])
    })
  }

export const groupCase = (groups: number, shape: number[]): OpCase => ({
  what: `${shape[1]} channels in ${groups} groups, batch ${shape[0]}`,
  floats: [shape, [shape[1]!], [shape[1]!]],
  build: (x, weight, bias) => groupNorm(x, weight, bias, groups, EPS),
  reference: normalised(groups),
  stops: true,
})

export const enlargeCase = (factor: number, shape = [2, 3, 2, 4]): OpCase => ({
  what: `factor ${factor}`,
  floats: [shape],
  build: (x) => enlarge(x, factor),
  reference: (x) =>
    make([...shape.slice(0, 2), shape[2]! * factor, shape[3]! * factor], ([b, c, i, j]) =>
      get(x, [b!, c!, Math.floor(i! / factor), Math.floor(j! / factor)]),
    ),
  stops: true,
})

export const pictureCases = {
  GroupNorm: [groupCase(2, [1, 6, 3, 4]), groupCase(4, [2, 4, 2, 3]), groupCase(1, [1, 3, 2, 2])],
  Enlarge: [enlargeCase(2), enlargeCase(3)],
} satisfies Record<string, readonly OpCase[]>
