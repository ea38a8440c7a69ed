/**
 * Cells of a model's image grid, as they lie in a generation box: which ones a mask frees, where a cell is on the
 * document, and the outline around a set of them. Cells are numbered row by row from the top left.
 */
import { nearestPixels } from '../../shared/nearest.ts'
import type { Box } from '../../shared/studio.ts'
import { clamp, contains, type Point } from './geometry.ts'
import { cropPlane, WHITE, type Plane } from './mask.ts'

/** A model's pictures: pixels and cells along one side. */
export interface ImageGrid {
  readonly size: number
  readonly grid: number
}

/** A box in whole document pixels: what is rendered for a run, and what its result is put back into. */
export const wholeBox = (box: Box): Box => ({
  x: Math.round(box.x),
  y: Math.round(box.y),
  width: Math.max(1, Math.round(box.width)),
  height: Math.max(1, Math.round(box.height)),
})

/**
 * The cells a run may redraw: those with any white pixel after the mask's part in the box is resampled to the model's
 * size. The engine reads the same mask by the same rule (src/engine/jobs/generate.ts).
 */
export function cellsOf(mask: Plane, box: Box, model: ImageGrid): number[] {
  const { x, y, width, height } = wholeBox(box)
  const part = cropPlane(mask, x, y, width, height)
  const rows = nearestPixels(height, model.size)
  return cellsOfRows(
    rows.map((row) => part.data.subarray(row * width, (row + 1) * width)),
    model,
  )
}

/** The same, from the rows that stand for those of the model's picture. */
export function cellsOfRows(rows: readonly Uint8ClampedArray[], { size, grid }: ImageGrid): number[] {
  const columns = nearestPixels(rows[0]?.length ?? 1, size)
  const cellAlong = (i: number): number => Math.floor((i * grid) / size)
  const free = new Set<number>()
  rows.forEach((row, y) =>
    columns.forEach((column, x) => {
      if (row[column]! > WHITE) free.add(cellAlong(y) * grid + cellAlong(x))
    }),
  )
  return [...free].sort((a, b) => a - b)
}

export function cellBox(box: Box, grid: number, cell: number): Box {
  const width = box.width / grid
  const height = box.height / grid
  return { x: box.x + (cell % grid) * width, y: box.y + Math.floor(cell / grid) * height, width, height }
}

/** The cell under a point of the document, or null outside the box. */
export function cellAt(box: Box, grid: number, point: Point): number | null {
  if (!contains(box, point)) return null
  const column = clamp(Math.floor(((point.x - box.x) / box.width) * grid), 0, grid - 1)
  const row = clamp(Math.floor(((point.y - box.y) / box.height) * grid), 0, grid - 1)
  return row * grid + column
}

/** Cells that a disc touches: what a brush of that size paints. */
export function cellsUnder(box: Box, grid: number, { x, y }: Point, radius: number): number[] {
  const cells: number[] = []
  for (let cell = 0; cell < grid * grid; cell++) {
    const c = cellBox(box, grid, cell)
    const dx = x - clamp(x, c.x, c.x + c.width)
    const dy = y - clamp(y, c.y, c.y + c.height)
    if (Math.hypot(dx, dy) < Math.max(radius, 1e-6) || cellAt(box, grid, { x, y }) === cell) cells.push(cell)
  }
  return cells
}

/** A line in units of cells: from (x0, y0) to (x1, y1). */
export type Edge = readonly [x0: number, y0: number, x1: number, y1: number]

/** The edges between cells of the set and the rest, as runs as long as they go. */
export function outlineOf(cells: ReadonlySet<number>, grid: number): Edge[] {
  const has = (x: number, y: number): boolean => x >= 0 && y >= 0 && x < grid && y < grid && cells.has(y * grid + x)
  const edges: Edge[] = []
  const scan = (
    differs: (along: number, across: number) => boolean,
    edge: (from: number, to: number, at: number) => Edge,
  ) => {
    for (let across = 0; across <= grid; across++) {
      let from = -1
      for (let along = 0; along <= grid; along++) {
        const here = along < grid && differs(along, across)
        if (here && from < 0) from = along
        if (here || from < 0) continue
        edges.push(edge(from, along, across))
        from = -1
      }
    }
  }
  scan(
    (x, y) => has(x, y) !== has(x, y - 1),
    (from, to, y) => [from, y, to, y],
  )
  scan(
    (y, x) => has(x, y) !== has(x - 1, y),
    (from, to, x) => [x, from, x, to],
  )
  return edges
}

/** Rectangles that cover a set of cells exactly, one for each run of cells in a row: as few marks as that takes. */
export function cellRows(box: Box, grid: number, cells: readonly number[]): Box[] {
  const set = new Set(cells)
  const rows: Box[] = []
  for (let y = 0; y < grid; y++) {
    for (let x = 0; x < grid; x++) {
      if (!set.has(y * grid + x)) continue
      const from = x
      while (x + 1 < grid && set.has(y * grid + x + 1)) x++
      const first = cellBox(box, grid, y * grid + from)
      rows.push({ ...first, width: first.width * (x - from + 1) })
    }
  }
  return rows
}

/**
 * One polygon that fills several boxes: it goes from box to box and back over lines without width, so that many boxes
 * are one mark, and one step of undo.
 */
export function joinedBoxes(boxes: readonly Box[]): number[] {
  const [anchor] = boxes
  if (!anchor) return []
  return boxes.flatMap(({ x, y, width, height }) => [
    anchor.x,
    anchor.y,
    ...[x, y, x + width, y, x + width, y + height, x, y + height, x, y],
    anchor.x,
    anchor.y,
  ])
}
