/**
 * What lies over the picture: the candidate with its before/after line, token maps, mask and cells, box, selection.
 * Everything is drawn in document pixels; `px` is how many of them one screen pixel is, so that lines stay thin.
 */
import type { Box } from '../../shared/studio.ts'
import { cellBox, outlineOf } from './cells.ts'
import { boundsOf, visibleTest } from './geometry.ts'
import type { Palette } from './palette.ts'
import { isMaskSeen, type BoxPicture, type CellMap, type Shown } from './shown.ts'
import { tracePolygon } from './stroke.ts'
import type { Context } from './surface.ts'

export interface Pen {
  readonly context: Context
  readonly px: number
  readonly palette: Palette
}

/** A line that is seen on any picture: light with a dark edge. */
function twoTone({ context, px, palette }: Pen, colour: string, width = 1.5): void {
  context.lineWidth = (width + 1.5) * px
  context.strokeStyle = 'rgb(0 0 0 / 45%)'
  context.stroke()
  context.lineWidth = width * px
  context.strokeStyle = colour || palette.accent
  context.stroke()
}

export function drawChecker({ context, px, palette }: Pen, { width, height }: Box, seen: Box): void {
  const x = Math.max(0, seen.x)
  const y = Math.max(0, seen.y)
  const right = Math.min(width, seen.x + seen.width)
  const bottom = Math.min(height, seen.y + seen.height)
  if (right <= x || bottom <= y) return
  context.save()
  context.fillStyle = checkerPattern(context, palette)
  // The pattern keeps its size on the screen and stays with the document's corner.
  context.scale(px, px)
  context.fillRect(x / px, y / px, (right - x) / px, (bottom - y) / px)
  context.restore()
}

const patterns = new WeakMap<Palette, CanvasPattern>()

function checkerPattern(context: Context, palette: Palette): CanvasPattern | string {
  const known = patterns.get(palette)
  if (known) return known
  const tile = new OffscreenCanvas(16, 16)
  const pen = tile.getContext('2d')!
  pen.fillStyle = palette.checkerLight
  pen.fillRect(0, 0, 16, 16)
  pen.fillStyle = palette.checkerDark
  pen.fillRect(0, 0, 8, 8)
  pen.fillRect(8, 8, 8, 8)
  const pattern = context.createPattern(tile, 'repeat')
  if (!pattern) return palette.checkerLight
  patterns.set(palette, pattern)
  return pattern
}

export function drawBoxPicture({ context, px }: Pen, { image, box }: BoxPicture): void {
  context.imageSmoothingEnabled = 1 / px < 2
  context.drawImage(image, box.x, box.y, box.width, box.height)
}

/** The candidate right of the line, the document left of it. */
export function drawCandidate(pen: Pen, candidate: BoxPicture, compare: number | null): void {
  if (compare === null) return drawBoxPicture(pen, candidate)
  const { context, px, palette } = pen
  const { x, y, width, height } = candidate.box
  const at = x + width * compare
  context.save()
  context.beginPath()
  context.rect(at, y, x + width - at, height)
  context.clip()
  drawBoxPicture(pen, candidate)
  context.restore()
  context.beginPath()
  context.moveTo(at, y)
  context.lineTo(at, y + height)
  twoTone(pen, palette.surface, 2)
  const middle = y + height / 2
  context.beginPath()
  context.arc(at, middle, 9 * px, 0, 2 * Math.PI)
  context.fillStyle = palette.surface
  context.fill()
  twoTone(pen, palette.accent, 1.5)
  context.beginPath()
  for (const side of [-1, 1]) {
    context.moveTo(at + side * 2 * px, middle - 3 * px)
    context.lineTo(at + side * 5 * px, middle)
    context.lineTo(at + side * 2 * px, middle + 3 * px)
  }
  context.strokeStyle = palette.ink
  context.lineWidth = 1.5 * px
  context.stroke()
}

const maps = new WeakMap<CellMap, OffscreenCanvas>()

/** One small bitmap, scaled without smoothing: never a node a cell. */
export function drawMap({ context }: Pen, map: CellMap, { x, y, width, height }: Box): void {
  let bitmap = maps.get(map)
  if (!bitmap) {
    bitmap = new OffscreenCanvas(map.grid, map.grid)
    bitmap.getContext('2d')!.putImageData(new ImageData(map.pixels, map.grid, map.grid), 0, 0)
    maps.set(map, bitmap)
  }
  context.imageSmoothingEnabled = false
  context.drawImage(bitmap, x, y, width, height)
}

