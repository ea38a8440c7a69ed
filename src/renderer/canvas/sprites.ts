/** Where sprites and backgrounds go: the storybook's cells in the generation box, and which of them are taken. Pure. */
import type { Document, DocumentCommand, Layer } from '../../shared/document.ts'
import type { Box, PictureRef } from '../../shared/studio.ts'
import { cellAt, cellBox } from './cells.ts'
import { apply, matrixOf, type Point } from './geometry.ts'
import { newLayer } from './layers.ts'

/** What a tray hands over. */
export interface Placeable {
  readonly kind: 'sprite' | 'background'
  readonly name: string
  readonly picture: PictureRef
  /** Cells along one side of a scene. */
  readonly cells: number
}

/** Where a picture lands when it is let go at a point: its cell of the scene, the whole scene, or around the point. */
export function placeAt(document: Pick<Document, 'box'>, { kind, cells }: Placeable, point: Point): Box {
  const { box } = document
  if (kind === 'background') return box
  const cell = cellAt(box, cells, point)
  if (cell !== null) return cellBox(box, cells, cell)
  const side = box.width / cells
  return { x: Math.round(point.x - side / 2), y: Math.round(point.y - side / 2), width: side, height: side }
}

/** The scene's cell that a layer fills, if it is one sprite in a cell of the box. */
function cellOfLayer(layer: Layer, box: Box, cells: number): number | null {
  const mark = layer.marks[0]
  if (!layer.visible || layer.marks.length !== 1 || mark?.kind !== 'picture') return null
  const side = (box.width / cells) * 1.5
  if (mark.width * Math.abs(layer.transform.scaleX) > side) return null
  const middle = { x: mark.x + mark.width / 2, y: mark.y + mark.height / 2 }
  return cellAt(box, cells, apply(matrixOf(layer.transform), middle))
}

/** The first cell of the scene without a sprite; null when all are taken. */
export function freeCell({ box, layers }: Pick<Document, 'box' | 'layers'>, cells: number): number | null {
  const taken = new Set(layers.map((layer) => cellOfLayer(layer, box, cells)))
  for (let cell = 0; cell < cells * cells; cell++) if (!taken.has(cell)) return cell
  return null
}

/** The command that puts a picture down: sprites on top, backgrounds under everything. */
export function placeCommand(document: Document, id: string, item: Placeable, at: Box): DocumentCommand {
  const mark = { kind: 'picture' as const, picture: item.picture, ...at }
  const value = newLayer(document.layers, id, item.name, [mark])
  return item.kind === 'background' ? { type: 'addLayer', value, at: 0 } : { type: 'addLayer', value }
}
