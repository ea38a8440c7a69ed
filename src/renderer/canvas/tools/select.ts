/** Selection tools: mark a part of the active layer, then drag it away onto a layer of its own. */
import { boundsOf, insidePolygon, intersect } from '../geometry.ts'
import { arrowOf } from './keys.ts'
import { hasArea, lassoGesture, rectangleGesture } from './mask.ts'
import type { Gesture, KeyPress, PointerAt, Tool, ToolContext } from './types.ts'

/** Dragging inside the selection moves what is in it; elsewhere a new selection starts. */
function moveSelected(context: ToolContext, at: PointerAt): Gesture | null {
  const { selection } = context
  if (!selection || !insidePolygon(selection, at.point)) return null
  const lift = context.lift(selection)
  if (!lift) {
    context.say('The active layer has nothing there to move.')
    return null
  }
  let moved = false
  return {
    move: ({ point, shift }) => {
      let dx = Math.round(point.x - at.point.x)
      let dy = Math.round(point.y - at.point.y)
      if (shift && Math.abs(dx) > Math.abs(dy)) dy = 0
      else if (shift) dx = 0
      moved ||= dx !== 0 || dy !== 0
      lift.to(dx, dy)
    },
    end: () => (moved ? lift.drop() : lift.cancel()),
    cancel: () => lift.cancel(),
  }
}

function finish(context: ToolContext, points: readonly number[]): void {
  const { width, height } = context.document
  const bounds = boundsOf(points)
  const inside = bounds && intersect(bounds, { x: 0, y: 0, width, height })
  context.select(inside && hasArea(points) ? points : null)
}

function key(context: ToolContext, press: KeyPress): boolean {
  const arrow = arrowOf(press)
  if (!arrow || !context.selection) return false
  const lift = context.lift(context.selection)
  if (!lift) return false
  lift.to(arrow.dx, arrow.dy)
  lift.drop()
  return true
}

export const selectRectangle: Tool = {
  id: 'select-rectangle',
  label: 'Select rectangle',
  hint: 'Select a part of the active layer; drag it to move it. Shift: a square. Delete clears it.',
  shortcut: 'R',
  cursor: 'crosshair',
  paints: true,
  begin: (context, at) =>
    moveSelected(context, at) ??
    rectangleGesture(
      at,
      (selection) => context.draft({ selection }),
      (points) => finish(context, points),
    ),
  key,
}

export const selectLasso: Tool = {
  id: 'select-lasso',
  label: 'Select lasso',
  hint: 'Draw round a part of the active layer; drag it to move it. Delete clears it.',
  shortcut: 'Q',
  cursor: 'crosshair',
  paints: true,
  begin: (context, at) =>
    moveSelected(context, at) ??
    lassoGesture(
      context,
      at,
      (selection) => context.draft({ selection }),
      (points) => finish(context, points),
    ),
  key,
}
