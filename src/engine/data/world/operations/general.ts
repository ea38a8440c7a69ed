/** Plain editing: remove, replace, add, change the place. No inference beyond finding the thing that is named. */
import { cellNames, cornerNames, corners } from '../cells.ts'
import { sentence } from '../grammar.ts'
import { edit, inputAround, pickCells, pickFocus, seenAt, type Operation } from './kit.ts'

export const generalOperations: readonly Operation[] = [
  {
    name: 'remove',
    family: 'general',
    holdable: true,
    weight: 1,
    phrasings: ['remove the {x}', 'take the {x} away', 'erase the {x}', 'make the {x} disappear'],
    make(kit) {
      const [x] = pickFocus(kit, 1) ?? []
      if (!x) return null
      const [at] = pickCells(kit, 1) as [number]
      const input = inputAround(kit, { [at]: x })
      return edit({ slots: { x }, input, thinking: [seenAt(x, at)], change: { cells: { [at]: null } }, focus: [x] })
    },
  },
  {
    name: 'replace',
    family: 'general',
    holdable: true,
    weight: 1,
    phrasings: ['replace the {x} with {a:y} {y}', 'turn the {x} into {a:y} {y}', 'change the {x} to {a:y} {y}'],
    make(kit) {
      const [x, y] = pickFocus(kit, 2) ?? []
      if (!x || !y) return null
      const [at] = pickCells(kit, 1) as [number]
      const input = inputAround(kit, { [at]: x }, { without: (name) => name === y })
      const change = { cells: { [at]: y } }
      return edit({ slots: { x, y }, input, thinking: [seenAt(x, at)], change, focus: [x, y] })
    },
  },
  {
    name: 'add-cell',
    family: 'general',
    holdable: true,
    weight: 1,
    phrasings: ['add {a:x} {x} at {cell}', 'put {a:x} {x} in cell {cell}', 'place {a:x} {x} at {cell}'],
    make(kit) {
      const [x] = pickFocus(kit, 1) ?? []
      if (!x) return null
      const [at] = pickCells(kit, 1) as [number]
      const input = inputAround(kit, {}, { empty: [at], without: (name) => name === x })
      const change = { cells: { [at]: x } }
      return edit({ slots: { x, cell: cellNames[at]! }, input, thinking: [], change, focus: [x] })
    },
  },
  {
    name: 'add-corner',
    family: 'general',
    holdable: true,
    weight: 0.5,
    phrasings: [
      'add {a:x} {x} in the {corner} corner',
      'put {a:x} {x} in the {corner} corner',
      'place {a:x} {x} at the {corner} corner',
    ],
    make(kit) {
      const [x] = pickFocus(kit, 1) ?? []
      if (!x) return null
      const corner = kit.random.pick(cornerNames)
      const at = corners[corner]
      const input = inputAround(kit, {}, { empty: [at], without: (name) => name === x })
      const thinking = [sentence('corner', { corner, cell: cellNames[at]! })]
      return edit({ slots: { x, corner }, input, thinking, change: { cells: { [at]: x } }, focus: [x] })
    },
  },
  {
    name: 'add-anywhere',
    family: 'general',
    holdable: true,
    weight: 0.5,
    phrasings: ['add {a:x} {x} somewhere', 'put {a:x} {x} in any empty cell', 'place {a:x} {x} anywhere'],
    make(kit) {
      const [x] = pickFocus(kit, 1) ?? []
      if (!x) return null
      const input = inputAround(kit, {}, { without: (name) => name === x })
      const [at] = pickCells(kit, 1, (cell) => input.cells[cell] === null) as [number]
      const change = { cells: { [at]: x } }
      return edit({ slots: { x }, input, thinking: [], change, focus: [x], freedom: { kind: 'anywhere', sprite: x } })
    },
  },
  {
    name: 'change-place',
    family: 'general',
    holdable: false,
    weight: 1,
    phrasings: ['change the place to {background}', 'make the place {background}', 'show it in the {background}'],
    make(kit) {
      const background = kit.random.pick(kit.world.backgrounds)
      const input = inputAround(kit, {})
      if (input.background === background) return null
      const thinking = [sentence('place', { background: input.background })]
      return edit({ slots: { background }, input, thinking, change: { background } })
    },
  },
]
