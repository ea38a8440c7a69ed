/** Words and numbers of the bench: what a person reads has the right sign, unit and shade. */
import { describe, expect, test } from 'vitest'
import {
  number,
  percentOf,
  range,
  readSeeds,
  reasonWords,
  shade,
  signed,
  unconfirmedWords,
  verdict,
} from './bench-words.ts'

describe('numbers', () => {
  test('have one digit, a true minus, a plus where they say a difference, and a dash for nothing', () => {
    expect([number(97.64), number(-2), number(null)]).toEqual(['97.6', '−2.0', '–'])
    expect([signed(1.26), signed(-1.26), signed(0), signed(0.01)]).toEqual(['+1.3', '−1.3', '0.0', '0.0'])
  })

  test('of shares are shown as per cent, others as they are', () => {
    expect(percentOf('right_image', 0.9)).toBe(90)
    expect(percentOf('text_quality', 90)).toBe(90)
    expect(range('right_image', { value: 0.9, low: 0.884, high: 0.946 })).toBe('88.4–94.6')
  })

  test('shade a cell towards both ends and leave the middle plain', () => {
    expect(shade(50).share).toBe(0)
    expect([shade(0), shade(100), shade(250)]).toEqual([
      { tone: 'low', share: 35 },
      { tone: 'high', share: 30 },
      { tone: 'high', share: 30 },
    ])
  })

  test('of a difference are a finding only where the interval leaves zero out', () => {
    expect([verdict({ low: 0.1, high: 2 }), verdict({ low: -2, high: -0.1 }), verdict({ low: -1, high: 1 })]).toEqual([
      'better',
      'worse',
      'open',
    ])
  })
})

describe('sentences', () => {
  test('of a reason name its dimension; those of older results are as they were', () => {
    expect(reasonWords({ dimension: 'image_quality', why: '2 of 16 cells are not clean.' })).toBe(
      'Image quality: 2 of 16 cells are not clean.',
    )
    expect(reasonWords('b3 shows the dog, not nothing.')).toBe('b3 shows the dog, not nothing.')
  })

  test('of a model that was not named count the answers', () => {
    expect([0, 1, 7].map(unconfirmedWords)).toEqual([
      '',
      expect.stringContaining('in 1 answer:'),
      expect.stringContaining('in 7 answers:'),
    ])
  })
})

describe('seeds', () => {
  test.each([
    ['1', [1]],
    ['1, 2,3', [1, 2, 3]],
    ['3 3 1', [3, 1]],
    ['4294967295', [4294967295]],
    ['', null],
    ['1.5', null],
    ['-1', null],
    ['4294967296', null],
    ['one', null],
  ])('"%s"', (text, wanted) => expect(readSeeds(text)).toEqual(wanted))
})
