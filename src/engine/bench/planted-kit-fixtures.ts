/** What planted errors are made of: the ground they are planted in, and how it is changed. */
import type { Dimension } from '../../shared/bench.ts'
import type { Random } from '../data/random.ts'
import { GRID } from '../data/world/cells.ts'
import { sentence, type Sentence } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { Scene, World } from '../data/world/world.ts'

export interface Planted {
  readonly rgb: Uint8Array
  readonly reasoning: string
}

export interface Draft {
  scene?: Scene
  rgb?: Uint8Array
  sentences?: Sentence[]
  reasoning?: string
}

export interface Ground {
  readonly world: World
  readonly sample: WorldSample
  readonly random: Random
  readonly thinking: readonly Sentence[]
  readonly claims: readonly Sentence[]
  /** Cells the task changes; for generation, those that are to be filled. */
  readonly changing: readonly number[]
}

export interface PlantedKind {
  readonly name: string
  /** What the verdicts must be. */
  readonly right: { readonly image: boolean; readonly reasoning: boolean }
  /** At least one dimension of each group must fall below 100. */
  readonly falls: readonly (readonly Dimension[])[]
  /** These must stay at 100 (or do not apply). */
  readonly stays: readonly Dimension[]
  /** Null where this sample has no room for the error. */
  plant(ground: Ground): Draft | null
}

export const text: readonly Dimension[] = ['text_quality', 'text_alignment', 'output_alignment']
export const pictureWrong = { image: false, reasoning: true }
export const reasoningWrong = { image: true, reasoning: false }
export const pictureFalls: readonly Dimension[] = ['image_alignment', 'image_consistency']

export const withCell = (scene: Scene, cell: number, sprite: string | null): Scene => ({
  ...scene,
  cells: scene.cells.map((c, i) => (i === cell ? sprite : c)),
})

export const pickOr = <T>(random: Random, items: readonly T[]): T | undefined =>
  items.length > 0 ? random.pick(items) : undefined

export const otherThan = <T>(random: Random, items: readonly T[], ...not: readonly T[]): T =>
  random.pick(items.filter((item) => !not.includes(item)))

const namesOf = (world: World): string[] => world.sprites.map((s) => s.name)

/** Cells that are empty before and after, and nobody speaks of. */
export function idleCells({ sample }: Ground): number[] {
  return sample.output.cells.flatMap((c, i) => (c === null && (sample.input?.cells[i] ?? null) === null ? [i] : []))
}

export const filledChanging = ({ sample, changing }: Ground): number[] =>
  changing.filter((i) => sample.output.cells[i] !== null)

export function absentSprite({ world, sample, random }: Ground): string {
  const present = [...sample.output.cells, ...(sample.input?.cells ?? [])]
  return random.pick(namesOf(world).filter((name) => !present.includes(name)))
}

/** Copies one cell's pixels from another picture, or fills them. */
export function patchCell(world: World, rgb: Uint8Array, cell: number, pixel: (at: number) => number): Uint8Array {
  const out = Uint8Array.from(rgb)
  for (let y = 0; y < world.cell; y++) {
    const row = Math.floor(cell / GRID) * world.cell + y
    const from = (row * world.size + (cell % GRID) * world.cell) * 3
    for (let i = from; i < from + world.cell * 3; i++) out[i] = pixel(i)
  }
  return out
}

/** A claim changed in one slot, the rest of the trace as it was. */
export function withSlot(ground: Ground, at: number, slot: string, value: string): Draft {
  const all = [...ground.thinking, ...ground.claims]
  const old = all[at]!
  return { sentences: all.with(at, sentence(old.kind, { ...old.slots, [slot]: value })) }
}

export const indexOfClaim = (ground: Ground, kind: Sentence['kind']): number =>
  [...ground.thinking, ...ground.claims].findIndex((s) => s.kind === kind)
