/** Mask tools: brush and eraser, rectangle and lasso. They mark where a run may change the picture. */
import type { MaskMark } from '../../../shared/document.ts'
import { cellBox } from '../cells.ts'
import { boxBetween, cornersOf, type Point } from '../geometry.ts'
import { addSample, simplify } from '../stroke.ts'
import { cellWalk } from './keys.ts'
import { strokeGesture } from './paint.ts'
import type { Gesture, PointerAt, Tool, ToolContext } from './types.ts'

function maskStroke(context: ToolContext, at: PointerAt, erase: boolean): Gesture {
  const size = Math.min(4096, Math.max(0.5, context.options.maskSize))
  return strokeGesture(
    context,
    at,
    (points) => context.draft({ maskStroke: { points, size, erase } }),
    (points) => context.dispatch({ type: 'addMaskMark', mark: { kind: 'stroke', points, size, erase } }),
  )
}

/** The corners of a dragged rectangle, at whole pixels. */
export function dragRectangle(from: Point, to: Point, square: boolean): number[] {
  const side = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y))
  const end = square ? { x: from.x + side * Math.sign(to.x - from.x), y: from.y + side * Math.sign(to.y - from.y) } : to
  const { x, y, width, height } = boxBetween(from, end)
  const [left, top] = [Math.round(x), Math.round(y)]
  return cornersOf({ x: left, y: top, width: Math.round(x + width) - left, height: Math.round(y + height) - top })
}

/** Whether a polygon has any area to speak of. */
export function hasArea(points: readonly number[]): boolean {
  let twice = 0
  for (let i = 0, j = points.length - 2; i < points.length; j = i, i += 2)
    twice += points[j]! * points[i + 1]! - points[i]! * points[j + 1]!
  return Math.abs(twice) >= 1
}

/** A gesture that spans a rectangle between its start and the pointer. */
export function rectangleGesture(
  at: PointerAt,
  show: (points: readonly number[]) => void,
  commit: (points: number[]) => void,
): Gesture {
  const points = (next: PointerAt): number[] => dragRectangle(at.point, next.point, next.shift)
  return {
    move: (next) => show(points(next)),
    end: (next) => commit(points(next)),
    cancel: () => undefined,
  }
}

/** A gesture that draws round an area. */
export function lassoGesture(
  context: ToolContext,
  at: PointerAt,
  show: (points: readonly number[]) => void,
  commit: (points: number[]) => void,
): Gesture {
  const points = [at.point.x, at.point.y]
  const take = (samples: readonly Point[]): void => {
    for (const sample of samples) addSample(points, sample, 1.5 / context.view.scale)
    show([...points])
  }
  return {
    move: (next) => take(next.samples),
    end: (next) => {
      take(next.samples)
      commit(simplify(points, 0.3 / context.view.scale))
    },
    cancel: () => undefined,
  }
}

/** Adds an area to the mask, or takes it away. */
function area(context: ToolContext, erase: boolean) {
  return {
    show: (points: readonly number[]) => context.draft({ maskArea: { points, erase } }),
    commit: (points: number[]) => {
      if (hasArea(points)) context.dispatch({ type: 'addMaskMark', mark: { kind: 'area', points, erase } })
      else context.draft({ maskArea: null })
    },
  }
}

export const maskBrush: Tool = {
  id: 'mask-brush',
  label: 'Mask brush',
  hint: 'Paint where a run may change the picture. Alt: take away. Shift: straight on.',
  shortcut: 'M',
  cursor: 'ring',
  size: (options) => options.maskSize,
  begin: (context, at) => maskStroke(context, at, at.alt),
}

export const maskEraser: Tool = {
  id: 'mask-eraser',
  label: 'Mask eraser',
  hint: 'Take away from the mask. Alt: add.',
  shortcut: 'Shift+M',
  cursor: 'ring',
  size: (options) => options.maskSize,
  begin: (context, at) => maskStroke(context, at, !at.alt),
}

export const maskRectangle: Tool = {
  id: 'mask-rectangle',
  label: 'Mask rectangle',
  hint: 'Mask a rectangle. Shift: a square. Alt: take away. Arrows and Enter: one cell.',
  shortcut: 'U',
  cursor: 'crosshair',
  begin: (context, at) => {
    const { show, commit } = area(context, at.alt)
    return rectangleGesture(at, show, commit)
  },
  key: (context, press) =>
    cellWalk(context, press, (cell) => {
      const grid = context.options.model?.grid
      if (!grid) return
      const mark: MaskMark = {
        kind: 'area',
        points: cornersOf(cellBox(context.document.box, grid, cell)),
        erase: press.alt,
      }
      context.dispatch({ type: 'addMaskMark', mark })
    }),
}

export const maskLasso: Tool = {
  id: 'mask-lasso',
  label: 'Mask lasso',
  hint: 'Draw round what may change. Shift: add (as without). Alt: take away.',
  shortcut: 'L',
  cursor: 'crosshair',
  begin: (context, at) => {
    const { show, commit } = area(context, at.alt)
    return lassoGesture(context, at, show, commit)
  },
}
