/** One thing goes to the opposite column of its row; the others stay. */
import { edit, inputAround, pickCells, pickFocus, seenAt, type Operation } from '../operations/kit.ts'
import { opposite } from './mirror.ts'

export const acrossOperation: Operation = {
  name: 'across',
  family: 'spatial',
  holdable: false,
  weight: 1,
  phrasings: ['send the {x} across', 'the {x} crosses over', 'move the {x} to the opposite column'],
  make(kit) {
    const [x] = pickFocus(kit, 1) ?? []
    if (!x) return null
    const [at] = pickCells(kit, 1) as [number]
    const to = opposite(at)
    const input = inputAround(kit, { [at]: x }, { empty: [to] })
    return edit({ slots: { x }, input, thinking: [seenAt(x, at)], change: { cells: { [at]: null, [to]: x } } })
  },
}
