import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  fitView,
  keepInSight,
  keptView,
  MAX_SCALE,
  MIN_SCALE,
  parseView,
  printView,
  toDocument,
  toScreen,
  viewOfKept,
  visibleBox,
  zoomAt,
  zoomStop,
} from './view.ts'

const number = fc.double({ min: -3000, max: 3000, noNaN: true })
const point = fc.record({ x: number, y: number })
const scale = fc.double({ min: MIN_SCALE, max: MAX_SCALE, noNaN: true })
const view = fc.record({ scale, x: number, y: number })
const size = fc.record({ width: fc.integer({ min: 50, max: 3000 }), height: fc.integer({ min: 50, max: 3000 }) })

test('screen and document are each other back', () => {
  fc.assert(
    fc.property(view, point, (v, p) => {
      const back = toScreen(v, toDocument(v, p))
      expect(back.x).toBeCloseTo(p.x, 5)
      expect(back.y).toBeCloseTo(p.y, 5)
    }),
  )
})

describe('zooming', () => {
  test('holds the point under the pointer', () => {
    fc.assert(
      fc.property(view, scale, point, (v, to, at) => {
        const held = toDocument(v, at)
        const after = toScreen(zoomAt(v, to, at), held)
        expect(after.x).toBeCloseTo(at.x, 3)
        expect(after.y).toBeCloseTo(at.y, 3)
      }),
    )
  })

  test('stays within what a view may be', () => {
    expect(zoomAt({ scale: 1, x: 0, y: 0 }, 1e9, { x: 0, y: 0 }).scale).toBe(MAX_SCALE)
    expect(zoomAt({ scale: 1, x: 0, y: 0 }, 0, { x: 0, y: 0 }).scale).toBe(MIN_SCALE)
  })

  test('by stops always goes the way it is asked to, and ends at the ends', () => {
    fc.assert(
      fc.property(scale, (s) => {
        expect(zoomStop(s, 1) > s || s > MAX_SCALE * 0.99).toBe(true)
        expect(zoomStop(s, -1) < s || s < MIN_SCALE * 1.01).toBe(true)
      }),
    )
    expect(zoomStop(1, 1)).toBe(1.5)
    expect(zoomStop(1.2, -1)).toBe(1)
    expect(zoomStop(MAX_SCALE, 1)).toBe(MAX_SCALE)
  })
})

test('a fitted box is seen whole and in the middle', () => {
  fc.assert(
    fc.property(size, size, (host, s) => {
      const box = { x: 7, y: -9, ...s }
      const v = fitView(host, box, 10)
      const seen = visibleBox(v, host)
      const slack = 2 / v.scale
      expect(seen.x).toBeLessThanOrEqual(box.x + slack)
      expect(seen.x + seen.width).toBeGreaterThanOrEqual(box.x + box.width - slack)
      expect(Math.abs(seen.x + seen.width / 2 - (box.x + box.width / 2))).toBeLessThanOrEqual(slack)
    }),
  )
})

test('panning never loses the document', () => {
  fc.assert(
    fc.property(view, size, size, (v, host, document) => {
      const kept = keepInSight(v, host, document, 20)
      expect(kept.x).toBeLessThanOrEqual(host.width - 20 + 1e-6)
      expect(kept.x + document.width * kept.scale).toBeGreaterThanOrEqual(
        Math.min(20, document.width * kept.scale) - 1e-6,
      )
    }),
  )
})

describe('a kept view', () => {
  test('is the same view in a host of the same size, and has the same middle in another', () => {
    fc.assert(
      fc.property(view, size, size, (v, host, other) => {
        const kept = parseView(printView(keptView(v, host, null)))!
        const same = viewOfKept(kept, host)
        expect(same.scale).toBe(v.scale)
        expect(same.x).toBeCloseTo(v.x, 3)
        expect(same.y).toBeCloseTo(v.y, 3)
        const middle = toDocument(viewOfKept(kept, other), { x: other.width / 2, y: other.height / 2 })
        expect(middle.x).toBeCloseTo(kept.middle.x, 3)
      }),
    )
  })

  test.each(['', 'null', '[1,2,3]', '[1,2,"3",null]', '[1,2,3,"left"]', '[1e999,2,3,null]', '{}'])(
    'is not read from %j',
    (text) => {
      expect(parseView(text)).toBeNull()
    },
  )
})
