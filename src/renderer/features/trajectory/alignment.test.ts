/** The curve of the alignment strip. */
import { expect, test } from 'vitest'
import { alignmentPath } from './alignment.ts'

test('a mark stands at its step, the lowest at the floor and the highest at the ceiling', () => {
  const marks = [
    { step: 1, value: 0.2 },
    { step: 2, value: 0.7 },
    { step: 4, value: 0.45 },
  ]
  expect(alignmentPath(marks, 4, 100, 34)).toBe('M30.0 32.0L50.0 2.0L90.0 17.0')
})

test('equal marks are a line in the middle, and none are no line', () => {
  expect(
    alignmentPath(
      [
        { step: 1, value: 0.5 },
        { step: 2, value: 0.5 },
      ],
      2,
      10,
      20,
    ),
  ).toBe('M5.0 10.0L8.3 10.0')
  expect(alignmentPath([], 8, 10, 20)).toBe('')
})
