/** Everything in the row of a thing goes, the thing itself included. */
import { CELLS, GRID } from '../cells.ts'
import { edit, inputAround, pickCells, pickFocus, seenAt, type Operation } from '../operations/kit.ts'

export const clearRowOperation: Operation = {
  name: 'clear-row',
  family: 'spatial',
  holdable: false,
  weight: 1,
  phrasings: ['clear the row of the {x}', 'empty the whole row of the {x}', 'sweep the row with the {x}'],
  make(kit) {
    const [x, y] = pickFocus(kit, 2) ?? []
    if (!x || !y) return null
    const [at] = pickCells(kit, 1) as [number]
    const row = Math.floor(at / GRID)
    const inRow = (cell: number): boolean => Math.floor(cell / GRID) === row
    const [beside] = pickCells(kit, 1, (cell) => cell !== at && inRow(cell)) as [number]
    const rest = Array.from({ length: CELLS }, (_, i) => i).filter((i) => inRow(i) && i !== at && i !== beside)
    const input = inputAround(kit, { [at]: x, [beside]: y }, { empty: rest })
    const gone = [at, beside].sort((a, b) => a - b)
    return edit({
      slots: { x },
      input,
      thinking: gone.map((cell) => seenAt(cell === at ? x : y, cell)),
      change: { cells: Object.fromEntries(gone.map((cell) => [cell, null])) },
    })
  },
}
