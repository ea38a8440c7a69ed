/** Where the document lies on the screen: `screen = document x scale + (x, y)`, in CSS pixels of the host. Pure. */
import type { Box } from '../../shared/studio.ts'
import { clamp, type Point } from './geometry.ts'

export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

export const MIN_SCALE = 1 / 64
export const MAX_SCALE = 64
/** Scales that + and - walk through: the ones at which pixels fall on pixels, and their thirds. */
export const ZOOM_STOPS = [
  1 / 64,
  1 / 32,
  1 / 16,
  1 / 8,
  1 / 4,
  1 / 3,
  1 / 2,
  2 / 3,
  1,
  1.5,
  2,
  3,
  4,
  5,
  6,
  8,
  12,
  16,
  24,
  32,
  48,
  64,
] as const

export interface Size {
  readonly width: number
  readonly height: number
}

export const toDocument = (view: View, screen: Point): Point => ({
  x: (screen.x - view.x) / view.scale,
  y: (screen.y - view.y) / view.scale,
})

export const toScreen = (view: View, point: Point): Point => ({
  x: point.x * view.scale + view.x,
  y: point.y * view.scale + view.y,
})

/** The view at another scale with one point of the screen staying where it is. */
export function zoomAt(view: View, scale: number, anchor: Point): View {
  const next = clamp(scale, MIN_SCALE, MAX_SCALE)
  const held = toDocument(view, anchor)
  return { scale: next, x: anchor.x - held.x * next, y: anchor.y - held.y * next }
}

/** The next stop in a direction; a scale between two stops goes to the nearer end of its gap. */
export function zoomStop(scale: number, direction: 1 | -1): number {
  const stops = direction > 0 ? ZOOM_STOPS : [...ZOOM_STOPS].reverse()
  return stops.find((stop) => direction * (stop - scale) > scale * 1e-3) ?? clamp(scale, MIN_SCALE, MAX_SCALE)
}

/** A box in the middle of the host, as large as it goes with a margin. Never beyond `most`. */
export function fitView(host: Size, box: Box, margin = 24, most = MAX_SCALE): View {
  const room = (side: number): number => Math.max(16, side - 2 * margin)
  const fit = Math.min(room(host.width) / box.width, room(host.height) / box.height)
  return centred(host, box, clamp(fit, MIN_SCALE, most))
}

export function centred(host: Size, box: Box, scale: number): View {
  return {
    scale,
    x: Math.round(host.width / 2 - (box.x + box.width / 2) * scale),
    y: Math.round(host.height / 2 - (box.y + box.height / 2) * scale),
  }
}

/** Keeps at least a corner of the document in sight, so that a picture is never lost off screen. */
export function keepInSight(view: View, host: Size, document: Size, least = 48): View {
  return {
    scale: view.scale,
    x: clamp(view.x, least - document.width * view.scale, host.width - least),
    y: clamp(view.y, least - document.height * view.scale, host.height - least),
  }
}

/** The part of the document that is on the screen. */
export const visibleBox = (view: View, host: Size): Box => ({
  ...toDocument(view, { x: 0, y: 0 }),
  width: host.width / view.scale,
  height: host.height / view.scale,
})
