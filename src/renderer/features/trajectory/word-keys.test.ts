import { describe, expect, it } from 'vitest'
import { inNextLine, moveFocus, rangeOf } from './word-keys.ts'

// Three lines: 0 1 2 / 3 4 / 5
const places = [
  { x: 10, y: 0 },
  { x: 40, y: 0 },
  { x: 90, y: 0 },
  { x: 20, y: 30 },
  { x: 80, y: 30 },
  { x: 10, y: 60 },
]
const move = (head: number, key: string, extend = false, anchor = head): ReturnType<typeof moveFocus> =>
  moveFocus({ head, anchor }, key, extend, places.length, () => places)

describe('the keyboard among the words', () => {
  it('goes to the nearest word of the line above or below and stays where there is none', () => {
    expect(inNextLine(places, 2, 1)).toBe(4)
    expect(inNextLine(places, 4, 1)).toBe(5)
    expect(inNextLine(places, 4, -1)).toBe(2)
    expect(inNextLine(places, 0, -1)).toBe(0)
    expect(inNextLine([], 3, 1)).toBe(3)
  })

  it('stays between the first and the last word', () => {
    expect(move(0, 'ArrowLeft')).toEqual({ head: 0, anchor: 0 })
    expect(move(5, 'ArrowRight')).toEqual({ head: 5, anchor: 5 })
    expect(move(2, 'End')).toEqual({ head: 5, anchor: 5 })
    expect(move(2, 'x')).toBeNull()
  })

  it('extends a range with Shift, either way', () => {
    expect(move(3, 'ArrowLeft', true, 4)).toEqual({ head: 2, anchor: 4 })
    expect(rangeOf({ head: 2, anchor: 4 })).toEqual([2, 3, 4])
    expect(rangeOf({ head: 4, anchor: 2 })).toEqual([2, 3, 4])
  })
})
