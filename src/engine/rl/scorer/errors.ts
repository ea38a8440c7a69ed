/**
 * Planted errors: scenes that differ from the right one in just what a text claims. They are the hard negatives of the
 * scorer's training and, on other scenes, what its card is measured with.
 */
import type { Random } from '../../data/random.ts'
import { CELLS } from '../../data/world/cells.ts'
import type { Scene, World } from '../../data/world/world.ts'

export const errorNames = [
  'wrong place',
  'wrong sprite',
  'missing sprite',
  'extra copy',
  'swapped',
  'wrong background',
  'nothing changed',
] as const
export type ErrorName = (typeof errorNames)[number]

/** What the text claims of the picture: cells and, where it is named, the place. */
export interface Claims {
  readonly input: Scene | null
  readonly output: Scene
  /** Cells the text speaks of. */
  readonly cells: readonly number[]
  readonly place: boolean
}

/** The scene with this error in what is claimed; null where the scene leaves no room for it. */
export function plantError(world: World, claims: Claims, error: ErrorName, random: Random): Scene | null {
  const { output, input, cells } = claims
  const drawn = cells.filter((cell) => output.cells[cell] !== null)
  const free = Array.from({ length: CELLS }, (_, i) => i).filter(
    (cell) => output.cells[cell] === null && !cells.includes(cell),
  )
  const changed = (changes: Readonly<Record<number, string | null>>, background = output.background): Scene => ({
    background,
    cells: output.cells.map((content, i) => (i in changes ? changes[i]! : content)),
  })
  switch (error) {
    case 'wrong place': {
      if (drawn.length === 0 || free.length === 0) return null
      const from = random.pick(drawn)
      return changed({ [from]: null, [random.pick(free)]: output.cells[from]! })
    }
    case 'wrong sprite': {
      if (drawn.length === 0) return null
      const at = random.pick(drawn)
      const others = world.sprites.filter(({ name }) => name !== output.cells[at])
      return changed({ [at]: random.pick(others).name })
    }
    case 'missing sprite':
      return drawn.length === 0 ? null : changed({ [random.pick(drawn)]: null })
    case 'extra copy': {
      // A cell said to be empty is the telling place for a copy; any empty one will do for a drawing.
      const emptied = cells.filter((cell) => output.cells[cell] === null)
      const places = emptied.length > 0 ? emptied : free
      const sprites = output.cells.filter((content) => content !== null)
      if (places.length === 0 || sprites.length === 0) return null
      return changed({ [random.pick(places)]: random.pick(sprites) })
    }
    case 'swapped': {
      const at = drawn.length === 0 ? -1 : random.pick(drawn)
      const others = output.cells.flatMap((content, i) =>
        at >= 0 && content !== null && content !== output.cells[at] ? [i] : [],
      )
      if (others.length === 0) return null
      const with_ = random.pick(others)
      return changed({ [at]: output.cells[with_]!, [with_]: output.cells[at]! })
    }
    case 'wrong background': {
      if (!claims.place) return null
      return changed({}, random.pick(world.backgrounds.filter((name) => name !== output.background)))
    }
    case 'nothing changed':
      return input
  }
}

/** Any error that can be planted; null where none can. */
export function plantAny(world: World, claims: Claims, random: Random): Scene | null {
  // Where things stand is the hard part: those errors come first as often as all others.
  const order = random.shuffle(errorNames)
  const first = random.next() < 0.5 ? [random.pick(['wrong place', 'swapped'] as const)] : []
  for (const error of [...first, ...order]) {
    const scene = plantError(world, claims, error, random)
    if (scene) return scene
  }
  return null
}
