/** Intervals against published values and their own promises. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { bootstrapMean, clusterBootstrap, correlation, wilsonInterval } from './intervals.ts'

test.each([
  // Newcombe 1998, table I, Wilson without continuity correction.
  [81, 263, 0.2553, 0.3662],
  [15, 148, 0.0624, 0.1605],
  [0, 20, 0, 0.1611],
  [1, 29, 0.0061, 0.1718],
])('Wilson interval of %i in %i', (k, n, low, high) => {
  const interval = wilsonInterval(k, n)
  expect(interval.low).toBeCloseTo(low, 4)
  expect(interval.high).toBeCloseTo(high, 4)
})

test('a share always lies in its interval, and nothing known is anything possible', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.nat(500), (n, raw) => {
      const { low, high, estimate } = wilsonInterval(raw % (n + 1), n)
      expect(low).toBeLessThanOrEqual(estimate)
      expect(high).toBeGreaterThanOrEqual(estimate)
    }),
  )
  expect(wilsonInterval(0, 0)).toMatchObject({ low: 0, high: 1 })
})

test('the bootstrap brackets the mean, repeats itself, and narrows with more values', () => {
  const few = [0, 100, 50, 25, 75]
  const many = Array.from({ length: 40 }, () => few).flat()
  const [a, b] = [bootstrapMean(few), bootstrapMean(many)]
  expect(a).toEqual(bootstrapMean(few))
  expect(a.estimate).toBe(50)
  expect(a.low).toBeLessThan(50)
  expect(a.high).toBeGreaterThan(50)
  expect(b.high - b.low).toBeLessThan((a.high - a.low) / 3)
  expect(bootstrapMean([7, 7])).toEqual({ estimate: 7, low: 7, high: 7 })
  expect(bootstrapMean([]).estimate).toBeNaN()
})

describe('clusterBootstrap', () => {
  const rows = (n: number, seeds: number, value: (prompt: number, seed: number) => number): (number | null)[][][] =>
    Array.from({ length: n }, (_, p) => Array.from({ length: seeds }, (_, s) => [value(p, s), null]))

  test('repeating a prompt under more seeds that all agree does not narrow the interval', () => {
    const value = (p: number): number => (p % 3 === 0 ? 0 : 100)
    const one = clusterBootstrap(rows(60, 1, value), 2).columns[0]!
    const many = clusterBootstrap(rows(60, 8, value), 2).columns[0]!
    expect(many.estimate).toBeCloseTo(one.estimate)
    expect((many.high - many.low) / (one.high - one.low)).toBeCloseTo(1, 0)
  })

  test('seeds that disagree narrow it: there is more to know', () => {
    const random = seededRandom('seeds')
    const one = clusterBootstrap(
      rows(60, 1, () => 100 * random.next()),
      2,
    ).columns[0]!
    const many = clusterBootstrap(
      rows(60, 8, () => 100 * random.next()),
      2,
    ).columns[0]!
    expect(many.high - many.low).toBeLessThan(0.6 * (one.high - one.low))
  })

  test('covers the true mean about as often as it says', () => {
    let covered = 0
    const trials = 120
    for (let t = 0; t < trials; t++) {
      const random = seededRandom('cover', t)
      const clusters = Array.from({ length: 40 }, () => {
        const level = 50 + 10 * random.normal()
        return Array.from({ length: 3 }, () => [level + 5 * random.normal()])
      })
      const { low, high } = clusterBootstrap(clusters, 1, { resamples: 300 }).columns[0]!
      if (low <= 50 && 50 <= high) covered++
    }
    expect(covered / trials).toBeGreaterThan(0.88)
  })

  test('a column nobody has is nothing, and the mean is over the others', () => {
    const { columns, mean } = clusterBootstrap([[[10, null]], [[20, null]]], 2)
    expect(columns[1]!.estimate).toBeNaN()
    expect(mean.estimate).toBe(15)
  })
})

describe('correlation', () => {
  test.each([
    [
      [
        [1, 2],
        [2, 4],
        [3, 6],
      ],
      1,
    ],
    [
      [
        [1, 3],
        [2, 2],
        [3, 1],
      ],
      -1,
    ],
    [
      [
        [1, 1],
        [2, 1],
      ],
      null,
    ],
    [[[1, 1]], null],
  ] as [[number, number][], number | null][])('of %j is %s', (pairs, expected) => {
    if (expected === null) expect(correlation(pairs)).toBeNull()
    else expect(correlation(pairs)).toBeCloseTo(expected)
  })
})
