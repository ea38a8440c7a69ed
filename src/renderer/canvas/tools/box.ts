/** The generation box: where a run looks and draws. It keeps the model's shape and snaps to what is near. */
import type { Document } from '../../../shared/document.ts'
import type { Box } from '../../../shared/studio.ts'
import { clamp, contains, sameBox, type Point } from '../geometry.ts'
import { arrowOf } from './keys.ts'
import type { Gesture, PointerAt, Tool, ToolContext } from './types.ts'

/** Screen pixels within which an edge snaps, and a corner is taken hold of. */
const SNAP = 6
const GRIP = 10
const LEAST = 16

export type Corner = 'nw' | 'ne' | 'se' | 'sw'

/** The corner of the box under a point. */
export function cornerAt({ x, y, width, height }: Box, point: Point, reach: number): Corner | null {
  const near = (a: number, b: number): boolean => Math.abs(a - b) <= reach
  const [west, east] = [near(point.x, x), near(point.x, x + width)]
  const [north, south] = [near(point.y, y), near(point.y, y + height)]
  if (south && east) return 'se'
  if (north && west) return 'nw'
  if (north && east) return 'ne'
  return south && west ? 'sw' : null
}

const snapTo = (value: number, targets: readonly number[], reach: number): number => {
  let best = value
  let distance = reach
  for (const target of targets) {
    if (Math.abs(target - value) > distance) continue
    distance = Math.abs(target - value)
    best = target
  }
  return best
}

/** Moved so that an edge or the middle meets the document's, where that is near; whole pixels; never out of sight. */
export function movedBox(document: Pick<Document, 'width' | 'height'>, box: Box, at: Point, reach: number): Box {
  const along = (value: number, side: number, whole: number): number => {
    const snapped = snapTo(value, [0, whole - side, (whole - side) / 2], reach)
    const low = Math.min(0, whole - side)
    return Math.round(clamp(snapped, low, Math.max(0, whole - side)))
  }
  return { ...box, x: along(at.x, box.width, document.width), y: along(at.y, box.height, document.height) }
}

/**
 * The square spanned from the corner that stays to the pointer. It snaps to whole multiples of the model's size, where
 * a pixel of the document is a whole part of one of the model's, and to the document's edges.
 */
export function spannedBox(
  document: Pick<Document, 'width' | 'height'>,
  anchor: Point,
  to: Point,
  modelSize: number | null,
  reach: number,
): Box {
  const [right, down] = [to.x >= anchor.x, to.y >= anchor.y]
  const roomX = right ? document.width - anchor.x : anchor.x
  const roomY = down ? document.height - anchor.y : anchor.y
  const room = Math.max(LEAST, Math.min(roomX, roomY))
  const wanted = Math.max(Math.abs(to.x - anchor.x), Math.abs(to.y - anchor.y))
  const targets = [room]
  if (modelSize) for (let k = 1; k * modelSize <= room; k++) targets.push(k * modelSize)
  const side = Math.round(clamp(snapTo(wanted, targets, reach), LEAST, room))
  return { x: right ? anchor.x : anchor.x - side, y: down ? anchor.y : anchor.y - side, width: side, height: side }
}

const opposite = ({ x, y, width, height }: Box, corner: Corner): Point => ({
  x: corner.includes('w') ? x + width : x,
  y: corner.includes('n') ? y + height : y,
})

function boxGesture(context: ToolContext, boxAt: (at: PointerAt) => Box): Gesture {
  return {
    move: (at) => context.draft({ box: boxAt(at) }),
    end: (at) => {
      const box = boxAt(at)
      if (!sameBox(box, context.document.box)) context.dispatch({ type: 'setBox', box })
    },
    cancel: () => undefined,
  }
}

export const box: Tool = {
  id: 'box',
  label: 'Generation box',
  hint: 'Where a run looks and draws: drag it, or a corner. Ctrl: no snapping. Arrows move, Alt+arrows resize.',
  shortcut: 'G',
  cursor: 'move',
  begin: (context, at) => {
    const { document, view, options } = context
    const reach = (next: PointerAt): number => (next.ctrl ? 0 : SNAP / view.scale)
    const corner = cornerAt(document.box, at.point, GRIP / view.scale)
    const size = options.model?.size ?? null
    if (corner) {
      const anchor = opposite(document.box, corner)
      return boxGesture(context, (next) => spannedBox(document, anchor, next.point, size, reach(next)))
    }
    if (contains(document.box, at.point)) {
      const { x, y } = document.box
      return boxGesture(context, (next) =>
        movedBox(
          document,
          document.box,
          { x: x + next.point.x - at.point.x, y: y + next.point.y - at.point.y },
          reach(next),
        ),
      )
    }
    const anchor = {
      x: Math.round(clamp(at.point.x, 0, document.width - LEAST)),
      y: Math.round(clamp(at.point.y, 0, document.height - LEAST)),
    }
    return boxGesture(context, (next) => spannedBox(document, anchor, next.point, size, reach(next)))
  },
  key: (context, press) => {
    const arrow = arrowOf(press)
    if (!arrow) return false
    const { document } = context
    const old = document.box
    const next = press.alt
      ? spannedBox(document, old, { x: old.x + old.width + arrow.dx + arrow.dy, y: old.y + LEAST }, null, 0)
      : movedBox(document, old, { x: old.x + arrow.dx, y: old.y + arrow.dy }, 0)
    if (!sameBox(next, old)) context.dispatch({ type: 'setBox', box: next }, { coalesce: 'box' })
    return true
  },
}
