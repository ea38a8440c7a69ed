import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cellAt, cellBox, cellRows, cellsOf, cellsUnder, joinedBoxes, outlineOf } from './cells.ts'
import { insidePolygon } from './geometry.ts'
import { blankPlane, type Plane } from './mask.ts'

const model = { size: 32, grid: 4 }
const cellSet = fc.uniqueArray(fc.integer({ min: 0, max: 15 })).map((cells) => cells.sort((a, b) => a - b))

function paint(plane: Plane, x: number, y: number, width: number, height: number): Plane {
  for (let row = y; row < y + height; row++) plane.data.fill(255, row * plane.width + x, row * plane.width + x + width)
  return plane
}

/** By search: the pixel whose extent holds the middle of a model's pixel. The engine is held to the same (images.test.ts). */
const under = (from: number, i: number, to: number): number => {
  for (let p = 0; ; p++) if ((2 * i + 1) * from < 2 * to * (p + 1)) return p
}
function searchedCells(plane: Plane): number[] {
  const { size, grid } = model
  const data = Array.from(
    { length: size * size },
    (_, i) =>
      plane.data[under(plane.height, Math.floor(i / size), size) * plane.width + under(plane.width, i % size, size)]!,
  )
  const free = new Set<number>()
  data.forEach((value, i) => {
    if (value > 127)
      free.add(Math.floor(Math.floor(i / size) / (size / grid)) * grid + Math.floor((i % size) / (size / grid)))
  })
  return [...free].sort((a, b) => a - b)
}

describe('cells a mask frees', () => {
  test('are those with any white pixel', () => {
    const box = { x: 0, y: 0, width: 32, height: 32 }
    expect(cellsOf(blankPlane(32, 32), box, model)).toEqual([])
    expect(cellsOf(paint(blankPlane(32, 32), 7, 7, 1, 1), box, model)).toEqual([0])
    expect(cellsOf(paint(blankPlane(32, 32), 7, 7, 2, 1), box, model)).toEqual([0, 1])
  })

  test('are all of them for a white mask, wherever the box stands inside it', () => {
    const white = paint(blankPlane(90, 90), 0, 0, 90, 90)
    const all = Array.from({ length: 16 }, (_, i) => i)
    expect(cellsOf(white, { x: 11, y: 20, width: 50, height: 50 }, model)).toEqual(all)
  })

  test('are none where the box hangs over the edge of the document', () => {
    const white = paint(blankPlane(32, 32), 0, 0, 32, 32)
    expect(cellsOf(white, { x: 16, y: 0, width: 32, height: 32 }, model)).toEqual([0, 1, 4, 5, 8, 9, 12, 13])
  })

  test('are those under the middles of the pixels the model reads', () => {
    const rectangle = fc.tuple(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }))
    const sides = fc.integer({ min: 12, max: 260 })
    fc.assert(
      fc.property(sides, fc.array(rectangle, { maxLength: 4 }), (side, rectangles) => {
        const plane = blankPlane(side, side)
        for (const [x, y, w, h] of rectangles) paint(plane, x % (side - 9), y % (side - 9), w, h)
        expect(cellsOf(plane, { x: 0, y: 0, width: side, height: side }, model)).toEqual(searchedCells(plane))
      }),
      { numRuns: 120 },
    )
  })
})

describe('a cell on the document', () => {
  const box = { x: 10, y: -5, width: 40, height: 40 }

  test('is found again by its middle', () => {
    for (let cell = 0; cell < 16; cell++) {
      const { x, y, width, height } = cellBox(box, 4, cell)
      expect(cellAt(box, 4, { x: x + width / 2, y: y + height / 2 })).toBe(cell)
    }
    expect(cellAt(box, 4, { x: 9, y: 0 })).toBeNull()
  })

  test('is touched by a brush whose edge reaches it', () => {
    expect(cellsUnder(box, 4, { x: 15, y: 0 }, 1)).toEqual([0])
    expect(cellsUnder(box, 4, { x: 19.5, y: 0 }, 1)).toEqual([0, 1])
    expect(cellsUnder(box, 4, { x: 15, y: 0 }, 0)).toEqual([0])
  })
})

test('an outline has a line exactly between a cell of the set and one outside', () => {
  fc.assert(
    fc.property(cellSet, (cells) => {
      const set = new Set(cells)
      const has = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < 4 && y < 4 && set.has(y * 4 + x)
      const units = new Set<string>()
      for (const [x0, y0, x1, y1] of outlineOf(set, 4))
        for (let i = 0; i < Math.max(x1 - x0, y1 - y0); i++)
          units.add(x1 > x0 ? `h ${x0 + i} ${y0}` : `v ${x0} ${y0 + i}`)
      for (let y = 0; y <= 4; y++)
        for (let x = 0; x <= 4; x++) {
          if (x < 4) expect(units.has(`h ${x} ${y}`)).toBe(has(x, y) !== has(x, y - 1))
          if (y < 4) expect(units.has(`v ${x} ${y}`)).toBe(has(x, y) !== has(x - 1, y))
        }
    }),
  )
})

test('rows cover a set of cells once, and one polygon fills them all', () => {
  const box = { x: 4, y: 8, width: 40, height: 40 }
  fc.assert(
    fc.property(cellSet, (cells) => {
      const rows = cellRows(box, 4, cells)
      const polygon = joinedBoxes(rows)
      for (let cell = 0; cell < 16; cell++) {
        const { x, y, width, height } = cellBox(box, 4, cell)
        const middle = { x: x + width / 2 + 0.37, y: y + height / 2 + 0.13 }
        const inside = rows.filter(
          (row) =>
            middle.x > row.x && middle.x < row.x + row.width && middle.y > row.y && middle.y < row.y + row.height,
        )
        expect(inside.length).toBe(cells.includes(cell) ? 1 : 0)
        expect(insidePolygon(polygon, middle)).toBe(cells.includes(cell))
      }
    }),
  )
})
