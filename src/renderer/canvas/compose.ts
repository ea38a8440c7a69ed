/**
 * Composing off screen: what a run gets to see of a document, and how its result becomes a layer. Everything happens at
 * whole document pixels, one to one, so that what is not changed stays as it was to the byte.
 */
import { TandemError } from '../../shared/errors.ts'
import { identityTransform, type Document, type Layer } from '../../shared/document.ts'
import type { BlobId, Box, PictureRef, Run } from '../../shared/studio.ts'
import { resultAlpha, resultPixels, type ResultEdge } from './blend.ts'
import { cellsOf, wholeBox, type ImageGrid } from './cells.ts'
import { intersect, roundOut, union } from './geometry.ts'
import { freeName } from './layers.ts'
import { loadPicture } from './load-picture.ts'
import type { Plane } from './mask.ts'
import { luminance, MaskRaster } from './mask-raster.ts'
import { Pictures } from './pictures.ts'
import { boundsOnDocument, Rasters } from './raster.ts'
import { planeIn } from './sampling.ts'
import { contextOf } from './surface.ts'

export type LoadPicture = (blob: BlobId) => Promise<ImageBitmap>
export type Upload = (content: Blob) => Promise<BlobId>

const toPng = (canvas: OffscreenCanvas): Promise<Blob> => canvas.convertToBlob({ type: 'image/png' })

async function flatten(
  layers: readonly Layer[],
  box: Box,
  white: boolean,
  load: LoadPicture,
): Promise<OffscreenCanvas> {
  const seen = layers.filter((layer) => layer.visible)
  const pictures = new Pictures(load)
  const marks = seen.flatMap((layer) => layer.marks)
  try {
    await pictures.need(marks.flatMap((mark) => (mark.kind === 'picture' ? [mark.picture.blob] : [])))
    const rasters = new Rasters(pictures)
    const canvas = new OffscreenCanvas(box.width, box.height)
    const context = contextOf(canvas)
    if (white) {
      context.fillStyle = '#fff'
      context.fillRect(0, 0, box.width, box.height)
    }
    context.translate(-box.x, -box.y)
    for (const layer of seen) rasters.draw(context, layer)
    return canvas
  } finally {
    pictures.keepOnly(new Set())
  }
}

/** A canvas at another size; the same one where it has that size. */
function resized(canvas: OffscreenCanvas, width: number, height: number): OffscreenCanvas {
  if (canvas.width === width && canvas.height === height) return canvas
  const target = new OffscreenCanvas(width, height)
  const context = contextOf(target)
  context.imageSmoothingEnabled = true
  context.imageSmoothingQuality = 'high'
  context.drawImage(canvas, 0, 0, width, height)
  return target
}

/** The document in a box as a PNG, pixel for pixel, on white; `size` makes it a square of that side. */
export async function renderBox(
  document: Document,
  box: Box,
  size?: number,
  load: LoadPicture = loadPicture,
): Promise<Blob> {
  const whole = wholeBox(box)
  const canvas = await flatten(document.layers, whole, true, load)
  return toPng(size === undefined ? canvas : resized(canvas, size, size))
}

/** The whole document as a PNG with its transparency. */
export async function renderDocument(document: Document, load: LoadPicture = loadPicture): Promise<Blob> {
  const { width, height } = document
  return toPng(await flatten(document.layers, { x: 0, y: 0, width, height }, false, load))
}

/** The mask in a box of whole pixels; null where the document has none. */
async function maskIn(document: Document, box: Box, load: LoadPicture): Promise<Plane | null> {
  const { mask, width, height } = document
  if (mask.length === 0) return null
  const pictures = new Pictures(load)
  try {
    await pictures.need(mask.flatMap((mark) => (mark.kind === 'picture' ? [mark.picture.blob] : [])))
    const surface = new MaskRaster(pictures).of(mask, width, height)
    return surface && planeIn(surface, box)
  } finally {
    pictures.keepOnly(new Set())
  }
}

/** The mask in a box as a grey PNG of the size `renderBox` gives: white may change. Null where there is no mask. */
export async function renderMaskBox(
  document: Document,
  box: Box,
  load: LoadPicture = loadPicture,
): Promise<Blob | null> {
  const plane = await maskIn(document, wholeBox(box), load)
  return plane && toPng(canvasOfPlane(plane))
}

/** The whole mask as a grey PNG; null where there is none. */
export const renderMask = (document: Document, load: LoadPicture = loadPicture): Promise<Blob | null> =>
  renderMaskBox(document, { x: 0, y: 0, width: document.width, height: document.height }, load)

