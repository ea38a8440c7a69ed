import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cornerAt, movedBox, spannedBox } from './box.ts'
import { drag, recordingContext, testDocument } from './testing.ts'
import { toolOf } from './index.ts'

const document = { width: 512, height: 300 }
const point = fc.record({ x: fc.integer({ min: -200, max: 700 }), y: fc.integer({ min: -200, max: 700 }) })
const inside = (x: number, y: number, width: number, height: number): boolean =>
  x >= 0 && y >= 0 && x + width <= document.width && y + height <= document.height

describe('the generation box', () => {
  test('stays square, at whole pixels and on the document, however its corner is dragged', () => {
    const anchor = fc.record({ x: fc.integer({ min: 16, max: 496 }), y: fc.integer({ min: 16, max: 284 }) })
    fc.assert(
      fc.property(anchor, point, fc.integer({ min: 0, max: 12 }), (from, to, reach) => {
        const { x, y, width, height } = spannedBox(document, from, to, 128, reach)
        expect(width).toBe(height)
        expect(Number.isInteger(width)).toBe(true)
        expect(inside(x, y, width, height)).toBe(true)
        expect(width).toBeGreaterThanOrEqual(16)
      }),
    )
  })

  test('stays on the document, however it is moved', () => {
    fc.assert(
      fc.property(point, fc.integer({ min: 16, max: 300 }), (to, side) => {
        const { x, y, width, height } = movedBox(document, { x: 0, y: 0, width: side, height: side }, to, 6)
        expect(inside(x, y, width, height)).toBe(true)
      }),
    )
  })

  test('snaps to the model’s size and to the document’s edges', () => {
    expect(spannedBox(document, { x: 0, y: 0 }, { x: 131, y: 90 }, 128, 6).width).toBe(128)
    expect(spannedBox(document, { x: 0, y: 0 }, { x: 253, y: 90 }, 128, 6).width).toBe(256)
    expect(spannedBox(document, { x: 0, y: 0 }, { x: 297, y: 90 }, 128, 6).width).toBe(300)
    expect(spannedBox(document, { x: 0, y: 0 }, { x: 131, y: 90 }, 128, 0).width).toBe(131)
    expect(movedBox(document, { x: 9, y: 9, width: 100, height: 100 }, { x: 4, y: 103 }, 6)).toMatchObject({
      x: 0,
      y: 100,
    })
  })

  test('has corners that can be taken hold of', () => {
    const box = { x: 10, y: 20, width: 100, height: 100 }
    expect(cornerAt(box, { x: 12, y: 118 }, 5)).toBe('sw')
    expect(cornerAt(box, { x: 110, y: 120 }, 5)).toBe('se')
    expect(cornerAt(box, { x: 60, y: 20 }, 5)).toBeNull()
  })

  test('is resized from the corner that is not dragged', () => {
    const wide = testDocument({ width: 512, height: 512, box: { x: 100, y: 100, width: 100, height: 100 } })
    const { context, commands } = recordingContext({ document: wide })
    drag(
      toolOf('box'),
      context,
      [
        [100, 100],
        [60, 90],
      ],
      { ctrl: true },
    )
    expect(commands).toEqual([{ type: 'setBox', box: { x: 60, y: 60, width: 140, height: 140 } }])
  })

  test('is moved and resized by arrows', () => {
    const wide = testDocument({ width: 512, height: 512, box: { x: 100, y: 100, width: 100, height: 100 } })
    const { context, commands } = recordingContext({ document: wide })
    const press = (key: string, more: object): void =>
      void toolOf('box').key?.(context, { key, shift: false, alt: false, ctrl: false, ...more })
    press('ArrowLeft', { shift: true })
    press('ArrowRight', { alt: true })
    press('ArrowUp', { alt: true })
    expect(commands).toMatchObject([{ box: { x: 90 } }, { box: { width: 101 } }, { box: { width: 99 } }])
  })
})
