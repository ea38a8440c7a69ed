/**
 * Instructions that ask for two or three things at once, which no training sample does: "remove the dog , add an egg at
 * c1 and move the cat to b2". The parts touch different sprites and cells, so their order does not matter and exactly one
 * picture is right; each part is worded as the world words it.
 */
import { cellNames, directions, relationOf, stepFrom } from '../src/engine/data/world/cells.ts'
import { fillPattern, sentence, type Sentence } from '../src/engine/data/world/grammar.ts'
import { allOperations } from '../src/engine/data/world/operations/index.ts'
import { applyChange, related, resultClaims, seenAt, type Change } from '../src/engine/data/world/operations/kit.ts'
import type { Random } from '../src/engine/data/random.ts'
import type { WorldSample } from '../src/engine/data/world/types.ts'
import { randomScene, type Scene, type World } from '../src/engine/data/world/world.ts'

/** What the shipped model reads and writes, the end mark left out (docs/world.md). */
const MAX_INSTRUCTION = 31
const MAX_TRACE = 35

interface Part {
  slots: Record<string, string>
  thinking: Sentence[]
  change: Change
}

/** What no part has touched yet. */
interface Rest {
  /** Cells that hold a sprite, and cells that hold none. */
  full: number[]
  empty: number[]
  /** Sprites that are not in the picture. */
  absent: string[]
}

type Make = (scene: Scene, rest: Rest, random: Random, world: World) => Part | null

const take = <T>(items: T[], keep: (item: T) => boolean = () => true): T | undefined => {
  const at = items.findIndex(keep)
  return at < 0 ? undefined : items.splice(at, 1)[0]
}

const parts: Readonly<Record<string, Make>> = {
  remove(scene, { full }) {
    const at = take(full)
    if (at === undefined) return null
    const x = scene.cells[at]!
    return { slots: { x }, thinking: [seenAt(x, at)], change: { cells: { [at]: null } } }
  },
  replace(scene, { full, absent }) {
    const at = take(full)
    const y = take(absent)
    if (at === undefined || !y) return null
    const x = scene.cells[at]!
    return { slots: { x, y }, thinking: [seenAt(x, at)], change: { cells: { [at]: y } } }
  },
  'add-cell'(_, { empty, absent }) {
    const at = take(empty)
    const x = take(absent)
    if (at === undefined || !x) return null
    return { slots: { x, cell: cellNames[at]! }, thinking: [], change: { cells: { [at]: x } } }
  },
  'move-cell'(scene, { full, empty }) {
    const at = take(full)
    const to = take(empty)
    if (at === undefined || to === undefined) return null
    const x = scene.cells[at]!
    return {
      slots: { x, cell: cellNames[to]! },
      thinking: [seenAt(x, at)],
      change: { cells: { [at]: null, [to]: x } },
    }
  },
  'move-step'(scene, { full, empty }, random) {
    const at = take(full)
    if (at === undefined) return null
    for (const direction of random.shuffle(directions)) {
      const to = take(empty, (cell) => cell === stepFrom(at, direction))
      if (to === undefined) continue
      const x = scene.cells[at]!
      return {
        slots: { x, direction },
        thinking: [seenAt(x, at), related(relationOf[direction], at, to)],
        change: { cells: { [at]: null, [to]: x } },
      }
    }
    return null
  },
  swap(scene, { full }) {
    const a = take(full)
    const b = take(full)
    if (a === undefined || b === undefined) return null
    const x = scene.cells[a]!
    const y = scene.cells[b]!
    return { slots: { x, y }, thinking: [seenAt(x, a), seenAt(y, b)], change: { cells: { [a]: y, [b]: x } } }
  },
  'change-place'(scene, _, random, world) {
    const background = random.pick(world.backgrounds.filter((b) => b !== scene.background))
    return {
      slots: { background },
      thinking: [sentence('place', { background: scene.background })],
      change: { background },
    }
  },
}

const phrasingsOf = (name: string): readonly string[] => allOperations.find((o) => o.name === name)!.phrasings

/** A sample of `count` different operations at once, or null where this draw is too long or impossible. */
export function composeSample(world: World, random: Random, count: number, id: string): WorldSample | null {
  const names = random.shuffle(Object.keys(parts)).slice(0, count)
  const input = randomScene(world, random, count + 1 + random.int(3))
  const present = input.cells.filter((c) => c !== null)
  if (new Set(present).size < present.length) return null
  const cells = random.shuffle(input.cells.map((_, i) => i))
  const rest: Rest = {
    full: cells.filter((i) => input.cells[i] !== null),
    empty: cells.filter((i) => input.cells[i] === null),
    absent: random.shuffle(world.sprites.map((s) => s.name).filter((n) => !present.includes(n))),
  }
  let output = input
  const words: string[] = []
  const thinking: Sentence[] = []
  for (const name of names) {
    const part = parts[name]!(input, rest, random, world)
    if (!part) return null
    output = applyChange(output, part.change)
    words.push(fillPattern(random.pick(phrasingsOf(name)), part.slots))
    thinking.push(...part.thinking)
  }
  const instruction = `${words.slice(0, -1).join(' , ')} and ${words.at(-1)!}`
  const reasoning = [...thinking, ...resultClaims(input, output)].map((s) => s.text).join(' ')
  if (instruction.split(' ').length > MAX_INSTRUCTION || reasoning.split(' ').length > MAX_TRACE) return null
  return {
    id,
    split: 'test',
    family: 'general',
    operation: `compose-${count}`,
    heldOut: true,
    instruction,
    reasoning,
    input,
    output,
    freedom: { kind: 'exact' },
  }
}
