/** Inputs of the operations that move everything: so few sprites that a trace can claim every cell that changes. */
import { inputAround, pickCells, pickFocus, type Kit } from '../operations/kit.ts'
import type { Scene } from '../world.ts'

/** Every moved sprite costs up to two claims, 11 tokens; a trace holds 35 beside its end. */
const MOST_MOVED = 3

/** Three different sprites anywhere and nothing else. */
export function scatter(kit: Kit): Scene | null {
  const sprites = pickFocus(kit, MOST_MOVED)
  if (!sprites) return null
  const cells = pickCells(kit, MOST_MOVED)
  return inputAround(kit, Object.fromEntries(cells.map((cell, i) => [cell, sprites[i]!])), { without: () => true })
}

/** The change that puts the sprite of every cell where `to` says; null where the picture stays as it is. */
export function rearrange(input: Scene, to: (cell: number) => number): Record<number, string | null> | null {
  const cells = input.cells.map((): string | null => null)
  input.cells.forEach((sprite, cell) => {
    if (sprite !== null) cells[to(cell)] = sprite
  })
  const changed = cells.flatMap((sprite, cell) => (sprite === input.cells[cell] ? [] : [[cell, sprite] as const]))
  return changed.length === 0 ? null : Object.fromEntries(changed)
}
