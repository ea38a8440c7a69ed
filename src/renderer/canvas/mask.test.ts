import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cropPlane, featherPlane, growPlane, invertPlane, squaredDistances, WHITE, type Plane } from './mask.ts'

const plane = fc
  .tuple(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 14 }))
  .chain(([width, height]) =>
    fc
      .array(fc.constantFrom(0, 0, 0, 90, 200, 255), { minLength: width * height, maxLength: width * height })
      .map((values): Plane => ({ width, height, data: Uint8ClampedArray.from(values) })),
  )
const isWhite = (value: number): boolean => value > WHITE
const filled = (width: number, height: number, value: number): Plane => ({
  width,
  height,
  data: new Uint8ClampedArray(width * height).fill(value),
})
const black = ({ data }: Plane): boolean => data.every((value) => value === 0)

test('inverting twice changes nothing', () => {
  fc.assert(fc.property(plane, (p) => void expect(invertPlane(invertPlane(p)).data).toEqual(p.data)))
})

test('distances are those to the nearest source pixel, exactly', () => {
  fc.assert(
    fc.property(plane, (p) => {
      const found = squaredDistances(p, isWhite)
      for (let i = 0; i < p.data.length; i++) {
        let least = 1e12
        for (let j = 0; j < p.data.length; j++) {
          if (!isWhite(p.data[j]!)) continue
          const dx = (i % p.width) - (j % p.width)
          const dy = Math.floor(i / p.width) - Math.floor(j / p.width)
          least = Math.min(least, dx * dx + dy * dy)
        }
        expect(found[i]).toBe(least)
      }
    }),
  )
})

describe('growing', () => {
  const by = fc.integer({ min: 1, max: 6 })

  test('keeps what was white, and reaches exactly as far as it says', () => {
    fc.assert(
      fc.property(plane, by, (p, n) => {
        const grown = growPlane(p, n).data
        const squared = squaredDistances(p, isWhite)
        grown.forEach((value, i) => expect(value).toBe(squared[i]! <= n * n ? 255 : 0))
      }),
    )
  })

  test('then shrinking by as much holds all that was white', () => {
    fc.assert(
      fc.property(plane, by, (p, n) => {
        const back = growPlane(growPlane(p, n), -n).data
        p.data.forEach((value, i) => isWhite(value) && expect(back[i]).toBe(255))
      }),
    )
  })

  test('shrinking is growing the black', () => {
    fc.assert(
      fc.property(plane, by, (p, n) => {
        expect(growPlane(p, -n).data).toEqual(invertPlane(growPlane(invertPlane(growPlane(p, 0)), n)).data)
      }),
    )
  })

  test('leaves an all-white and an all-black mask as they are', () => {
    fc.assert(
      fc.property(by, fc.boolean(), (n, inwards) => {
        const signed = inwards ? -n : n
        expect(growPlane(filled(9, 5, 255), signed)).toEqual(filled(9, 5, 255))
        expect(black(growPlane(filled(9, 5, 0), signed))).toBe(true)
      }),
    )
  })

  test('by nothing changes nothing', () => {
    fc.assert(fc.property(plane, (p) => void expect(growPlane(p, 0)).toBe(p)))
  })
})

describe('feathering', () => {
  const radius = fc.double({ min: 0, max: 9, noNaN: true })

  test('stays between the darkest and the brightest pixel', () => {
    fc.assert(
      fc.property(plane, radius, (p, r) => {
        const soft = featherPlane(p, r).data
        const low = Math.min(...p.data)
        const high = Math.max(...p.data)
        soft.forEach((value) => expect(value >= low && value <= high).toBe(true))
      }),
    )
  })

  test('leaves an even mask as it is', () => {
    fc.assert(
      fc.property(radius, fc.constantFrom(0, 77, 255), (r, value) => {
        expect(featherPlane(filled(11, 6, value), r)).toEqual(filled(11, 6, value))
      }),
    )
  })

  test('reaches no further than its radius', () => {
    const p = filled(41, 41, 0)
    p.data[20 * 41 + 20] = 255
    for (const r of [1, 3, 5, 8]) {
      const { data } = featherPlane(growPlane(p, 3), r)
      data.forEach((value, i) => {
        const away = Math.max(Math.abs((i % 41) - 20), Math.abs(Math.floor(i / 41) - 20))
        if (away > 3 + r) expect(value).toBe(0)
      })
    }
  })

  test('softens a straight edge evenly to both sides', () => {
    const p: Plane = {
      width: 20,
      height: 1,
      data: Uint8ClampedArray.from({ length: 20 }, (_, x) => (x < 10 ? 0 : 255)),
    }
    const { data } = featherPlane(p, 6)
    for (let x = 0; x < 20; x++) expect(Math.abs(data[x]! + data[19 - x]! - 255)).toBeLessThanOrEqual(2)
    for (let x = 1; x < 20; x++) expect(data[x]!).toBeGreaterThanOrEqual(data[x - 1]!)
  })
})

test('a crop is black where it lies outside', () => {
  const p: Plane = { width: 2, height: 2, data: Uint8ClampedArray.of(1, 2, 3, 4) }
  expect([...cropPlane(p, -1, -1, 3, 3).data]).toEqual([0, 0, 0, 0, 1, 2, 0, 3, 4])
  expect([...cropPlane(p, 1, 1, 2, 2).data]).toEqual([4, 0, 0, 0])
  expect([...cropPlane(p, 5, 0, 1, 2).data]).toEqual([0, 0])
})
