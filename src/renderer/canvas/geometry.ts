/**
 * Plane geometry of the canvas: points, boxes, the transform of a layer as a matrix, polygons. Flat number lists
 * (x0 y0 x1 y1 ...) are the form points have in a document; everything here is pure.
 */
import type { Transform } from '../../shared/document.ts'
import type { Box } from '../../shared/studio.ts'

export interface Point {
  readonly x: number
  readonly y: number
}

/** Canvas order: x' = a x + c y + e, y' = b x + d y + f. */
export type Matrix = readonly [a: number, b: number, c: number, d: number, e: number, f: number]

/** Scaled, rotated clockwise about the layer's origin, then moved. */
export function matrixOf(t: Transform): Matrix {
  const angle = (t.rotation * Math.PI) / 180
  const cos = Math.cos(angle)
  const sin = Math.sin(angle)
  return [cos * t.scaleX, sin * t.scaleX, -sin * t.scaleY, cos * t.scaleY, t.x, t.y]
}

export const apply = ([a, b, c, d, e, f]: Matrix, { x, y }: Point): Point => ({
  x: a * x + c * y + e,
  y: b * x + d * y + f,
})

/** Null where the matrix flattens the plane: such a layer cannot be painted on. */
export function invert([a, b, c, d, e, f]: Matrix): Matrix | null {
  const det = a * d - b * c
  if (Math.abs(det) < 1e-9) return null
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det]
}

/** How much lengths grow on average: the side of the square that a unit square becomes in area. */
export const meanScale = ([a, b, c, d]: Matrix): number => Math.sqrt(Math.abs(a * d - b * c))

export function mapPoints(matrix: Matrix, points: readonly number[]): number[] {
  const mapped = new Array<number>(points.length)
  for (let i = 0; i + 1 < points.length; i += 2) {
    const p = apply(matrix, { x: points[i]!, y: points[i + 1]! })
    mapped[i] = p.x
    mapped[i + 1] = p.y
  }
  return mapped
}

/** The upright box around points, widened by `margin` on every side; null without points. */
export function boundsOf(points: readonly number[], margin = 0): Box | null {
  if (points.length < 2) return null
  let left = Infinity
  let top = Infinity
  let right = -Infinity
  let bottom = -Infinity
  for (let i = 0; i + 1 < points.length; i += 2) {
    left = Math.min(left, points[i]!)
    right = Math.max(right, points[i]!)
    top = Math.min(top, points[i + 1]!)
    bottom = Math.max(bottom, points[i + 1]!)
  }
  return {
    x: left - margin,
    y: top - margin,
    width: right - left + 2 * margin,
    height: bottom - top + 2 * margin,
  }
}

export function union(one: Box | null, other: Box | null): Box | null {
  if (!one || !other) return one ?? other
  const x = Math.min(one.x, other.x)
  const y = Math.min(one.y, other.y)
  return {
    x,
    y,
    width: Math.max(one.x + one.width, other.x + other.width) - x,
    height: Math.max(one.y + one.height, other.y + other.height) - y,
  }
}

export function intersect(one: Box, other: Box): Box | null {
  const x = Math.max(one.x, other.x)
  const y = Math.max(one.y, other.y)
  const width = Math.min(one.x + one.width, other.x + other.width) - x
  const height = Math.min(one.y + one.height, other.y + other.height) - y
  return width > 0 && height > 0 ? { x, y, width, height } : null
}

/** The smallest box of whole multiples of `step` that holds the one given. */
export function roundOut(box: Box, step = 1): Box {
  const x = Math.floor(box.x / step) * step
  const y = Math.floor(box.y / step) * step
  return {
    x,
    y,
    width: Math.ceil((box.x + box.width) / step) * step - x,
    height: Math.ceil((box.y + box.height) / step) * step - y,
  }
}

/** Four corners, clockwise from top left. */
export const cornersOf = ({ x, y, width, height }: Box): number[] => [
  x,
  y,
  x + width,
  y,
  x + width,
  y + height,
  x,
  y + height,
]

export const boxOfMatrix = (matrix: Matrix, box: Box): Box => boundsOf(mapPoints(matrix, cornersOf(box)))!

/** The box spanned by two points, whichever way it was dragged. */
export const boxBetween = (from: Point, to: Point): Box => ({
  x: Math.min(from.x, to.x),
  y: Math.min(from.y, to.y),
  width: Math.abs(to.x - from.x),
  height: Math.abs(to.y - from.y),
})

export const contains = (box: Box, { x, y }: Point): boolean =>
  x >= box.x && y >= box.y && x < box.x + box.width && y < box.y + box.height

/** Even-odd rule. */
export function insidePolygon(points: readonly number[], { x, y }: Point): boolean {
  let inside = false
  const n = points.length / 2
  for (let i = 0, j = n - 1; i < n; j = i++) {
    const [xi, yi, xj, yj] = [points[2 * i]!, points[2 * i + 1]!, points[2 * j]!, points[2 * j + 1]!]
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) inside = !inside
  }
  return inside
}

export const shifted = (points: readonly number[], dx: number, dy: number): number[] =>
  points.map((value, i) => value + (i % 2 === 0 ? dx : dy))

export const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high)

export const sameBox = (one: Box, other: Box): boolean =>
  one.x === other.x && one.y === other.y && one.width === other.width && one.height === other.height

export const identityMatrix: Matrix = [1, 0, 0, 1, 0, 0]

/** Whether two boxes share anything; a missing one shares nothing. */
export const visibleTest = (one: Box | null, other: Box): boolean => one !== null && intersect(one, other) !== null
