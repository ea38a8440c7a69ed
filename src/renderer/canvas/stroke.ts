/**
 * Strokes: from pointer samples to the few points a document keeps, and from those to a smooth line. The line under the
 * pointer and the line that is stored are traced by the same function, so nothing jumps when the pointer goes up.
 */
import type { Point } from './geometry.ts'

/** What a path is traced on: a canvas context, or a Path2D. */
export interface PathSink {
  moveTo(x: number, y: number): void
  lineTo(x: number, y: number): void
  quadraticCurveTo(cx: number, cy: number, x: number, y: number): void
  closePath(): void
}

/** Adds a sample unless it stands closer than `apart` to the last point. Returns whether it was added. */
export function addSample(points: number[], { x, y }: Point, apart: number): boolean {
  const n = points.length
  if (n >= 2 && Math.hypot(x - points[n - 2]!, y - points[n - 1]!) < apart) return false
  points.push(round(x), round(y))
  return true
}

/** A hundredth of a pixel is finer than any screen shows, and keeps stored strokes short. */
const round = (value: number): number => Math.round(value * 100) / 100

/**
 * Drops points that the line does not need: none of those dropped lies further than `tolerance` from the line through
 * the rest (Ramer, Douglas and Peucker). The first and the last point stay.
 */
export function simplify(points: readonly number[], tolerance: number): number[] {
  const n = points.length / 2
  if (n < 3) return [...points]
  const keep = new Uint8Array(n)
  keep[0] = keep[n - 1] = 1
  const open: [number, number][] = [[0, n - 1]]
  for (let span = open.pop(); span; span = open.pop()) {
    const [from, to] = span
    let worst = tolerance
    let at = -1
    for (let i = from + 1; i < to; i++) {
      const distance = distanceToSegment(points, i, from, to)
      if (distance > worst) {
        worst = distance
        at = i
      }
    }
    if (at < 0) continue
    keep[at] = 1
    open.push([from, at], [at, to])
  }
  return points.filter((_, i) => keep[i >> 1] === 1)
}

/** Distance of point i from the segment between points a and b of a flat list. */
function distanceToSegment(points: readonly number[], i: number, a: number, b: number): number {
  const [px, py] = [points[2 * i]!, points[2 * i + 1]!]
  const [ax, ay] = [points[2 * a]!, points[2 * a + 1]!]
  const dx = points[2 * b]! - ax
  const dy = points[2 * b + 1]! - ay
  const squared = dx * dx + dy * dy
  const along = squared === 0 ? 0 : Math.min(1, Math.max(0, ((px - ax) * dx + (py - ay) * dy) / squared))
  return Math.hypot(px - ax - along * dx, py - ay - along * dy)
}

/** Traces a stroke's middle line: through the midpoints, bent by the points. A single point is a dot. */
export function traceStroke(sink: PathSink, points: readonly number[]): void {
  const n = points.length
  sink.moveTo(points[0]!, points[1]!)
  if (n <= 4) {
    // A line of no length still gets its round caps in every browser when it is this short.
    sink.lineTo((points[2] ?? points[0]!) + (n === 2 ? 0.001 : 0), points[3] ?? points[1]!)
    return
  }
  for (let i = 2; i + 3 < n; i += 2) {
    const midX = (points[i]! + points[i + 2]!) / 2
    const midY = (points[i + 1]! + points[i + 3]!) / 2
    sink.quadraticCurveTo(points[i]!, points[i + 1]!, midX, midY)
  }
  sink.lineTo(points[n - 2]!, points[n - 1]!)
}

/** Traces a closed polygon. */
export function tracePolygon(sink: PathSink, points: readonly number[]): void {
  sink.moveTo(points[0]!, points[1]!)
  for (let i = 2; i + 1 < points.length; i += 2) sink.lineTo(points[i]!, points[i + 1]!)
  sink.closePath()
}
