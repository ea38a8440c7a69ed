/** What one has to know: which animal barks, which things are fruits, how many there are. */
import { cellNames } from '../cells.ts'
import { numberWords, sentence } from '../grammar.ts'
import { edit, inputAround, pickCells, pickFocus, seenAt, type Kit, type Operation } from './kit.ts'

/** The sprite's record. */
const record = (kit: Kit, name: string) => kit.world.sprites[kit.world.spriteIndex.get(name)!]!
const hasFact =
  (kit: Kit) =>
  (name: string): boolean =>
    record(kit, name).fact !== undefined

/** A described sprite in a picture, with the sentences that find it. */
function described(kit: Kit, x: string, empty: readonly number[] = [], without?: string) {
  const { category, fact = '' } = record(kit, x)
  const [at] = pickCells(kit, 1, (cell) => !empty.includes(cell)) as [number]
  const input = inputAround(kit, { [at]: x }, { empty, without: (name) => name === without })
  const thinking = [sentence('fact', { category, fact, sprite: x }), seenAt(x, at)]
  return { at, input, thinking, slots: { category, fact } }
}

/** Two or three copies of one sprite among single bystanders. */
function repeated(kit: Kit) {
  const x = kit.random.pick(kit.sprites)
  const number = kit.random.pick(numberWords)
  const cells = pickCells(kit, number === 'two' ? 2 : 3)
  const input = inputAround(kit, Object.fromEntries(cells.map((c) => [c, x])))
  const { plural } = record(kit, x)
  const change = { cells: Object.fromEntries(cells.map((c) => [c, null])) }
  const thinking = [sentence('count', { number, plural })]
  return edit({ slots: { number, plural }, input, thinking, change, focus: [x] })
}

export const worldOperations: readonly Operation[] = [
  {
    name: 'fact-remove',
    family: 'world',
    holdable: true,
    weight: 1,
    phrasings: [
      'remove the {category} that {fact}',
      'take away the {category} that {fact}',
      'erase the {category} that {fact}',
    ],
    make(kit) {
      const [x] = pickFocus(kit, 1, hasFact(kit)) ?? []
      if (!x) return null
      const { at, ...rest } = described(kit, x)
      return edit({ ...rest, change: { cells: { [at]: null } }, focus: [x] })
    },
  },
  {
    name: 'fact-replace',
    family: 'world',
    holdable: true,
    weight: 1,
    phrasings: [
      'replace the {category} that {fact} with {a:y} {y}',
      'turn the {category} that {fact} into {a:y} {y}',
      'change the {category} that {fact} to {a:y} {y}',
    ],
    make(kit) {
      const [x] = pickFocus(kit, 1, hasFact(kit)) ?? []
      const [y] = pickFocus(kit, 1, (name) => name !== x) ?? []
      if (!x || !y) return null
      const { at, slots, ...rest } = described(kit, x, [], y)
      return edit({ ...rest, slots: { ...slots, y }, change: { cells: { [at]: y } }, focus: [x, y] })
    },
  },
  {
    name: 'fact-move',
    family: 'world',
    holdable: true,
    weight: 1,
    phrasings: [
      'move the {category} that {fact} to {cell}',
      'bring the {category} that {fact} to {cell}',
      'put the {category} that {fact} in cell {cell}',
    ],
    make(kit) {
      const [x] = pickFocus(kit, 1, hasFact(kit)) ?? []
      if (!x) return null
      const [to] = pickCells(kit, 1) as [number]
      const { at, slots, ...rest } = described(kit, x, [to])
      const change = { cells: { [at]: null, [to]: x } }
      return edit({ ...rest, slots: { ...slots, cell: cellNames[to]! }, change, focus: [x] })
    },
  },
  {
    name: 'category-remove',
    family: 'world',
    holdable: false,
    weight: 1,
    phrasings: ['remove all the {categories}', 'take all the {categories} away', 'erase every {category}'],
    make(kit) {
      const options = kit.world.file.categories
        .filter((c) => c.spoken)
        .map((c) => ({ ...c, members: kit.sprites.filter((s) => record(kit, s).category === c.name) }))
        .filter((c) => c.members.length >= 2)
      if (options.length === 0) return null
      const { name: category, plural: categories, members } = kit.random.pick(options)
      const chosen = kit.random.shuffle(members).slice(0, 2 + kit.random.int(Math.min(2, members.length - 1)))
      const cells = pickCells(kit, chosen.length).sort((a, b) => a - b)
      const input = inputAround(kit, Object.fromEntries(cells.map((c, i) => [c, chosen[i]!])), {
        without: (name) => record(kit, name).category === category,
      })
      const thinking = chosen.map((sprite) => sentence('member', { sprite, category }))
      const change = { cells: Object.fromEntries(cells.map((c) => [c, null])) }
      return edit({ slots: { category, categories }, input, thinking, change, focus: chosen })
    },
  },
  {
    name: 'count-remove',
    family: 'world',
    holdable: false,
    weight: 0.7,
    phrasings: [
      'there are {number} {plural} , remove them all',
      'remove the {number} {plural}',
      'take all {number} {plural} away',
    ],
    make: repeated,
  },
  {
    name: 'most-remove',
    family: 'world',
    holdable: false,
    weight: 0.7,
    phrasings: [
      'remove the thing there are most of',
      'take away what there is most of',
      'erase what you see more than once',
    ],
    make: repeated,
  },
]
