/** Keys that several tools share: walking the cells of the box, and moving things by pixels. */
import { clamp } from '../geometry.ts'
import type { KeyPress, ToolContext } from './types.ts'

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

/** The direction of an arrow key, times ten with Shift; null for another key. */
export function arrowOf({ key, shift }: KeyPress): { readonly dx: number; readonly dy: number } | null {
  const arrow = ARROWS[key]
  if (!arrow) return null
  const step = shift ? 10 : 1
  return { dx: arrow[0] * step, dy: arrow[1] * step }
}

/** Arrows walk the grid, Enter acts on the cell. Returns whether the key was taken. */
export function cellWalk(context: ToolContext, press: KeyPress, act: (cell: number) => void): boolean {
  const grid = context.options.model?.grid
  if (!grid || press.ctrl) return false
  const at = context.cellCursor
  const arrow = ARROWS[press.key]
  if (arrow) {
    if (at === null) context.setCellCursor(0)
    else {
      const x = clamp((at % grid) + arrow[0], 0, grid - 1)
      const y = clamp(Math.floor(at / grid) + arrow[1], 0, grid - 1)
      context.setCellCursor(y * grid + x)
    }
    return true
  }
  if (press.key !== 'Enter' || at === null) return false
  act(at)
  return true
}
