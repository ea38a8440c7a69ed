import { describe, expect, test } from 'vitest'
import { freeCell, placeAt, placeCommand, type Placeable } from './sprites.ts'
import { cellBox } from './cells.ts'
import { applyCommand, type Document } from '../../shared/document.ts'
import { testDocument } from './tools/testing.ts'

const picture = { blob: 'b'.repeat(64), width: 32, height: 32 }
const cat: Placeable = { kind: 'sprite', name: 'cat', picture, cells: 4 }
const meadow: Placeable = { kind: 'background', name: 'meadow', picture, cells: 4 }
const box = { x: 64, y: 0, width: 256, height: 256 }
const scene = testDocument({ width: 512, height: 512, box, layers: [], activeLayer: null })

function put(document: Document, item: Placeable, cell: number, id: string): Document {
  return applyCommand(document, placeCommand(document, id, item, cellBox(document.box, item.cells, cell)))
}

describe('a sprite', () => {
  test('snaps to the cell of the scene it is held over', () => {
    expect(placeAt(scene, cat, { x: 64 + 70, y: 10 })).toEqual({ x: 128, y: 0, width: 64, height: 64 })
  })

  test('is laid around the pointer outside the scene', () => {
    expect(placeAt(scene, cat, { x: 400, y: 400 })).toEqual({ x: 368, y: 368, width: 64, height: 64 })
  })

  test('goes to the first cell without one, until all are taken', () => {
    let document = scene
    for (let cell = 0; cell < 16; cell++) {
      expect(freeCell(document, 4)).toBe(cell)
      document = put(document, cat, cell, `sprite-${cell}`)
    }
    expect(freeCell(document, 4)).toBeNull()
  })

  test('frees its cell when it is moved away, hidden or removed', () => {
    const placed = put(scene, cat, 0, 'a')
    const moved = applyCommand(placed, {
      type: 'setLayer',
      layer: 'a',
      transform: { x: 64, y: 64, scaleX: 1, scaleY: 1, rotation: 0 },
    })
    expect(freeCell(placed, 4)).toBe(1)
    expect(freeCell(moved, 4)).toBe(0)
    expect(freeCell(applyCommand(placed, { type: 'setLayer', layer: 'a', visible: false }), 4)).toBe(0)
  })

  test('is a layer of its own, named after it', () => {
    const twice = put(put(scene, cat, 0, 'a'), cat, 1, 'b')
    expect(twice.layers.map((layer) => layer.name)).toEqual(['cat', 'cat 2'])
  })
})

test('a background fills the scene, under everything, and takes no cell', () => {
  const document = put(scene, cat, 0, 'a')
  const after = applyCommand(document, placeCommand(document, 'bg', meadow, placeAt(document, meadow, { x: 0, y: 0 })))
  expect(after.layers.map((layer) => layer.id)).toEqual(['bg', 'a'])
  expect(after.layers[0]?.marks[0]).toMatchObject(box)
  expect(freeCell(after, 4)).toBe(1)
})
