/** Where things go: steps, cells, swaps and neighbours. The inference names the target cell before it is filled. */
import { cellNames, directions, neighboursOf, relationOf, stepFrom } from '../cells.ts'
import { edit, inputAround, pickCells, pickFocus, related, seenAt, type Operation } from './kit.ts'

export const spatialOperations: readonly Operation[] = [
  {
    name: 'move-step',
    family: 'spatial',
    holdable: true,
    weight: 1,
    phrasings: [
      'move the {x} one cell {direction}',
      'shift the {x} {direction} by one cell',
      'slide the {x} one cell {direction}',
    ],
    make(kit) {
      const [x] = pickFocus(kit, 1) ?? []
      if (!x) return null
      const direction = kit.random.pick(directions)
      const [at] = pickCells(kit, 1, (cell) => stepFrom(cell, direction) >= 0) as [number]
      const to = stepFrom(at, direction)
      const input = inputAround(kit, { [at]: x }, { empty: [to] })
      const thinking = [seenAt(x, at), related(relationOf[direction], at, to)]
      return edit({ slots: { x, direction }, input, thinking, change: { cells: { [at]: null, [to]: x } }, focus: [x] })
    },
  },
  {
    name: 'move-cell',
    family: 'spatial',
    holdable: true,
    weight: 1,
    phrasings: ['move the {x} to {cell}', 'bring the {x} to {cell}', 'put the {x} in cell {cell}'],
    make(kit) {
      const [x] = pickFocus(kit, 1) ?? []
      if (!x) return null
      const [at, to] = pickCells(kit, 2) as [number, number]
      const input = inputAround(kit, { [at]: x }, { empty: [to] })
      const change = { cells: { [at]: null, [to]: x } }
      return edit({ slots: { x, cell: cellNames[to]! }, input, thinking: [seenAt(x, at)], change, focus: [x] })
    },
  },
  {
    name: 'swap',
    family: 'spatial',
    holdable: true,
    weight: 1,
    phrasings: ['swap the {x} and the {y}', 'let the {x} and the {y} trade places', 'exchange the {x} and the {y}'],
    make(kit) {
      const [x, y] = pickFocus(kit, 2) ?? []
      if (!x || !y) return null
      const [a, b] = pickCells(kit, 2) as [number, number]
      const input = inputAround(kit, { [a]: x, [b]: y })
      const thinking = [seenAt(x, a), seenAt(y, b)]
      return edit({ slots: { x, y }, input, thinking, change: { cells: { [a]: y, [b]: x } }, focus: [x, y] })
    },
  },
  {
    name: 'put-beside',
    family: 'spatial',
    holdable: true,
    weight: 1.5,
    phrasings: [
      'put the {y} {relation} the {x}',
      'move the {y} {relation} the {x}',
      'the {y} should be {relation} the {x}',
    ],
    make(kit) {
      const [x, y] = pickFocus(kit, 2) ?? []
      if (!x || !y) return null
      const direction = kit.random.pick(directions)
      const relation = relationOf[direction]
      const [anchor] = pickCells(kit, 1, (cell) => stepFrom(cell, direction) >= 0) as [number]
      const to = stepFrom(anchor, direction)
      const [at] = pickCells(kit, 1, (cell) => cell !== anchor && cell !== to) as [number]
      const input = inputAround(kit, { [anchor]: x, [at]: y }, { empty: [to] })
      const thinking = [seenAt(y, at), seenAt(x, anchor), related(relation, anchor, to)]
      const change = { cells: { [at]: null, [to]: y } }
      return edit({ slots: { x, y, relation }, input, thinking, change, focus: [x, y] })
    },
  },
  {
    name: 'put-next',
    family: 'spatial',
    holdable: true,
    weight: 0.5,
    phrasings: ['put the {y} next to the {x}', 'move the {y} next to the {x}', 'bring the {y} next to the {x}'],
    make(kit) {
      const [x, y] = pickFocus(kit, 2) ?? []
      if (!x || !y) return null
      const [anchor] = pickCells(kit, 1) as [number]
      const near = neighboursOf(anchor)
      const [at] = pickCells(kit, 1, (cell) => cell !== anchor && !near.includes(cell)) as [number]
      const input = inputAround(kit, { [anchor]: x, [at]: y })
      const open = near.filter((cell) => input.cells[cell] === null)
      if (open.length === 0) return null
      const to = kit.random.pick(open)
      return edit({
        slots: { x, y },
        input,
        thinking: [seenAt(y, at), seenAt(x, anchor)],
        change: { cells: { [at]: null, [to]: y } },
        focus: [x, y],
        freedom: { kind: 'neighbour', sprite: y, from: at, anchor },
      })
    },
  },
]
