/**
 * How a result comes back onto the document, as arithmetic on bytes: its alpha is the masked cells, or the mask,
 * faded inwards from the edge.
 * Outside it alpha is 0, and a pixel of alpha 0 leaves what is under it as it was, to the byte.
 */
import { cellBox, type ImageGrid } from './cells.ts'
import { squaredDistances, WHITE, type Plane } from './mask.ts'

/** How far a result reaches: the whole cells the model redrew, or the painted mask inside them. */
export type ResultEdge = 'cells' | 'mask'

/** The cells a model redrew, of a grid of so many along one side. */
export interface FreeSet {
  readonly cells: readonly number[]
  readonly grid: ImageGrid['grid']
}

/**
 * Alpha of a result in its box: full inside its edge, rising from there inwards over `feather` pixels; where the edge is
 * the painted mask, its greys count too. Nothing in cells the model did not redraw. Without a mask the whole box counts;
 * the box's own edge never fades.
 */
export function resultAlpha(
  width: number,
  height: number,
  mask: Plane | null,
  feather: number,
  free: FreeSet | null,
  edge: ResultEdge = 'mask',
): Plane {
  const data = new Uint8ClampedArray(width * height).fill(255)
  if (!mask) return { width, height, data }
  // Where the model is not known any more, the mask is all there is to go by.
  if (edge === 'mask' || !free) data.set(mask.data)
  if (free) blacken(data, width, height, free)
  if (feather >= 1) {
    const squared = squaredDistances({ width, height, data: data.slice() }, (value) => value <= WHITE)
    for (let i = 0; i < data.length; i++) {
      const inside = Math.sqrt(squared[i]!) / (feather + 1)
      if (inside < 1) data[i] = Math.round(data[i]! * inside)
    }
  }
  return { width, height, data }
}

function blacken(data: Uint8ClampedArray, width: number, height: number, { cells, grid }: FreeSet): void {
  const open = new Set(cells)
  const whole = { x: 0, y: 0, width, height }
  for (let cell = 0; cell < grid * grid; cell++) {
    if (open.has(cell)) continue
    const { x, y, width: w, height: h } = cellBox(whole, grid, cell)
    for (let row = Math.ceil(y - 0.5); row < Math.ceil(y + h - 0.5); row++)
      data.fill(0, row * width + Math.ceil(x - 0.5), row * width + Math.ceil(x + w - 0.5))
  }
}

/** RGBA of the layer an accepted result becomes. Pixels that do not count hold no colour either. */
export function resultPixels(rgba: Uint8ClampedArray<ArrayBuffer>, alpha: Plane): Uint8ClampedArray<ArrayBuffer> {
  const pixels = rgba.slice()
  for (let i = 0; i < alpha.data.length; i++) {
    const a = alpha.data[i]!
    if (a === 0) pixels.fill(0, 4 * i, 4 * i + 4)
    else pixels[4 * i + 3] = Math.round((pixels[4 * i + 3]! * a) / 255)
  }
  return pixels
}

/** Source over destination, straight alpha: what the canvas does, written out so that it can be checked without one. */
export function over(below: Uint8ClampedArray, above: Uint8ClampedArray): Uint8ClampedArray {
  const out = below.slice()
  for (let i = 0; i < out.length; i += 4) {
    const a = above[i + 3]! / 255
    if (a === 0) continue
    const b = (below[i + 3]! / 255) * (1 - a)
    for (let c = 0; c < 3; c++) out[i + c] = Math.round((above[i + c]! * a + below[i + c]! * b) / (a + b))
    out[i + 3] = Math.round((a + b) * 255)
  }
  return out
}