/** The outline around a set of cells of the box. */
function outlineCells(
  pen: Pen,
  box: Box,
  grid: number,
  cells: ReadonlySet<number>,
  colour: string,
  width: number,
): void {
  if (cells.size === 0) return
  const { context } = pen
  const side = { x: box.width / grid, y: box.height / grid }
  context.beginPath()
  for (const [x0, y0, x1, y1] of outlineOf(cells, grid)) {
    context.moveTo(box.x + x0 * side.x, box.y + y0 * side.y)
    context.lineTo(box.x + x1 * side.x, box.y + y1 * side.y)
  }
  twoTone(pen, colour, width)
}

/** Faint lines between the cells, where cells are large enough on the screen for lines to help. */
function drawGrid({ context, px }: Pen, { x, y, width, height }: Box, grid: number): void {
  if (width / grid / px < 12) return
  context.beginPath()
  for (let i = 1; i < grid; i++) {
    context.moveTo(x + (i * width) / grid, y)
    context.lineTo(x + (i * width) / grid, y + height)
    context.moveTo(x, y + (i * height) / grid)
    context.lineTo(x + width, y + (i * height) / grid)
  }
  context.lineWidth = px
  context.strokeStyle = 'rgb(128 128 128 / 40%)'
  context.stroke()
}

/** Cells to be masked again: hatched, as a mask has no colour of its own. */
function drawRemask(pen: Pen, box: Box, grid: number, cells: ReadonlySet<number>): void {
  const { context, px, palette } = pen
  context.save()
  context.beginPath()
  for (const cell of cells) {
    const { x, y, width, height } = cellBox(box, grid, cell)
    context.rect(x, y, width, height)
  }
  context.fillStyle = 'rgb(40 44 52 / 62%)'
  context.fill()
  context.clip()
  context.beginPath()
  for (let along = -box.height; along < box.width; along += 6 * px) {
    context.moveTo(box.x + along, box.y + box.height)
    context.lineTo(box.x + along + box.height, box.y)
  }
  context.lineWidth = px
  context.strokeStyle = 'rgb(255 255 255 / 45%)'
  context.stroke()
  context.restore()
  outlineCells(pen, box, grid, cells, palette.surface, 1.5)
}

/** Which cells a run may redraw, which are brushed, which belong to a word, where the keyboard stands. */
export function drawCells(pen: Pen, shown: Shown): void {
  const { document, options, draft, overlay, palette } = { ...shown, ...pen }
  const grid = options.model?.grid
  if (!document || !grid) return
  const box = draft.box ?? document.box
  const { id } = shown.tool
  if ((shown.free && isMaskSeen(shown)) || id === 'remask' || id.startsWith('mask-') || overlay.map)
    drawGrid(pen, box, grid)
  if (shown.free && isMaskSeen(shown)) outlineCells(pen, box, grid, shown.free, '#ff5c97', 1.5)
  const remask = draft.cells ?? shown.remask
  if (remask.size > 0) drawRemask(pen, box, grid, remask)
  outlineCells(pen, box, grid, overlay.highlights, palette.accent, 2.5)
  if (shown.cellCursor !== null) outlineCells(pen, box, grid, new Set([shown.cellCursor]), '#ffffff', 2.5)
}

/** The generation box; with corners to take hold of while its tool is in the hand. */
export function drawBox(pen: Pen, box: Box, active: boolean): void {
  const { context, px, palette } = pen
  const { x, y, width, height } = box
  context.beginPath()
  context.rect(x, y, width, height)
  context.setLineDash(active ? [] : [6 * px, 4 * px])
  twoTone(pen, active ? palette.accent : '#ffffff', active ? 2 : 1.25)
  context.setLineDash([])
  if (!active) return
  const side = 9 * px
  for (const [cx, cy] of [
    [x, y],
    [x + width, y],
    [x + width, y + height],
    [x, y + height],
  ] as const) {
    context.beginPath()
    context.rect(cx - side / 2, cy - side / 2, side, side)
    context.fillStyle = palette.surface
    context.fill()
    twoTone(pen, palette.accent, 1.5)
  }
}

/** A dashed outline, light on dark, that is seen on anything. */
export function drawSelection({ context, px }: Pen, points: readonly number[], seen: Box): void {
  if (points.length < 4 || !visibleTest(boundsOf(points), seen)) return
  context.beginPath()
  tracePolygon(context, points)
  context.lineWidth = 1.5 * px
  context.strokeStyle = 'rgb(0 0 0 / 80%)'
  context.stroke()
  context.setLineDash([4 * px, 4 * px])
  context.strokeStyle = '#ffffff'
  context.stroke()
  context.setLineDash([])
}
