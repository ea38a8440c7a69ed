/** The before/after line over a candidate: taken hold of by any tool, because it lies over all of them. */
import { clamp, type Point } from './geometry.ts'
import type { Shown } from './shown.ts'
import type { Gesture, PointerAt } from './tools/types.ts'
import { toScreen } from './view.ts'

/** Screen pixels within which it is taken hold of. */
const GRIP = 10

/** The gesture that moves the line, where it is under the pointer; `show` gets its place, 0..1 of the box. */
export function lineGesture(
  { candidate, compare, preview, view }: Pick<Shown, 'candidate' | 'compare' | 'preview' | 'view'>,
  screen: Point,
  show: (position: number) => void,
): Gesture | null {
  if (!candidate || compare === null || preview) return null
  const { x, y, width, height } = candidate.box
  const line = toScreen(view, { x: x + width * compare, y })
  const bottom = line.y + height * view.scale
  if (Math.abs(screen.x - line.x) > GRIP || screen.y < line.y || screen.y > bottom) return null
  const move = ({ point }: PointerAt): void => show(clamp((point.x - x) / width, 0, 1))
  return { move, end: move, cancel: () => undefined }
}
