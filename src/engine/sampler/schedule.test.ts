import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { curves, defaultCurves, leftAfter, makePlan, revealCount, type CurveName } from './schedule.ts'

const modes = ['parallel', 'sequential', 'semi-parallel', 'image-only'] as const
const anyMode = fc.constantFrom(...modes)
const anyCurve = fc.constantFrom<CurveName>('linear', 'cosine')
const steps = fc.integer({ min: 1, max: 200 })
const total = fc.integer({ min: 0, max: 1100 })

describe('the plans of the four modes', () => {
  const cases: [
    mode: (typeof modes)[number],
    steps: number,
    imageSteps: number | undefined,
    text: number[],
    image: number[],
  ][] = [
    ['parallel', 4, undefined, [1, 2, 3, 4], [1, 2, 3, 4]],
    ['sequential', 4, undefined, [1, 2], [3, 4]],
    ['semi-parallel', 4, undefined, [1, 2, 3, 4], [3, 4]],
    ['image-only', 4, undefined, [], [1, 2, 3, 4]],
    ['sequential', 5, undefined, [1, 2, 3], [4, 5]],
    ['semi-parallel', 5, undefined, [1, 2, 3, 4, 5], [4, 5]],
    ['parallel', 8, 4, [1, 2, 3, 4, 5, 6, 7, 8], [2, 4, 6, 8]],
    ['parallel', 8, 3, [1, 2, 3, 4, 5, 6, 7, 8], [3, 5, 8]],
    ['sequential', 8, 2, [1, 2, 3, 4], [6, 8]],
    ['image-only', 6, 1, [], [6]],
    ['parallel', 4, 9, [1, 2, 3, 4], [1, 2, 3, 4]],
    ['parallel', 4, 0, [1, 2, 3, 4], [4]],
    ['parallel', 1, undefined, [1], [1]],
    ['sequential', 1, undefined, [1], [1]],
    ['semi-parallel', 1, undefined, [1], [1]],
  ]
  test.each(cases)('%s, %i steps, %s image steps', (mode, steps, imageSteps, text, image) => {
    expect(makePlan(mode, steps, imageSteps)).toEqual({ steps, text, image })
  })

  test('every plan ends on its last step, within the timeline, in ascending order, with as many image steps as asked or possible', () => {
    fc.assert(
      fc.property(anyMode, steps, fc.integer({ min: 1, max: 220 }), (mode, n, imageSteps) => {
        const { text, image } = makePlan(mode, n, imageSteps)
        for (const list of [text, image]) {
          expect(list.every((step, i) => step >= 1 && step <= n && (i === 0 || step > list[i - 1]!))).toBe(true)
        }
        expect(image.at(-1)).toBe(n)
        expect(image.length).toBe(Math.min(imageSteps, makePlan(mode, n).image.length))
        if (mode === 'image-only') expect(text).toEqual([])
        else expect(text.length).toBeGreaterThan(0)
        if (mode === 'sequential' && n > 1) expect(text.at(-1)!).toBeLessThan(image[0]!)
      }),
    )
  })

  test('text falls linearly and images along a cosine, unless asked otherwise', () => {
    expect(defaultCurves).toEqual({ text: 'linear', image: 'cosine' })
    expect([curves.linear(0.25), curves.cosine(0.5)]).toEqual([0.75, Math.cos(Math.PI / 4)])
  })
})

describe('what is left masked', () => {
  test.each<[CurveName, number, number, number, number]>([
    ['linear', 256, 1, 128, 254],
    ['linear', 256, 64, 128, 128],
    ['linear', 36, 1, 16, 33],
    ['cosine', 1024, 1, 128, 1023],
    ['cosine', 1024, 33, 128, 941], // the paper's first image step at T = 128: 83 of 1024 revealed
    ['cosine', 64, 1, 16, 63],
    ['cosine', 64, 8, 16, 45],
    ['cosine', 64, 16, 16, 0],
    ['linear', 10, 3, 10, 7],
  ])('%s: of %i, after update %i of %i: %i', (curve, total, i, n, left) => {
    expect(leftAfter(curve, total, i, n)).toBe(left)
  })

  test('starts at the total, never grows, and is nothing after the last update', () => {
    fc.assert(
      fc.property(anyCurve, total, steps, (curve, count, n) => {
        expect(leftAfter(curve, count, 0, n)).toBe(count)
        for (let i = 1; i <= n; i++)
          expect(leftAfter(curve, count, i, n)).toBeLessThanOrEqual(leftAfter(curve, count, i - 1, n))
        expect(leftAfter(curve, count, n, n)).toBe(0)
      }),
    )
  })
})

describe('how many are decided', () => {
  test('on an untouched run the counts are the schedule and sum to the total', () => {
    fc.assert(
      fc.property(anyCurve, total, steps, (curve, count, n) => {
        let masked = count
        for (let i = 1; i <= n; i++) {
          const reveal = revealCount(curve, count, masked, i, n)
          expect(reveal).toBe(leftAfter(curve, count, i - 1, n) - leftAfter(curve, count, i, n))
          masked -= reveal
        }
        expect(masked).toBe(0)
      }),
    )
  })

  test('whatever a person masks or fills between steps, never more than there is, and nothing is left after the last', () => {
    const edits = fc.array(fc.integer({ min: -40, max: 40 }), { maxLength: 60 })
    fc.assert(
      fc.property(
        anyCurve,
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 60 }),
        edits,
        (curve, count, n, changes) => {
          let masked = count
          for (let i = 1; i <= n; i++) {
            masked = Math.min(count, Math.max(0, masked + (changes[i - 1] ?? 0)))
            const reveal = revealCount(curve, count, masked, i, n)
            expect(Number.isInteger(reveal) && reveal >= 0 && reveal <= masked).toBe(true)
            masked -= reveal
          }
          expect(masked).toBe(0)
        },
      ),
    )
  })

  test.each<[string, CurveName, number, number, number, number, number]>([
    ['twice as many masked: the same share, twice as many', 'linear', 16, 24, 3, 8, 4],
    ['half of them filled in: the same share', 'linear', 16, 6, 3, 8, 1],
    ['a run that had nothing masked and now has: evenly over the updates left', 'cosine', 0, 6, 2, 4, 2],
    ['the last update takes all', 'cosine', 64, 17, 16, 16, 17],
    ['nothing masked, nothing decided', 'linear', 16, 0, 3, 8, 0],
  ])('%s', (_, curve, count, masked, i, n, expected) => {
    expect(revealCount(curve, count, masked, i, n)).toBe(expected)
  })
})
