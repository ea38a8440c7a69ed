import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatNumber, nudge, readNumber, settle } from './number.ts'

const range = { min: 0, max: 2, step: 0.05 }

describe('a number', () => {
  it('is refused with the reason', () => {
    expect(readNumber('', range)).toEqual({ reason: 'A number is needed here.' })
    expect(readNumber('warm', range)).toEqual({ reason: '"warm" is not a number.' })
    expect(readNumber('3', range)).toEqual({ reason: 'From 0 to 2.' })
    expect(readNumber('1.5', { min: 1, max: 9, step: 1 })).toEqual({ reason: 'A whole number is needed here.' })
  })
  it('may be typed with a comma', () => {
    expect(readNumber(' 1,25 ', range)).toEqual({ value: 1.25 })
  })
  it('stays in range and reads back as it is shown, wherever it is dragged', () => {
    fc.assert(
      fc.property(fc.double({ min: -10, max: 10, noNaN: true }), (value) => {
        const settled = settle(value, range)
        expect(settled).toBeGreaterThanOrEqual(0)
        expect(settled).toBeLessThanOrEqual(2)
        expect(readNumber(formatNumber(settled, range.step), range)).toEqual({ value: settled })
      }),
    )
  })
  it('goes a step with an arrow and ten with Shift', () => {
    expect(nudge(1, 'ArrowUp', false, range)).toBe(1.05)
    expect(nudge(1, 'ArrowDown', true, range)).toBe(0.5)
    expect(nudge(1, 'End', false, range)).toBe(2)
    expect(nudge(1, 'a', false, range)).toBeNull()
  })
})
