/** Small readings from large canvases: one colour of the composed picture, the cells a mask frees. */
import type { Document } from '../../shared/document.ts'
import { nearestPixels } from '../../shared/nearest.ts'
import { cellsOfRows, wholeBox, type ImageGrid } from './cells.ts'
import { intersect, type Point } from './geometry.ts'
import { blankPlane, type Plane } from './mask.ts'
import { readPlane } from './mask-raster.ts'
import type { Rasters } from './raster.ts'
import { contextOf, type Surface } from './surface.ts'
import type { Box } from '../../shared/studio.ts'

/** "#rrggbb" of the picture as it is seen; null outside it and where nothing is. */
export function colourOf(document: Document, rasters: Rasters, point: Point): string | null {
  const x = Math.floor(point.x)
  const y = Math.floor(point.y)
  if (x < 0 || y < 0 || x >= document.width || y >= document.height) return null
  const context = contextOf(new OffscreenCanvas(1, 1))
  context.translate(-x, -y)
  for (const layer of document.layers) rasters.draw(context, layer)
  const [r = 0, g = 0, b = 0, alpha = 0] = context.getImageData(0, 0, 1, 1).data
  if (alpha === 0) return null
  return `#${[r, g, b].map((value) => value.toString(16).padStart(2, '0')).join('')}`
}

/** The cells a mask frees in a box. Only the rows that count are read, so a large mask costs no more than a small one. */
export function freeCells(surface: Surface, box: Box, model: ImageGrid): number[] {
  const { x, y, width, height } = wholeBox(box)
  const { size } = model
  const context = contextOf(new OffscreenCanvas(width, size))
  nearestPixels(height, size).forEach((row, i) =>
    context.drawImage(surface.canvas, x, y + row, width, 1, 0, i, width, 1),
  )
  const { data } = context.getImageData(0, 0, width, size)
  const alpha = new Uint8ClampedArray(width * size)
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[4 * i + 3]!
  return cellsOfRows(
    Array.from({ length: size }, (_, i) => alpha.subarray(i * width, (i + 1) * width)),
    model,
  )
}

/** The mask in a box of whole pixels; black outside the document. */
export function planeIn(surface: Surface, box: Box): Plane {
  const plane = blankPlane(box.width, box.height)
  const part = intersect(box, surface.box)
  if (!part) return plane
  const read = readPlane(surface, part)
  for (let row = 0; row < part.height; row++)
    plane.data.set(
      read.data.subarray(row * part.width, (row + 1) * part.width),
      (row + part.y - box.y) * box.width + part.x - box.x,
    )
  return plane
}
