/** Intervals against published values and their own promises. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bootstrapMean, wilsonInterval } from './intervals.ts'

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
