/** Where a layer lies, in the numbers a person types: read from its transform, and changed by one of them. Pure. */
import type { Transform } from '../../shared/document.ts'
import type { Box } from '../../shared/studio.ts'
import { apply, boxOfMatrix, matrixOf, type Point } from './geometry.ts'

/** The largest scale a document takes. */
const MOST_SCALE = 1000

export interface LayerPlace {
  /** The upper left corner of all that the layer covers on the document, in its pixels. */
  readonly x: number
  readonly y: number
  /** Of the layer's own box as it is scaled, before it is turned, in pixels of the document. */
  readonly width: number
  readonly height: number
  /** Degrees clockwise, over -180 up to 180. */
  readonly angle: number
}

/** The place of a layer whose marks fill `bounds` of its own pixels. */
export function placeOf(bounds: Box, transform: Transform): LayerPlace {
  const { x, y } = boxOfMatrix(matrixOf(transform), bounds)
  return {
    x,
    y,
    width: bounds.width * Math.abs(transform.scaleX),
    height: bounds.height * Math.abs(transform.scaleY),
    angle: 180 - ((((180 - transform.rotation) % 360) + 360) % 360),
  }
}

/**
 * The transform with some numbers of the place changed. A size keeps the upper left corner where it is and a mirrored layer
 * mirrored; an angle keeps the middle. What `keepRatio` says holds where one of width and height is given.
 */
export function withPlace(
  bounds: Box,
  transform: Transform,
  change: Partial<LayerPlace>,
  keepRatio = false,
): Transform {
  let next = transform
  if (change.angle !== undefined) {
    const middle = { x: bounds.x + bounds.width / 2, y: bounds.y + bounds.height / 2 }
    const at = apply(matrixOf(transform), middle)
    next = pinned({ ...next, rotation: change.angle }, middle, at)
  }
  if (change.width !== undefined || change.height !== undefined) {
    const { x, y } = placeOf(bounds, next)
    next = movedTo(bounds, scaled(bounds, next, change, keepRatio), x, y)
  }
  if (change.x !== undefined || change.y !== undefined) {
    const { x, y } = placeOf(bounds, next)
    next = movedTo(bounds, next, change.x ?? x, change.y ?? y)
  }
  return next
}

/** Mirrored where it lies: left and right, or top and bottom, of the layer before it is turned. */
export function flipped(bounds: Box, transform: Transform, way: 'across' | 'down'): Transform {
  const middle = { x: bounds.x + bounds.width / 2, y: bounds.y + bounds.height / 2 }
  const turned =
    way === 'across' ? { ...transform, scaleX: -transform.scaleX } : { ...transform, scaleY: -transform.scaleY }
  return pinned(turned, middle, apply(matrixOf(transform), middle))
}

function scaled(bounds: Box, transform: Transform, change: Partial<LayerPlace>, keepRatio: boolean): Transform {
  const [across, down] = [Math.abs(transform.scaleX), Math.abs(transform.scaleY)]
  let next = {
    across: change.width === undefined ? across : change.width / bounds.width,
    down: change.height === undefined ? down : change.height / bounds.height,
  }
  const one = (change.width === undefined) !== (change.height === undefined)
  // A side that is scaled to nothing has no proportion to keep.
  if (keepRatio && one && across > 0 && down > 0) {
    const wanted = change.width === undefined ? next.down / down : next.across / across
    const factor = Math.min(wanted, MOST_SCALE / across, MOST_SCALE / down)
    next = { across: across * factor, down: down * factor }
  }
  return {
    ...transform,
    scaleX: Math.min(next.across, MOST_SCALE) * (transform.scaleX < 0 ? -1 : 1),
    scaleY: Math.min(next.down, MOST_SCALE) * (transform.scaleY < 0 ? -1 : 1),
  }
}

/** Moved so that a point of the layer lies at a point of the document. */
function pinned(transform: Transform, own: Point, at: Point): Transform {
  const now = apply(matrixOf(transform), own)
  return { ...transform, x: transform.x + at.x - now.x, y: transform.y + at.y - now.y }
}

function movedTo(bounds: Box, transform: Transform, x: number, y: number): Transform {
  const now = placeOf(bounds, transform)
  return { ...transform, x: transform.x + x - now.x, y: transform.y + y - now.y }
}
