import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { missingPages, noPages, PAGE, placeOf, withPage, type Pages } from './history-pages.ts'

const page = (pages: Pages, number: number, total: number): Pages => {
  const count = Math.max(0, Math.min(PAGE, total - number * PAGE))
  const ids = Array.from({ length: count }, (_, i) => `run-${number * PAGE + i}`)
  return withPage(pages, number, ids, total)
}

describe('the history', () => {
  it('asks for what is in sight once, and then knows every row of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 10_000 }), fc.nat(10_000), fc.nat(200), (total, from, length) => {
        let pages: Pages = { ...noPages, total }
        const wanted = missingPages(pages, from, from + length, new Set())
        expect(wanted.length).toBeLessThanOrEqual(length / PAGE + 2)
        for (const number of wanted) pages = page(pages, number, total)
        expect(missingPages(pages, from, from + length, new Set())).toEqual([])
        for (let i = from; i < Math.min(total, from + length); i++) expect(pages.ids.get(i)).toBe(`run-${i}`)
      }),
    )
  })
  it('does not ask again for what is on its way', () => {
    expect(missingPages({ ...noPages, total: 500 }, 0, 250, new Set([0, 2]))).toEqual([1])
  })
  it('forgets places when the number of runs has changed', () => {
    const before = page(page(noPages, 0, 250), 1, 250)
    const after = page(before, 0, 251)
    expect(after.ids.has(150)).toBe(false)
    expect(placeOf(after, 'run-7')).toBe(7)
    expect(placeOf(after, null)).toBe(-1)
  })
})
