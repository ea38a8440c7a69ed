/** Drawing from nothing: a place and one to four sprites, at named cells, beside one another, or anywhere. */
import { CELLS, cellNames, directions, relationOf, stepFrom } from '../cells.ts'
import { articleFor, type Sentence } from '../grammar.ts'
import { pickCells, pickFocus, related, type Draft, type Kit, type Operation } from './kit.ts'

/** "x", "x and y", "x , y and z". */
function joinList(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join('') : `${parts.slice(0, -1).join(' , ')} and ${parts.at(-1)!}`
}

const withArticle = (name: string): string => `${articleFor(name)} ${name}`

/** The words `joinList` and the items add to the phrasings. */
export const listPatterns: readonly string[] = ['a an at it and ,', ...Object.values(relationOf)]

const phrasings = [
  'draw the {background} with {items}',
  'paint {items} in the {background}',
  'make the {background} with {items}',
]

function drawing(
  kit: Kit,
  items: string[],
  sprites: string[],
  cells: number[],
  thinking: Sentence[],
  free: boolean,
): Draft {
  const background = kit.random.pick(kit.world.backgrounds)
  const output = { background, cells: Array.from({ length: CELLS }, (): string | null => null) }
  cells.forEach((cell, i) => (output.cells[cell] = sprites[i]!))
  const fixed = free ? [] : cells.map((cell, i) => ({ cell, sprite: sprites[i]! }))
  return {
    slots: { background, items: joinList(items) },
    input: null,
    output,
    thinking,
    focus: sprites,
    freedom: { kind: 'placed', background, fixed, free: free ? sprites : [] },
  }
}

export const generateOperations: readonly Operation[] = [
  {
    name: 'draw-at',
    family: 'generate',
    holdable: true,
    weight: 2,
    phrasings,
    make(kit) {
      const sprites = pickFocus(kit, 1 + kit.random.int(4))
      if (!sprites) return null
      const cells = pickCells(kit, sprites.length)
      const items = sprites.map((s, i) => `${withArticle(s)} at ${cellNames[cells[i]!]!}`)
      return drawing(kit, items, sprites, cells, [], false)
    },
  },
  {
    name: 'draw-beside',
    family: 'generate',
    holdable: true,
    weight: 1,
    phrasings,
    make(kit) {
      const sprites = pickFocus(kit, 2 + kit.random.int(2))
      if (!sprites) return null
      const direction = kit.random.pick(directions)
      const relation = relationOf[direction]
      const [first] = pickCells(kit, 1, (cell) => stepFrom(cell, direction) >= 0) as [number]
      const second = stepFrom(first, direction)
      const cells = [first, second, ...pickCells(kit, sprites.length - 2, (cell) => cell !== first && cell !== second)]
      const items = sprites.map(
        (s, i) => `${withArticle(s)} ${i === 1 ? `${relation} it` : `at ${cellNames[cells[i]!]!}`}`,
      )
      return drawing(kit, items, sprites, cells, [related(relation, first, second)], false)
    },
  },
  {
    name: 'draw-free',
    family: 'generate',
    holdable: true,
    weight: 1,
    phrasings,
    make(kit) {
      const sprites = pickFocus(kit, 1 + kit.random.int(3))
      if (!sprites) return null
      const cells = pickCells(kit, sprites.length)
      return drawing(kit, sprites.map(withArticle), sprites, cells, [], true)
    },
  },
]
