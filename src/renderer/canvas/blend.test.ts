import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { over, resultAlpha, resultPixels } from './blend.ts'
import { cellsOf } from './cells.ts'
import type { Plane } from './mask.ts'

const SIDE = 16
const grid = { size: 16, grid: 4 }
const bytes = (values: readonly number[]) => Uint8ClampedArray.from(values)
const pixels = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: SIDE * SIDE * 4, maxLength: SIDE * SIDE * 4 })
const mask = fc
  .array(fc.constantFrom(0, 0, 60, 127, 128, 255), { minLength: SIDE * SIDE, maxLength: SIDE * SIDE })
  .map((values): Plane => ({ width: SIDE, height: SIDE, data: bytes(values) }))
const whole = { x: 0, y: 0, width: SIDE, height: SIDE }
const opaque = (values: readonly number[]) => bytes(values.map((value, i) => (i % 4 === 3 ? 255 : value)))

describe('an accepted result', () => {
  test('of the painted mask leaves every pixel outside it as it was, to the byte', () => {
    fc.assert(
      fc.property(pixels, pixels, mask, fc.integer({ min: 0, max: 8 }), (before, result, m, feather) => {
        const free = { cells: cellsOf(m, whole, grid), grid: grid.grid }
        const layer = resultPixels(opaque(result), resultAlpha(SIDE, SIDE, m, feather, free))
        const after = over(bytes(before), layer)
        for (let i = 0; i < m.data.length; i++) {
          if (m.data[i] !== 0) continue
          expect([...after.subarray(4 * i, 4 * i + 4)]).toEqual(before.slice(4 * i, 4 * i + 4))
          expect([...layer.subarray(4 * i, 4 * i + 4)]).toEqual([0, 0, 0, 0])
        }
      }),
    )
  })

  test('of whole cells leaves every pixel outside those cells as it was, and fills them', () => {
    fc.assert(
      fc.property(pixels, pixels, mask, (before, result, m) => {
        const free = { cells: cellsOf(m, whole, grid), grid: grid.grid }
        const shown = opaque(result)
        const layer = resultPixels(shown, resultAlpha(SIDE, SIDE, m, 0, free, 'cells'))
        const after = over(bytes(before), layer)
        for (let i = 0; i < m.data.length; i++) {
          const cell = Math.floor(Math.floor(i / SIDE) / 4) * 4 + Math.floor((i % SIDE) / 4)
          const from = free.cells.includes(cell) ? shown : before
          expect([...after.subarray(4 * i, 4 * i + 4)]).toEqual([...from.slice(4 * i, 4 * i + 4)])
        }
      }),
    )
  })

  test('leaves cells as they were that the model did not redraw', () => {
    fc.assert(
      fc.property(pixels, mask, fc.uniqueArray(fc.integer({ min: 0, max: 15 })), (result, m, cells) => {
        const layer = resultPixels(opaque(result), resultAlpha(SIDE, SIDE, m, 0, { cells, grid: 4 }))
        for (let i = 0; i < m.data.length; i++) {
          const cell = Math.floor(Math.floor(i / SIDE) / 4) * 4 + Math.floor((i % SIDE) / 4)
          if (!cells.includes(cell)) expect(layer[4 * i + 3]).toBe(0)
        }
      }),
    )
  })

  test('shows the result alone where the mask is white and the edge is far', () => {
    fc.assert(
      fc.property(pixels, pixels, (before, result) => {
        const white: Plane = { ...whole, data: new Uint8ClampedArray(SIDE * SIDE).fill(255) }
        const shown = opaque(result)
        const layer = resultPixels(shown, resultAlpha(SIDE, SIDE, white, 5, null))
        expect(over(bytes(before), layer)).toEqual(shown)
      }),
    )
  })

  test('fills its box where no mask was set', () => {
    expect(resultAlpha(3, 2, null, 4, null).data.every((value) => value === 255)).toBe(true)
  })
})

test('a feather fades inwards from the edge, further in is never fainter', () => {
  const m: Plane = { ...whole, data: new Uint8ClampedArray(SIDE * SIDE) }
  for (let y = 0; y < SIDE; y++) m.data.fill(255, y * SIDE + 6, (y + 1) * SIDE)
  const { data } = resultAlpha(SIDE, SIDE, m, 4, null)
  const row = [...data.subarray(8 * SIDE, 9 * SIDE)]
  expect(row.slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0])
  expect(row.slice(6, 11)).toEqual([51, 102, 153, 204, 255])
  for (let x = 1; x < SIDE; x++) expect(row[x]!).toBeGreaterThanOrEqual(row[x - 1]!)
})