function canvasOfPlane({ width, height, data }: Plane): OffscreenCanvas {
  const image = new ImageData(width, height)
  // Grey and opaque in one write a pixel: of 64 million pixels anything else is waited for.
  const pixels = new Uint32Array(image.data.buffer)
  for (let i = 0; i < data.length; i++) pixels[i] = 0xff000000 | (data[i]! * 0x010101)
  const canvas = new OffscreenCanvas(width, height)
  contextOf(canvas).putImageData(image, 0, 0)
  return canvas
}

/** What is needed of a run to lay its result onto a document. */
export type ResultOf = Pick<Run, 'id' | 'picture' | 'mask'>

export interface ResultOptions {
  readonly box: Box
  /** Pixels over which the result fades inwards from its edge. */
  readonly feather: number
  /** Whether whole cells are replaced or the painted area alone. */
  readonly edge: ResultEdge
  /** The model's image grid; cells it did not redraw stay out. Null where the model is not known any more. */
  readonly grid: ImageGrid | null
  readonly load?: LoadPicture
}

/** A result as it will lie on the document: resampled to its box, clear outside the cells or the mask it was made with. */
export async function resultCanvas(run: ResultOf, options: ResultOptions): Promise<OffscreenCanvas> {
  const { feather, edge, grid, load = loadPicture } = options
  const { width, height } = wholeBox(options.box)
  if (!run.picture) throw new TandemError('This run has no picture.', 'Choose a run that drew one.', 'input')
  const canvas = new OffscreenCanvas(width, height)
  const context = contextOf(canvas)
  const picture = await load(run.picture.blob)
  context.imageSmoothingEnabled = picture.width !== width || picture.height !== height
  context.imageSmoothingQuality = 'high'
  context.drawImage(picture, 0, 0, width, height)
  picture.close()
  if (!run.mask) return canvas
  const mask = await maskOfRun(run.mask, width, height, load)
  const free = grid && { cells: cellsOf(mask, { x: 0, y: 0, width, height }, grid), grid: grid.grid }
  const image = context.getImageData(0, 0, width, height)
  const pixels = resultPixels(image.data, resultAlpha(width, height, mask, feather, free, edge))
  context.putImageData(new ImageData(pixels, width, height), 0, 0)
  return canvas
}

async function maskOfRun(mask: PictureRef, width: number, height: number, load: LoadPicture): Promise<Plane> {
  const bitmap = await load(mask.blob)
  const context = contextOf(new OffscreenCanvas(width, height))
  context.imageSmoothingEnabled = false
  context.drawImage(bitmap, 0, 0, width, height)
  bitmap.close()
  return luminance(context.getImageData(0, 0, width, height))
}

/** The layer that an accepted result becomes; its picture is uploaded. */
export async function resultLayer(
  run: ResultOf,
  options: ResultOptions & { readonly document: Document; readonly id: string; readonly upload: Upload },
): Promise<Layer> {
  const { x, y, width, height } = wholeBox(options.box)
  const blob = await options.upload(await toPng(await resultCanvas(run, options)))
  return {
    id: options.id,
    name: freeName(options.document.layers, 'Result'),
    visible: true,
    opacity: 1,
    transform: identityTransform,
    marks: [{ kind: 'picture', picture: { blob, width, height }, x, y, width, height }],
    run: run.id,
  }
}

/** As far out as a merged layer keeps its pixels. */
const REACH = 8192

/** One layer that holds the pixels of several, in their order; named as the lowest. Null where they are all empty. */
export async function mergedLayer(
  layers: readonly Layer[],
  options: { readonly id: string; readonly upload: Upload; readonly load?: LoadPicture },
): Promise<Layer | null> {
  let bounds: Box | null = null
  for (const layer of layers) bounds = union(bounds, boundsOnDocument(layer))
  const within = { x: -REACH, y: -REACH, width: 3 * REACH, height: 3 * REACH }
  const box = bounds && intersect(roundOut(bounds), within)
  const lowest = layers[0]
  if (!box || !lowest) return null
  const blob = await options.upload(await toPng(await flatten(layers, box, false, options.load ?? loadPicture)))
  return {
    id: options.id,
    name: lowest.name,
    visible: true,
    opacity: 1,
    transform: identityTransform,
    marks: [{ kind: 'picture', picture: { blob, width: box.width, height: box.height }, ...box }],
  }
}
