import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { place } from './place.ts'
import { scrollToRow, visibleRows } from './virtual.ts'

describe('a floating panel', () => {
  it('stands on the other side where there is no room', () => {
    const viewport = { width: 800, height: 600 }
    const size = { width: 100, height: 200 }
    expect(place({ left: 10, top: 500, width: 50, height: 20 }, size, viewport, 'below', 'start').top).toBeLessThan(500)
    expect(place({ left: 10, top: 10, width: 50, height: 20 }, size, viewport, 'below', 'start').top).toBeGreaterThan(
      30,
    )
  })
  it('is never off the window where it fits', () => {
    const length = fc.integer({ min: 0, max: 700 })
    fc.assert(
      fc.property(
        fc.record({ left: length, top: length, width: length, height: length }),
        fc.record({ width: fc.integer({ min: 1, max: 300 }), height: fc.integer({ min: 1, max: 300 }) }),
        fc.constantFrom('below', 'above', 'left', 'right'),
        fc.constantFrom('start', 'centre', 'end'),
        (anchor, size, side, align) => {
          const at = place(anchor, size, { width: 800, height: 600 }, side, align)
          expect(at.left).toBeGreaterThanOrEqual(0)
          expect(at.top).toBeGreaterThanOrEqual(0)
          expect(at.left + size.width).toBeLessThanOrEqual(800)
          expect(at.top + size.height).toBeLessThanOrEqual(600)
        },
      ),
    )
  })
})

describe('a long list', () => {
  it('draws every row in sight and few more', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1e6 }),
        fc.integer({ min: 1, max: 2000 }),
        fc.integer({ min: 0, max: 1e5 }),
        (top, height, count) => {
          const { from, to } = visibleRows(top, height, 40, count)
          for (let y = top; y < Math.min(top + height, count * 40); y += 20) {
            expect(Math.floor(y / 40)).toBeGreaterThanOrEqual(from)
            expect(Math.floor(y / 40)).toBeLessThan(to)
          }
          expect(to - from).toBeLessThan(height / 40 + 15)
        },
      ),
    )
  })
  it('scrolls no further than to show a row', () => {
    expect(scrollToRow(100, 200, 40, 3)).toBe(100)
    expect(scrollToRow(100, 200, 40, 0)).toBe(0)
    expect(scrollToRow(0, 200, 40, 9)).toBe(200)
  })
})
