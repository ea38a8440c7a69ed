/**
 * The document's mask as pixels: white is alpha, in the colour it is shown with, so that the picture on screen and the
 * numbers a run gets are one and the same.
 */
import type { MaskMark } from '../../shared/document.ts'
import type { Box } from '../../shared/studio.ts'
import { boundsOf, intersect, roundOut } from './geometry.ts'
import { MarkedSurface, type MarkPainter } from './marked.ts'
import { blankPlane, featherPlane, growPlane, invertPlane, type Plane } from './mask.ts'
import type { Pictures } from './pictures.ts'
import { drawArea, drawStroke } from './raster.ts'
import type { Surface } from './surface.ts'

/** Shown over pictures of any colour, so it belongs to no theme. */
export const MASK_COLOUR = '#ff2d87'
const MASK_RGB = [0xff, 0x2d, 0x87] as const

export class MaskRaster {
  readonly #pictures: Pictures
  #size: Box | null = null
  #marked: MarkedSurface<MaskMark> | null = null
  #plane: { readonly version: number; readonly plane: Plane } | null = null

  constructor(pictures: Pictures) {
    this.#pictures = pictures
  }

  /** The mask's pixels; null where there is no mask. */
  of(marks: readonly MaskMark[], width: number, height: number): Surface | null {
    if (marks.length === 0) {
      this.#marked = null
      return null
    }
    if (!this.#marked || this.#size?.width !== width || this.#size.height !== height) {
      this.#size = { x: 0, y: 0, width, height }
      this.#marked = new MarkedSurface(maskPainter(this.#pictures, this.#size), this.#size)
      this.#plane = null
    }
    this.#marked.sync(marks)
    return this.#marked.surface
  }

  /** Grows whenever the mask's pixels change. */
  get version(): number {
    return this.#marked?.version ?? -1
  }

  /** The mask as grey bytes; null where there is none. */
  plane(marks: readonly MaskMark[], width: number, height: number): Plane | null {
    const surface = this.of(marks, width, height)
    if (!surface || !this.#marked) return null
    const { version } = this.#marked
    if (this.#plane?.version !== version) this.#plane = { version, plane: readPlane(surface, surface.box) }
    return this.#plane.plane
  }
}

function maskPainter(pictures: Pictures, whole: Box): MarkPainter<MaskMark> {
  return {
    reach: (mark) => {
      switch (mark.kind) {
        case 'stroke':
          return boundsOf(mark.points, mark.size / 2 + 1)
        case 'area':
          return boundsOf(mark.points, 1)
        case 'picture':
        case 'invert':
        case 'grow':
        case 'feather':
          return whole
      }
    },
    adds: () => true,
    ready: (mark) => mark.kind !== 'picture' || pictures.get(mark.picture.blob) !== 'loading',
    paint: (mark, surface, reach) => {
      switch (mark.kind) {
        case 'stroke':
          return surface.paint(reach, (context) => drawStroke(context, { ...mark, colour: MASK_COLOUR }))
        case 'area':
          return surface.paint(reach, (context) => drawArea(context, mark.points, MASK_COLOUR, mark.erase))
        case 'invert':
          return writePlane(surface, invertPlane(readPlane(surface, whole)), whole)
        case 'grow':
          return changePart(surface, whole, Math.abs(mark.by) + 1, (plane) => growPlane(plane, mark.by))
        case 'feather':
          return changePart(surface, whole, Math.ceil(mark.radius) + 1, (plane) => featherPlane(plane, mark.radius))
        case 'picture': {
          const bitmap = pictures.get(mark.picture.blob)
          if (typeof bitmap !== 'string') writePlane(surface, planeOfPicture(bitmap, whole), whole)
          return
        }
      }
    },
  }
}

/** Applies an operation where it can matter: around what is not black. */
function changePart(surface: Surface, whole: Box, margin: number, change: (plane: Plane) => Plane): void {
  const plane = readPlane(surface, whole)
  const touched = whiteBounds(plane)
  const part =
    touched &&
    intersect(
      {
        x: touched.x - margin,
        y: touched.y - margin,
        width: touched.width + 2 * margin,
        height: touched.height + 2 * margin,
      },
      whole,
    )
  if (part) writePlane(surface, change(readPlane(surface, part)), part)
}

/** The box around every pixel that is not black; null for none. */
export function whiteBounds({ width, height, data }: Plane): Box | null {
  let [left, right, top, bottom] = [width, -1, -1, -1]
  for (let y = 0; y < height; y++) {
    const row = data.subarray(y * width, (y + 1) * width)
    const first = row.findIndex((value) => value > 0)
    if (first < 0) continue
    if (top < 0) top = y
    bottom = y
    left = Math.min(left, first)
    right = Math.max(
      right,
      row.findLastIndex((value) => value > 0),
    )
  }
  return top < 0 ? null : { x: left, y: top, width: right - left + 1, height: bottom - top + 1 }
}

/** The alpha of a surface as grey bytes. */
export function readPlane(surface: Surface, box: Box): Plane {
  const { x, y, width, height } = roundOut(box, 1)
  const { data: rgba } = surface.context.getImageData(x - surface.box.x, y - surface.box.y, width, height)
  const plane = blankPlane(width, height)
  for (let i = 0; i < plane.data.length; i++) plane.data[i] = rgba[4 * i + 3]!
  return plane
}

function writePlane(surface: Surface, plane: Plane, at: Box): void {
  const image = new ImageData(plane.width, plane.height)
  for (let i = 0; i < plane.data.length; i++) {
    image.data.set(MASK_RGB, 4 * i)
    image.data[4 * i + 3] = plane.data[i]!
  }
  surface.context.putImageData(image, at.x - surface.box.x, at.y - surface.box.y)
  surface.touched(at)
}

/** A mask that was painted elsewhere: luminance on black, stretched over the document. */
function planeOfPicture(bitmap: ImageBitmap, whole: Box): Plane {
  const canvas = new OffscreenCanvas(whole.width, whole.height)
  const context = canvas.getContext('2d')!
  context.fillStyle = '#000'
  context.fillRect(0, 0, whole.width, whole.height)
  context.drawImage(bitmap, 0, 0, whole.width, whole.height)
  return luminance(context.getImageData(0, 0, whole.width, whole.height))
}

export function luminance({ width, height, data }: ImageData): Plane {
  const plane = blankPlane(width, height)
  for (let i = 0; i < plane.data.length; i++)
    plane.data[i] = 0.2126 * data[4 * i]! + 0.7152 * data[4 * i + 1]! + 0.0722 * data[4 * i + 2]!
  return plane
}
