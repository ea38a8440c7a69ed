/**
 * The 4 x 4 grid by name: row letter a (top) to d, column digit 1 (left) to 4, row major. Directions and corners are
 * the only geometry the world speaks of, so it all lives here.
 */
export const GRID = 4
export const CELLS = GRID * GRID

/** `a1`, `a2`, ... `d4`, by cell index. */
export const cellNames: readonly string[] = Array.from(
  { length: CELLS },
  (_, i) => 'abcd'[Math.floor(i / GRID)]! + String((i % GRID) + 1),
)
const indexByName = new Map(cellNames.map((name, i) => [name, i]))

/** The index of a cell name, or -1. */
export const cellIndex = (name: string): number => indexByName.get(name) ?? -1

export const directions = ['left', 'right', 'up', 'down'] as const
export type Direction = (typeof directions)[number]
const offsets: Record<Direction, readonly [row: number, column: number]> = {
  left: [0, -1],
  right: [0, 1],
  up: [-1, 0],
  down: [1, 0],
}

/** How a direction is said of a place: "left of b3", "above b3". */
export const relationOf: Record<Direction, string> = { left: 'left of', right: 'right of', up: 'above', down: 'below' }

/** The cell one step away, or -1 outside the grid. */
export function stepFrom(cell: number, direction: Direction): number {
  const [dr, dc] = offsets[direction]
  const row = Math.floor(cell / GRID) + dr
  const column = (cell % GRID) + dc
  return row < 0 || row >= GRID || column < 0 || column >= GRID ? -1 : row * GRID + column
}

/** The two to four cells that share an edge with `cell`, in index order. */
export function neighboursOf(cell: number): number[] {
  return directions
    .map((d) => stepFrom(cell, d))
    .filter((c) => c >= 0)
    .sort((a, b) => a - b)
}

export const corners = { 'top left': 0, 'top right': 3, 'bottom left': 12, 'bottom right': 15 } as const
export type Corner = keyof typeof corners
export const cornerNames = Object.keys(corners) as readonly Corner[]
