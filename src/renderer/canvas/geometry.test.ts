import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  apply,
  boundsOf,
  boxBetween,
  boxOfMatrix,
  insidePolygon,
  intersect,
  invert,
  matrixOf,
  roundOut,
  union,
} from './geometry.ts'

const number = fc.double({ min: -500, max: 500, noNaN: true })
const point = fc.record({ x: number, y: number })
const factor = fc.double({ min: 0.1, max: 8, noNaN: true }).chain((s) => fc.constantFrom(s, -s))
const transform = fc.record({
  x: number,
  y: number,
  scaleX: factor,
  scaleY: factor,
  rotation: fc.double({ min: -360, max: 360, noNaN: true }),
})
const box = fc.tuple(point, point).map(([a, b]) => boxBetween(a, b))

test('a transform and its inverse take a point back', () => {
  fc.assert(
    fc.property(transform, point, (t, p) => {
      const matrix = matrixOf(t)
      const back = apply(invert(matrix)!, apply(matrix, p))
      expect(back.x).toBeCloseTo(p.x, 4)
      expect(back.y).toBeCloseTo(p.y, 4)
    }),
  )
})

test('rotation is clockwise on the screen, after scaling and before moving', () => {
  const turned = apply(matrixOf({ x: 10, y: 20, scaleX: 2, scaleY: 1, rotation: 90 }), { x: 3, y: 0 })
  expect(turned.x).toBeCloseTo(10)
  expect(turned.y).toBeCloseTo(26)
})

test('a flat transform has no inverse', () => {
  expect(invert(matrixOf({ x: 0, y: 0, scaleX: 0, scaleY: 1, rotation: 0 }))).toBeNull()
})

test('what two boxes share lies in both, and both lie in their union', () => {
  fc.assert(
    fc.property(box, box, (a, b) => {
      const both = union(a, b)!
      const shared = intersect(a, b)
      const within = (inner: typeof a, outer: typeof a): boolean =>
        inner.x >= outer.x - 1e-9 &&
        inner.y >= outer.y - 1e-9 &&
        inner.x + inner.width <= outer.x + outer.width + 1e-9 &&
        inner.y + inner.height <= outer.y + outer.height + 1e-9
      expect(within(a, both) && within(b, both)).toBe(true)
      if (shared) expect(within(shared, a) && within(shared, b)).toBe(true)
    }),
  )
})

test('rounding out takes whole steps and loses nothing', () => {
  expect(roundOut({ x: 0.2, y: -0.2, width: 1, height: 1 })).toEqual({ x: 0, y: -1, width: 2, height: 2 })
  expect(roundOut({ x: 10, y: 300, width: 20, height: 1 }, 256)).toEqual({ x: 0, y: 256, width: 256, height: 256 })
})

test('bounds of turned corners hold the turned box', () => {
  fc.assert(
    fc.property(transform, box, fc.double({ min: 0, max: 1, noNaN: true }), (t, b, along) => {
      const matrix = matrixOf(t)
      const outer = boxOfMatrix(matrix, b)
      const p = apply(matrix, { x: b.x + b.width * along, y: b.y + b.height * along })
      expect(p.x).toBeGreaterThanOrEqual(outer.x - 1e-6)
      expect(p.x).toBeLessThanOrEqual(outer.x + outer.width + 1e-6)
    }),
  )
})

test('inside a polygon is inside, also of one that is bent', () => {
  const bent = [0, 0, 10, 0, 10, 10, 5, 5, 0, 10]
  expect(insidePolygon(bent, { x: 2, y: 2 })).toBe(true)
  expect(insidePolygon(bent, { x: 5, y: 8 })).toBe(false)
  expect(boundsOf([])).toBeNull()
})
