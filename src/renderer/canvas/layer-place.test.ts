import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identityTransform } from '../../shared/document.ts'
import { apply, matrixOf } from './geometry.ts'
import { flipped, placeOf, withPlace, type LayerPlace } from './layer-place.ts'

const bounds = { x: 10, y: 20, width: 40, height: 20 }
const number = fc.double({ min: -500, max: 500, noNaN: true })
const factor = fc.double({ min: 0.1, max: 8, noNaN: true }).chain((s) => fc.constantFrom(s, -s))
const transform = fc.record({
  x: number,
  y: number,
  scaleX: factor,
  scaleY: factor,
  rotation: fc.double({ min: -720, max: 720, noNaN: true }),
})
const size = fc.double({ min: 1, max: 900, noNaN: true })
const fields: readonly (keyof LayerPlace)[] = ['x', 'y', 'width', 'height', 'angle']

const near = (got: LayerPlace, wanted: Partial<LayerPlace>): void => {
  for (const field of fields) if (wanted[field] !== undefined) expect(got[field], field).toBeCloseTo(wanted[field], 5)
}

describe('the place of a layer', () => {
  it('is what it covers, its size and its angle', () => {
    near(placeOf(bounds, identityTransform), { ...bounds, angle: 0 })
    near(placeOf(bounds, { x: 5, y: 0, scaleX: -2, scaleY: 1, rotation: 0 }), { x: -95, y: 20, width: 80, height: 20 })
    near(placeOf(bounds, { ...identityTransform, rotation: 90 }), { x: -40, y: 10, width: 40, height: 20, angle: 90 })
    near(placeOf(bounds, { ...identityTransform, rotation: -270 }), { angle: 90 })
    near(placeOf(bounds, { ...identityTransform, rotation: 540 }), { angle: 180 })
  })

  it('is what was asked for, and a corner and a size that were not stay', () => {
    fc.assert(
      fc.property(transform, number, number, (t, x, y) => {
        near(placeOf(bounds, withPlace(bounds, t, { x, y })), { ...placeOf(bounds, t), x, y })
        near(placeOf(bounds, withPlace(bounds, t, { x })), { ...placeOf(bounds, t), x })
      }),
    )
    fc.assert(
      fc.property(transform, size, (t, width) => {
        near(placeOf(bounds, withPlace(bounds, t, { width })), { ...placeOf(bounds, t), width })
      }),
    )
  })

  it('turns about the middle', () => {
    const middle = { x: 30, y: 30 }
    fc.assert(
      fc.property(transform, fc.integer({ min: -179, max: 180 }), (t, angle) => {
        const next = withPlace(bounds, t, { angle })
        near(placeOf(bounds, next), { angle, width: placeOf(bounds, t).width, height: placeOf(bounds, t).height })
        const [before, after] = [apply(matrixOf(t), middle), apply(matrixOf(next), middle)]
        expect(after.x).toBeCloseTo(before.x, 5)
        expect(after.y).toBeCloseTo(before.y, 5)
      }),
    )
  })

  it('keeps its proportions where that is asked, also at the largest scale', () => {
    near(placeOf(bounds, withPlace(bounds, identityTransform, { width: 80 }, true)), {
      ...bounds,
      width: 80,
      height: 40,
    })
    near(placeOf(bounds, withPlace(bounds, identityTransform, { height: 10 }, true)), {
      ...bounds,
      width: 20,
      height: 10,
    })
    const most = withPlace(bounds, { ...identityTransform, scaleY: 2 }, { width: 1e6 }, true)
    expect([most.scaleX, most.scaleY]).toEqual([500, 1000])
    // Scaled to nothing, it comes back by its own side alone.
    const flat = withPlace(bounds, { ...identityTransform, scaleX: 0 }, { width: 40 }, true)
    expect([flat.scaleX, flat.scaleY]).toEqual([1, 1])
  })

  it('mirrored covers what it covered, and twice is as before', () => {
    fc.assert(
      fc.property(transform, fc.constantFrom('across', 'down'), (t, way) => {
        const once = flipped(bounds, t, way)
        near(placeOf(bounds, once), placeOf(bounds, t))
        const twice = flipped(bounds, once, way)
        for (const key of ['x', 'y', 'scaleX', 'scaleY', 'rotation'] as const) expect(twice[key]).toBeCloseTo(t[key], 5)
      }),
    )
  })
})
