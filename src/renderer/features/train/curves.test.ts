/** Curves from rows. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { trainRow, validationRow } from '../../../shared/training-fixtures.ts'
import { noRows, withRows } from '../../state/training-rows.ts'
import { align, charts, linesOf, smooth, sparkPath, valueAt } from './curves.ts'

const chart = charts.find(({ id }) => id === 'text')!
const rows = withRows(noRows(), [
  trainRow({ step: 1, loss: 4 }),
  trainRow({ step: 2, loss: 2 }),
  validationRow({ step: 2, loss: 3 }),
  trainRow({ step: 3, loss: 1, text: null }),
])

describe('smoothing', () => {
  it('leaves a constant as it is, stays between the extremes, and passes over gaps', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.double({ min: -100, max: 100, noNaN: true })), { minLength: 1 }),
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        (values, weight) => {
          const out = smooth(values, weight)
          const known = values.filter((value) => value !== null)
          for (const [i, value] of out.entries()) {
            expect(value === null).toBe(values[i] === null)
            if (value === null) continue
            expect(value).toBeGreaterThanOrEqual(Math.min(...known) - 1e-9)
            expect(value).toBeLessThanOrEqual(Math.max(...known) + 1e-9)
          }
        },
      ),
    )
    expect(smooth([5, 5, null, 5], 0.9).map((v) => (v === null ? null : Math.round(v * 1e9) / 1e9))).toEqual([
      5,
      5,
      null,
      5,
    ])
  })

  it('is the weighted mean of what came so far', () => {
    // Weights 0.5 and 1: (0.5 * 4 + 1 * 1) / 1.5.
    expect(smooth([4, 1], 0.5)[1]).toBeCloseTo(2)
    expect(smooth([4, 1], 0)).toEqual([4, 1])
  })
})

describe('the lines of a chart', () => {
  it('are the smoothed curve over the raw one, and dots of validation', () => {
    const lines = linesOf(chart, [{ title: 'A', rows }], 'step', 0.5)
    expect(lines.map(({ label, style }) => [label, style])).toEqual([
      ['train, raw', 'pale'],
      ['train', 'line'],
      ['validation', 'dots'],
    ])
    expect(linesOf(chart, [{ title: 'A', rows }], 'step', 0).map(({ style }) => style)).toEqual(['line', 'dots'])
  })

  it('of several runs say whose they are, and stand on steps or on time', () => {
    const lines = linesOf(
      chart,
      [
        { title: 'A', rows },
        { title: 'B', rows },
      ],
      'time',
      0,
    )
    expect(lines.map(({ label, run }) => [label, run])).toEqual([
      ['B, train', 1],
      ['B, validation', 1],
      ['A, train', 0],
      ['A, validation', 0],
    ])
    expect(lines[0]!.x).toEqual([0.5, 1, 1.5])
  })

  it('share one sorted x, on which each keeps its own points', () => {
    const { x, ys } = align(linesOf(chart, [{ title: 'A', rows }], 'step', 0))
    expect(x).toEqual([1, 2, 3])
    expect(ys).toEqual([
      [4, 2, null],
      [undefined, 3, undefined],
    ])
    expect([0, 1, 2].map((i) => valueAt(ys[1]!, i))).toEqual([null, 3, 3])
    expect(valueAt(ys[0]!, 2)).toBeNull()
  })
})

it('a sparkline fills its box, and is nothing where there is nothing to see', () => {
  expect(sparkPath([1, 3, 2], 10, 4)).toBe('M0.0 4.0L5.0 0.0L10.0 2.0')
  expect(sparkPath([1], 10, 4)).toBe('')
  expect(sparkPath([2, 2], 10, 4)).toBe('M0.0 4.0L10.0 4.0')
})
