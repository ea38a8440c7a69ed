/**
 * Layers and stacks of layers as pixels. A layer is drawn once from its marks and then follows them; the layers under
 * and over the active one are flattened into one surface each, so that a frame draws three pictures however many layers
 * there are.
 */
import type { Document, Layer, Mark } from '../../shared/document.ts'
import type { BlobId, Box } from '../../shared/studio.ts'
import { boundsOf, boxOfMatrix, matrixOf, meanScale } from './geometry.ts'
import { MarkedSurface, type MarkPainter } from './marked.ts'
import type { Pictures } from './pictures.ts'
import { tracePolygon, traceStroke } from './stroke.ts'
import { Surface, type Context } from './surface.ts'

/** The pixels of its layer that a mark may change. */
export function reachOfMark(mark: Mark): Box | null {
  switch (mark.kind) {
    case 'picture':
      return { x: mark.x, y: mark.y, width: mark.width, height: mark.height }
    case 'stroke':
      return boundsOf(mark.points, mark.size / 2 + 1)
    case 'clear':
      return boundsOf(mark.points, 1)
  }
}

/** The upright box, in a layer's own pixels, of all that colours it; null for an empty layer. */
export function boundsOfLayer(layer: Layer): Box | null {
  const corners: number[] = []
  for (const mark of layer.marks) {
    const reach = mark.kind === 'clear' || (mark.kind === 'stroke' && mark.erase) ? null : reachOfMark(mark)
    if (reach) corners.push(reach.x, reach.y, reach.x + reach.width, reach.y + reach.height)
  }
  return boundsOf(corners)
}

export function drawStroke(
  context: Context,
  stroke: {
    readonly points: readonly number[]
    readonly size: number
    readonly colour: string
    readonly erase: boolean
  },
): void {
  context.save()
  context.globalCompositeOperation = stroke.erase ? 'destination-out' : 'source-over'
  context.strokeStyle = stroke.erase ? '#000' : stroke.colour
  context.lineWidth = stroke.size
  context.lineCap = 'round'
  context.lineJoin = 'round'
  context.beginPath()
  traceStroke(context, stroke.points)
  context.stroke()
  context.restore()
}

/** Fills a polygon, or takes it away. */
export function drawArea(context: Context, points: readonly number[], colour: string, erase: boolean): void {
  context.save()
  context.globalCompositeOperation = erase ? 'destination-out' : 'source-over'
  context.fillStyle = colour
  context.beginPath()
  tracePolygon(context, points)
  context.fill()
  context.restore()
}

export function drawPicture(
  context: Context,
  bitmap: CanvasImageSource & { width: number; height: number },
  box: Box,
): void {
  // Pixel on pixel needs no smoothing, and without it stays exact.
  const exact = bitmap.width === box.width && bitmap.height === box.height
  context.imageSmoothingEnabled = !exact
  context.imageSmoothingQuality = 'high'
  context.drawImage(bitmap, box.x, box.y, box.width, box.height)
}

/** A picture that cannot be had: a grey field with a cross, so that nobody takes it for empty. */
function drawMissing(context: Context, { x, y, width, height }: Box): void {
  context.save()
  context.fillStyle = '#8886'
  context.fillRect(x, y, width, height)
  context.strokeStyle = '#888'
  context.lineWidth = Math.max(1, Math.min(width, height) / 64)
  context.beginPath()
  context.moveTo(x, y)
  context.lineTo(x + width, y + height)
  context.moveTo(x + width, y)
  context.lineTo(x, y + height)
  context.stroke()
  context.restore()
}

const layerPainter = (pictures: Pictures): MarkPainter<Mark> => ({
  reach: reachOfMark,
  adds: (mark) => mark.kind === 'picture' || (mark.kind === 'stroke' && !mark.erase),
  ready: (mark) => mark.kind !== 'picture' || pictures.get(mark.picture.blob) !== 'loading',
  paint: (mark, surface, reach) =>
    surface.paint(reach, (context) => {
      switch (mark.kind) {
        case 'stroke':
          return drawStroke(context, mark)
        case 'clear':
          return drawArea(context, mark.points, '#000', true)
        case 'picture': {
          const bitmap = pictures.get(mark.picture.blob)
          return typeof bitmap === 'string' ? drawMissing(context, mark) : drawPicture(context, bitmap, mark)
        }
      }
    }),
})

