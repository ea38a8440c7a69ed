import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom, type Random } from '../data/random.ts'
import { corruptionSchema, drawRatios, lossWeight, maskBernoulli, maskExactly } from './corruption.ts'

const seed = fc.nat()
const ratio = fc.double({ min: 1e-6, max: 1, noNaN: true })
const length = fc.integer({ min: 1, max: 200 })
const count = (mask: Uint8Array): number => mask.reduce((a, b) => a + b, 0)
const config = (part: object = {}): ReturnType<typeof corruptionSchema.parse> => corruptionSchema.parse(part)
/** A random stream that gives these numbers and then fails. */
const scripted = (...values: number[]): Random => {
  const rest = [...values]
  return { ...seededRandom('unused'), next: () => rest.shift() ?? expect.unreachable('one draw too many') }
}

describe('mask ratios', () => {
  test('share one progress r along the sampler’s schedules: 1 - r for text, cos(pi r / 2) for image', () => {
    for (const r of [0, 0.25, 0.5, 0.99]) {
      const { text, image } = drawRatios(config({ independent: 0 }), scripted(r, 0.5))
      expect(text).toBeCloseTo(1 - r, 12)
      expect(image).toBeCloseTo(Math.cos((Math.PI / 2) * r), 12)
    }
  })

  test('or each has its own', () => {
    const { text, image } = drawRatios(config({ independent: 1 }), scripted(0.25, 0.5, 0.75))
    expect(text).toBeCloseTo(0.75, 12)
    expect(image).toBeCloseTo(Math.cos((Math.PI / 2) * 0.75), 12)
  })

  test('lie in (0, 1], and the share of independent draws is the config’s', () => {
    const random = seededRandom('ratios')
    let independent = 0
    for (let i = 0; i < 4000; i++) {
      const { text, image } = drawRatios(config({ independent: 0.3 }), random)
      for (const t of [text, image]) expect(t > 0 && t <= 1).toBe(true)
      if (Math.abs(image - Math.cos((Math.PI / 2) * (1 - text))) > 1e-9) independent++
    }
    expect(independent / 4000).toBeGreaterThan(0.27)
    expect(independent / 4000).toBeLessThan(0.33)
  })

  test('of a sequential timeline mask one modality beside one that is whole or all masked', () => {
    const sequential = config({ timeline: 'sequential' })
    expect(drawRatios(sequential, scripted(0.25, 0.4))).toEqual({ text: 0.75, image: 1, only: 'text' })
    const { image, ...rest } = drawRatios(sequential, scripted(0.25, 0.6))
    expect(rest).toEqual({ text: 0, only: 'image' })
    expect(image).toBeCloseTo(Math.cos((Math.PI / 2) * 0.25), 12)
  })
})

describe('masks', () => {
  test('an exact mask holds max(1, round(ratio n)) positions', () => {
    fc.assert(
      fc.property(seed, length, ratio, (s, n, t) => {
        const mask = maskExactly(n, t, seededRandom(s))
        expect(mask).toHaveLength(n)
        expect(count(mask)).toBe(Math.max(1, Math.round(t * n)))
        expect(mask.every((v) => v === 0 || v === 1)).toBe(true)
      }),
    )
  })

  test('an exact mask takes every position equally often', () => {
    const random = seededRandom('uniform')
    const hits = new Array<number>(10).fill(0)
    for (let i = 0; i < 5000; i++) maskExactly(10, 0.3, random).forEach((v, p) => (hits[p] = hits[p]! + v))
    for (const n of hits) expect(Math.abs(n - 1500)).toBeLessThan(150) // 4.6 deviations
  })

  test('a Bernoulli mask never is empty', () => {
    fc.assert(
      fc.property(seed, length, ratio, (s, n, t) => {
        const mask = maskBernoulli(n, t, seededRandom(s))
        expect(mask).toHaveLength(n)
        expect(count(mask)).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('a Bernoulli mask holds its ratio on average, at every position', () => {
    const random = seededRandom('bernoulli')
    const hits = new Array<number>(20).fill(0)
    for (let i = 0; i < 4000; i++) maskBernoulli(20, 0.4, random).forEach((v, p) => (hits[p] = hits[p]! + v))
    for (const n of hits) expect(Math.abs(n - 1600)).toBeLessThan(150)
  })

  test('both mask everything at ratio 1', () => {
    expect(count(maskExactly(30, 1, seededRandom(1)))).toBe(30)
    expect(count(maskBernoulli(30, 1, seededRandom(1)))).toBe(30)
  })
})

describe('weights', () => {
  test('1/t is clipped, 1 is 1', () => {
    fc.assert(
      fc.property(ratio, fc.double({ min: 1, max: 50, noNaN: true }), (t, limit) => {
        const weight = lossWeight('inverse-t', t, limit)
        expect(weight).toBe(Math.min(limit, 1 / t))
        expect(weight).toBeGreaterThanOrEqual(1)
        expect(lossWeight('one', t, limit)).toBe(1)
      }),
    )
  })
})

test('the defaults are the paper’s: 1/t for text, 1 for image, a tenth of each condition dropped', () => {
  expect(config()).toMatchObject({
    textWeight: 'inverse-t',
    imageWeight: 'one',
    dropText: 0.1,
    dropImage: 0.1,
    changedCellWeight: 1,
  })
  for (const bad of [
    { independent: 2 },
    { maxInverseT: 0.5 },
    { dropText: -0.1 },
    { changedCellWeight: 0 },
    { nonsense: 1 },
  ]) {
    expect(corruptionSchema.safeParse(bad).success).toBe(false)
  }
})
