/**
 * Pixels of one layer or mask: a canvas with its place on the plane, smaller copies of itself for looking from afar, and
 * the patches that marks covered, so that undo puts a patch back in place of drawing everything again.
 */
import type { Box } from '../../shared/studio.ts'
import { intersect, roundOut } from './geometry.ts'

export type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D

/** Halvings kept at most: 1/64 is the smallest scale of a view. */
const LEVELS = 6

export function contextOf(canvas: OffscreenCanvas): OffscreenCanvasRenderingContext2D {
  const context = canvas.getContext('2d')
  if (!context) throw new Error('This browser gives no canvas to draw on.')
  return context
}

export interface Patch {
  readonly box: Box
  readonly pixels: OffscreenCanvas
}

/** A canvas that lies at whole pixels of its plane. */
export class Surface {
  readonly box: Box
  readonly canvas: OffscreenCanvas
  readonly context: OffscreenCanvasRenderingContext2D
  /** `levels[k]` is half the size of `levels[k - 1]`; made when first needed. */
  readonly #levels: OffscreenCanvas[]

  constructor(box: Box) {
    this.box = box
    this.canvas = new OffscreenCanvas(box.width, box.height)
    this.context = contextOf(this.canvas)
    this.#levels = [this.canvas]
  }

  /** Draws in coordinates of the plane; only pixels in `dirty` may change. */
  paint(dirty: Box, draw: (context: OffscreenCanvasRenderingContext2D) => void): void {
    const { context } = this
    context.save()
    context.translate(-this.box.x, -this.box.y)
    draw(context)
    context.restore()
    this.touched(dirty)
  }

  /** Brings the smaller copies up to date where pixels changed. */
  touched(dirty: Box): void {
    const part = intersect(dirty, this.box)
    if (!part) return
    for (let k = 1; k < this.#levels.length; k++) this.#halve(k, part)
  }

  #halve(k: number, part: Box): void {
    const factor = 2 ** k
    const local = { ...part, x: part.x - this.box.x, y: part.y - this.box.y }
    // One pixel of the copy more on every side: its smoothing reads neighbours.
    const { x, y, width, height } = roundOut(
      {
        x: local.x / factor - 1,
        y: local.y / factor - 1,
        width: local.width / factor + 2,
        height: local.height / factor + 2,
      },
      1,
    )
    const context = contextOf(this.#levels[k]!)
    context.imageSmoothingEnabled = true
    context.save()
    context.beginPath()
    context.rect(x, y, width, height)
    context.clip()
    context.clearRect(x, y, width, height)
    context.drawImage(this.#levels[k - 1]!, 2 * x, 2 * y, 2 * width, 2 * height, x, y, width, height)
    context.restore()
  }

  #level(k: number): OffscreenCanvas {
    while (this.#levels.length <= k) {
      const next = this.#levels.length
      const factor = 2 ** next
      this.#levels.push(new OffscreenCanvas(Math.ceil(this.box.width / factor), Math.ceil(this.box.height / factor)))
      this.#halve(next, this.box)
    }
    return this.#levels[k]!
  }

  /** Draws the visible part; `scale` is how many screen pixels one of ours takes. */
  show(context: Context, scale: number, visible: Box): void {
    const part = intersect(roundOut(visible, 1), this.box)
    if (!part) return
    const k = Math.min(LEVELS, Math.max(0, Math.floor(-Math.log2(scale) + 1e-6)))
    const factor = 2 ** k
    const source = this.#level(k)
    // At one to one, and from twice on, pixels are shown as they are.
    context.imageSmoothingEnabled = scale !== 1 && scale < 2
    context.imageSmoothingQuality = 'low'
    context.drawImage(
      source,
      (part.x - this.box.x) / factor,
      (part.y - this.box.y) / factor,
      part.width / factor,
      part.height / factor,
      part.x,
      part.y,
      part.width,
      part.height,
    )
  }

  take(box: Box): Patch | null {
    const part = intersect(roundOut(box, 1), this.box)
    if (!part) return null
    const pixels = new OffscreenCanvas(part.width, part.height)
    contextOf(pixels).drawImage(this.canvas, this.box.x - part.x, this.box.y - part.y)
    return { box: part, pixels }
  }

  putBack({ box, pixels }: Patch): void {
    this.paint(box, (context) => {
      context.clearRect(box.x, box.y, box.width, box.height)
      context.drawImage(pixels, box.x, box.y)
    })
  }

  /** The same pixels on a larger canvas. */
  grown(box: Box): Surface {
    const next = new Surface(box)
    next.paint(this.box, (context) => context.drawImage(this.canvas, this.box.x, this.box.y))
    return next
  }
}