/** The layers of a document as pixels. */
export class Rasters {
  readonly #pictures: Pictures
  readonly #layers = new Map<string, MarkedSurface<Mark>>()

  constructor(pictures: Pictures) {
    this.#pictures = pictures
  }

  /** The layer's own pixels, up to date as far as its pictures have come; null for an empty one. */
  of(layer: Layer): Surface | null {
    let raster = this.#layers.get(layer.id)
    if (!raster) this.#layers.set(layer.id, (raster = new MarkedSurface(layerPainter(this.#pictures))))
    raster.sync(layer.marks)
    return raster.surface
  }

  version(layer: Layer): number {
    this.of(layer)
    return this.#layers.get(layer.id)!.version
  }

  /** Frees what is not of these layers; `others` are pictures in use elsewhere. */
  keepOnly(layers: readonly Layer[], others: readonly BlobId[] = []): void {
    const ids = new Set(layers.map((layer) => layer.id))
    for (const id of this.#layers.keys()) if (!ids.has(id)) this.#layers.delete(id)
    const blobs = new Set<BlobId>(others)
    for (const { marks } of layers) for (const mark of marks) if (mark.kind === 'picture') blobs.add(mark.picture.blob)
    this.#pictures.keepOnly(blobs)
  }

  /** Draws a layer onto the document, opacity and transform applied, at its own resolution. */
  draw(context: Context, layer: Layer): void {
    const surface = layer.visible && layer.opacity > 0 ? this.of(layer) : null
    if (!surface) return
    context.save()
    context.globalAlpha = layer.opacity
    context.transform(...matrixOf(layer.transform))
    context.imageSmoothingEnabled = !isWholeShift(layer)
    context.imageSmoothingQuality = 'high'
    context.drawImage(surface.canvas, surface.box.x, surface.box.y)
    context.restore()
  }

  /** Draws a layer as it lies on a document into a small canvas, hidden ones too, from the copy nearest in size. */
  drawThumbnail(layer: Layer, document: Pick<Document, 'width' | 'height'>, canvas: HTMLCanvasElement): void {
    const context = canvas.getContext('2d')
    if (!context) return
    const scale = Math.min(canvas.width / document.width, canvas.height / document.height)
    const surface = this.of(layer)
    const matrix = matrixOf(layer.transform)
    context.clearRect(0, 0, canvas.width, canvas.height)
    context.save()
    context.translate((canvas.width - document.width * scale) / 2, (canvas.height - document.height * scale) / 2)
    context.scale(scale, scale)
    context.transform(...matrix)
    surface?.show(context, scale * meanScale(matrix), surface.box)
    context.restore()
  }
}

/** Where a layer lies on the document; null for an empty one. */
export function boundsOnDocument(layer: Layer): Box | null {
  const own = boundsOfLayer(layer)
  return own && boxOfMatrix(matrixOf(layer.transform), own)
}

/** Moved by whole pixels only: its pixels fall on the document's. */
const isWholeShift = ({ transform: t }: Layer): boolean =>
  t.scaleX === 1 && t.scaleY === 1 && t.rotation === 0 && Number.isInteger(t.x) && Number.isInteger(t.y)

/** Several layers flattened, kept until one of them changes. */
export class Stack {
  readonly #rasters: Rasters
  #key: readonly unknown[] = []
  #surface: Surface | null = null

  constructor(rasters: Rasters) {
    this.#rasters = rasters
  }

  /** Null where there is nothing to see. */
  of(layers: readonly Layer[], width: number, height: number): Surface | null {
    const seen = layers.filter((layer) => layer.visible && layer.opacity > 0 && layer.marks.length > 0)
    const key = [width, height, ...seen.flatMap((layer) => [layer, this.#rasters.version(layer)])]
    const same = this.#key.length <= key.length && this.#key.every((part, i) => part === key[i])
    if (same && key.length === this.#key.length) return this.#surface
    // More layers on top of those that are there: only they are drawn.
    const first = same && this.#surface ? (this.#key.length - 2) / 2 : 0
    this.#key = key
    if (first === 0) this.#surface = seen.length === 0 ? null : new Surface({ x: 0, y: 0, width, height })
    this.#surface?.paint(this.#surface.box, (context) => {
      for (const layer of seen.slice(first)) this.#rasters.draw(context, layer)
    })
    return this.#surface
  }
}
