/** The rules behind a schedule's kind: every token decided once, as many at each update as the code they come from. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { rules, type RuleName } from './rules.ts'
import { makePlan } from './schedule.ts'

/** Tokens decided at each update of an untouched run. */
function reveals(name: RuleName, total: number, steps: readonly number[], of: number): number[] {
  let masked = total
  return steps.map((step, k) => {
    const count = masked === 0 ? 0 : rules[name].reveal({ total, masked, i: k + 1, n: steps.length, step, steps: of })
    masked -= count
    return count
  })
}

const all = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)

describe.each(Object.keys(rules) as RuleName[])('%s', (name) => {
  test('decides every token by its last update, and never more than are masked', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 130 }), (total, n) => {
        const counts = reveals(name, total, all(n), n)
        expect(counts.reduce((a, b) => a + b, 0)).toBe(total)
        expect(Math.min(...counts)).toBeGreaterThanOrEqual(0)
      }),
    )
  })
})

test('M: 255 words in 128 steps are two a step, one in the last', () => {
  expect(reveals('even', 255, all(128), 128)).toEqual([...new Array<number>(127).fill(2), 1])
})

test('A: what is left is cut to a whole number', () => {
  expect(reveals('truncated', 10, all(4), 4)).toEqual([3, 2, 3, 2])
})

test('released images: the first of 64 updates in 128 steps reveals 83 of 1024', () => {
  const { image } = makePlan('parallel', 128, 64, true)
  expect(image[0]).toBe(33)
  expect(image.at(-1)).toBe(128)
  expect(reveals('cosine-gaussian', 1024, image, 128)[0]).toBe(83)
})

test('released image steps are those of linspace, halves to even', () => {
  expect(makePlan('parallel', 24, 9, true).image).toEqual([7, 9, 11, 13, 15, 18, 20, 22, 24])
  expect(makePlan('parallel', 24, 24, true).image).toEqual(all(24))
  expect(makePlan('sequential', 24, 3, true)).toEqual(makePlan('sequential', 24, 3))
})
