/** Where the document lies on the screen: `screen = document x scale + (x, y)`, in CSS pixels of the host. Pure. */
import type { Box } from '../../shared/studio.ts'
import { clamp, type Point } from './geometry.ts'

export interface View {
  readonly scale: number
  readonly x: number
  readonly y: number
}

/** A view as it is kept: what stood in the middle, so that it fits a host of another size, or what it was fitted to. */
export interface KeptView {
  readonly scale: number
  readonly middle: Point
  readonly follows: 'fit' | 'box' | null
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

/** The view for keeping, and back. */
export const keptView = (view: View, host: Size, follows: KeptView['follows']): KeptView => ({
  scale: view.scale,
  middle: toDocument(view, { x: host.width / 2, y: host.height / 2 }),
  follows,
})

export const viewOfKept = ({ scale, middle }: KeptView, host: Size): View => {
  const next = clamp(scale, MIN_SCALE, MAX_SCALE)
  return { scale: next, x: host.width / 2 - middle.x * next, y: host.height / 2 - middle.y * next }
}

export const printView = ({ scale, middle, follows }: KeptView): string =>
  JSON.stringify([scale, middle.x, middle.y, follows])

/** Null for anything that is not a view. */
export function parseView(text: string): KeptView | null {
  try {
    const [scale, x, y, follows] = JSON.parse(text) as unknown[]
    const finite = [scale, x, y].every((value) => typeof value === 'number' && Number.isFinite(value))
    if (!finite || (follows !== null && follows !== 'fit' && follows !== 'box')) return null
    return { scale: scale as number, middle: { x: x as number, y: y as number }, follows }
  } catch {
    return null
  }
}
