import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hashWords, restoreRandom, seededRandom } from './random.ts'

describe('a seed', () => {
  test('names a stream that never changes: these numbers are in every data set and checkpoint', () => {
    const random = seededRandom('storybook', 'train', 7, 0)
    const first = [random.next(), random.next(), random.int(1000), random.normal(), random.normal()]
    expect(first.map((x) => x.toPrecision(9))).toMatchInlineSnapshot(`
      [
        "0.412932939",
        "0.311693003",
        "402.000000",
        "1.62216094",
        "0.402287182",
      ]
    `)
    expect(random.state()).toMatchInlineSnapshot(`"3229730575,3162604812,365763471,3661730906|"`)
  })

  test('is the whole list of its parts: order, boundaries and numbers all count', () => {
    const seeds = [
      ['a', 'b'],
      ['ab'],
      ['b', 'a'],
      ['a', 'b', ''],
      ['a', 1],
      ['a', 12],
      ['a', 1, 2],
      ['é'],
      ['e\u0301'],
      [],
    ]
    expect(new Set(seeds.map((parts) => [...hashWords(parts, 4)].join())).size).toBe(seeds.length)
  })

  test('fills every lane with another number', () => {
    expect(new Set(hashWords(['x'], 16)).size).toBe(16)
  })
})

describe('a state', () => {
  test('continues the stream exactly, wherever it was taken', () => {
    fc.assert(
      fc.property(fc.nat(), fc.nat(30), (seed, n) => {
        const random = seededRandom(seed)
        for (let i = 0; i < n; i++) random.normal() // an odd number leaves a spare
        const other = restoreRandom(random.state())
        for (let i = 0; i < 5; i++)
          expect([other.normal(), other.next(), other.int(9)]).toEqual([random.normal(), random.next(), random.int(9)])
        expect(other.state()).toBe(random.state())
      }),
    )
  })

  test.each(['', '1,2,3|', 'a,b,c,d|', '1,2,3,4,5|', '1.5,2,3,4|'])('that is none is refused: "%s"', (state) => {
    expect(() => restoreRandom(state)).toThrow('not a random state')
  })
})

describe('numbers', () => {
  const random = seededRandom('laws')
  test('of next lie in [0, 1), evenly', () => {
    const bins = new Array<number>(10).fill(0)
    for (let i = 0; i < 20_000; i++) {
      const x = random.next()
      expect(x >= 0 && x < 1).toBe(true)
      bins[Math.floor(x * 10)]!++
    }
    for (const n of bins) expect(Math.abs(n - 2000)).toBeLessThan(200)
  })

  test('of normal have mean 0, deviation 1 and the tails of a bell', () => {
    const xs = Array.from({ length: 20_000 }, () => random.normal())
    const mean = xs.reduce((a, b) => a + b) / xs.length
    expect(Math.abs(mean)).toBeLessThan(0.03)
    expect(Math.abs(xs.reduce((a, b) => a + b * b, 0) / xs.length - 1)).toBeLessThan(0.05)
    expect(Math.abs(xs.filter((x) => Math.abs(x) > 1.96).length / xs.length - 0.05)).toBeLessThan(0.01)
    expect(xs.every(Number.isFinite)).toBe(true)
  })

  test('of int and pick stay within bounds and reach all of them', () => {
    const seen = new Set(Array.from({ length: 300 }, () => random.int(7)))
    expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6])
    expect(['a', 'b']).toContain(random.pick(['a', 'b']))
  })

  test('of shuffle are a permutation, all equally likely, and the list itself stays', () => {
    const list = [1, 2, 3]
    const counts = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const key = random.shuffle(list).join()
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(list).toEqual([1, 2, 3])
    expect(counts.size).toBe(6)
    for (const n of counts.values()) expect(Math.abs(n - 1000)).toBeLessThan(150)
  })
})
