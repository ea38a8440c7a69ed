import { describe, expect, test } from 'vitest'
import type { TokenSample } from './batch.ts'
import { generateShareOf, mixSources, type MixedPart } from './mixed-source.ts'

/** A set whose samples say where they come from: [set, index]. */
function part(set: number, edits: number, generations: number): MixedPart {
  const sample = (index: number): TokenSample => ({
    inputImage: null,
    instruction: Int32Array.of(set, index),
    outputImage: Int32Array.of(),
    outputText: Int32Array.of(),
  })
  return {
    rows: { edits, generations },
    source: { identity: `set ${set}`, train: sample, validation: (index) => sample(-1 - index) },
  }
}
const drawn = (mixed: ReturnType<typeof mixSources>, count: number, edit = true): number[][] =>
  Array.from({ length: count }, (_, i) => [...mixed.train(i, edit, 0).instruction])

describe('a mixture of two sets', () => {
  test.each([0.1, 0.25, 0.5, 0.8])('draws a share of %d from the second, spread evenly', (share) => {
    const sets = drawn(mixSources(part(0, 5, 0), part(1, 5, 0), share), 200).map(([set]) => set!)
    expect(sets.filter((set) => set === 1)).toHaveLength(200 * share)
    for (let at = 0; at < 200; at += 20) {
      const near = sets.slice(at, at + 20).filter((set) => set === 1).length
      expect(Math.abs(near - 20 * share)).toBeLessThanOrEqual(1)
    }
  })

  test('goes through each set in order, leaving nothing out', () => {
    const rows = drawn(mixSources(part(0, 5, 0), part(1, 5, 0), 0.3), 100)
    for (const set of [0, 1]) {
      const own = rows.filter((row) => row[0] === set).map((row) => row[1])
      expect(own).toEqual(own.map((_, i) => i))
    }
  })

  test('takes a kind that one set lacks from the other', () => {
    const mixed = mixSources(part(0, 5, 0), part(1, 3, 2), 0.25)
    expect(drawn(mixed, 40, false).every(([set]) => set === 1)).toBe(true)
    const back = mixSources(part(0, 5, 2), part(1, 0, 2), 0.5)
    expect(drawn(back, 40, true).every(([set]) => set === 0)).toBe(true)
  })

  test('validates on the first set where it can, and is another run with another share or set', () => {
    const mixed = mixSources(part(0, 5, 0), part(1, 5, 0), 0.5)
    expect([...mixed.validation(3, true).instruction]).toEqual([0, -4])
    expect([...mixSources(part(0, 5, 0), part(1, 5, 5), 0.5).validation(3, false).instruction]).toEqual([1, -4])
    const others = [mixSources(part(0, 5, 0), part(1, 5, 0), 0.4), mixSources(part(0, 5, 0), part(2, 5, 0), 0.5)]
    expect(new Set([mixed, ...others].map((m) => m.identity)).size).toBe(3)
  })

  test('generates as often as the two sets do together', () => {
    expect(generateShareOf({ edits: 200, generations: 0 }, { edits: 5, generations: 1 }, 0.6)).toBeCloseTo(0.1)
  })
})
