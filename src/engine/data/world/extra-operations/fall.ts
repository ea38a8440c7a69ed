/** Gravity: every sprite drops to the lowest free cell of its column, those of one column in their order. */
import { CELLS, GRID } from '../cells.ts'
import { edit, type Operation } from '../operations/kit.ts'
import { rearrange, scatter } from './scatter.ts'

export const fallOperation: Operation = {
  name: 'fall',
  family: 'causal',
  holdable: false,
  weight: 1,
  phrasings: ['everything falls down', 'drop it all to the ground', 'gravity pulls on everything'],
  make(kit) {
    const input = scatter(kit)
    if (!input) return null
    const below = (cell: number): number => {
      let count = 0
      for (let under = cell + GRID; under < CELLS; under += GRID) if (input.cells[under] !== null) count++
      return count
    }
    const cells = rearrange(input, (cell) => CELLS - GRID + (cell % GRID) - GRID * below(cell))
    return cells && edit({ slots: {}, input, thinking: [], change: { cells } })
  },
}
