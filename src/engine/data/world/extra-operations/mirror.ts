/** The whole picture turned left to right: every sprite stays in its row and goes to the opposite column. */
import { GRID } from '../cells.ts'
import { edit, type Operation } from '../operations/kit.ts'
import { rearrange, scatter } from './scatter.ts'

/** The cell opposite in the same row. */
export const opposite = (cell: number): number => cell - (cell % GRID) + (GRID - 1 - (cell % GRID))

export const mirrorOperation: Operation = {
  name: 'mirror',
  family: 'spatial',
  holdable: false,
  weight: 1,
  phrasings: ['mirror the picture', 'flip it left to right', 'show it in a mirror'],
  make(kit) {
    const input = scatter(kit)
    const cells = input && rearrange(input, opposite)
    return cells && edit({ slots: {}, input, thinking: [], change: { cells } })
  },
}
