/**
 * What every operation is made with. An operation picks its focus sprites, asks the kit for an input picture around
 * them, names the cells that change, and the kit derives output, result claims and the canonical trace. So an operation
 * is a dozen lines that say what it means and nothing else.
 */
import type { Random } from '../../random.ts'
import { CELLS, cellNames } from '../cells.ts'
import { sentence, type Sentence } from '../grammar.ts'
import type { Family, Freedom } from '../types.ts'
import type { Scene, World } from '../world.ts'

export interface Draft {
  slots: Readonly<Record<string, string>>
  input: Scene | null
  output: Scene
  /** What is seen and what follows; the result claims come after it. */
  thinking: Sentence[]
  focus: readonly string[]
  freedom: Freedom
}

export interface Operation {
  name: string
  family: Family
  /** Whether its (sprite, operation) combinations may be held out: only where they can be worked out from others. */
  holdable: boolean
  /** Share within its family. */
  weight: number
  /** At least three; slots as in the grammar's patterns. */
  phrasings: readonly string[]
  /** Null where this world, or this prefix of it, has no such sample. */
  make(kit: Kit): Draft | null
}

export interface Kit {
  readonly world: World
  readonly random: Random
  /** Sprites in use (the curriculum's prefix). */
  readonly sprites: readonly string[]
  /** Those of them that may be the focus of this operation in this split. */
  readonly allowed: readonly string[]
}

export interface Change {
  cells?: Readonly<Record<number, string | null>>
  background?: string
}

/** `count` distinct focus sprites, optionally filtered; null when there are not enough. */
export function pickFocus(kit: Kit, count: number, keep?: (name: string) => boolean): string[] | null {
  const pool = keep ? kit.allowed.filter(keep) : kit.allowed
  if (pool.length < count) return null
  const out: string[] = []
  while (out.length < count) {
    const name = kit.random.pick(pool)
    if (!out.includes(name)) out.push(name)
  }
  return out
}

/** `count` distinct cells that pass `keep`. */
export function pickCells(kit: Kit, count: number, keep: (cell: number) => boolean = () => true): number[] {
  const out: number[] = []
  const pool = cellNames.map((_, i) => i).filter(keep)
  while (out.length < count && out.length < pool.length) {
    const cell = kit.random.pick(pool)
    if (!out.includes(cell)) out.push(cell)
  }
  return out
}

export interface InputOptions {
  /** Cells that must stay empty. */
  empty?: readonly number[]
  /** Sprites that must not appear as bystanders. */
  without?: (name: string) => boolean
  background?: string
}

/** An input picture: the placed sprites and bystanders, all different, 3 to 6 sprites in total. */
export function inputAround(kit: Kit, placed: Readonly<Record<number, string>>, options: InputOptions = {}): Scene {
  const { random } = kit
  const cells: (string | null)[] = Array.from({ length: CELLS }, (_, i) => placed[i] ?? null)
  const present = new Set(Object.values(placed))
  const total = 3 + random.int(4)
  let count = Object.keys(placed).length
  for (let attempt = 0; count < total && attempt < 200; attempt++) {
    const name = random.pick(kit.sprites)
    const cell = random.int(CELLS)
    if (cells[cell] !== null || options.empty?.includes(cell) || present.has(name) || options.without?.(name)) continue
    cells[cell] = name
    present.add(name)
    count++
  }
  return { background: options.background ?? random.pick(kit.world.backgrounds), cells }
}

export function applyChange(scene: Scene, change: Change): Scene {
  return {
    background: change.background ?? scene.background,
    cells: scene.cells.map((c, i) => {
      const next = change.cells?.[i]
      return next === undefined ? c : next
    }),
  }
}

export interface EditParts {
  slots: Readonly<Record<string, string>>
  input: Scene
  thinking: Sentence[]
  change: Change
  focus?: readonly string[]
  freedom?: Freedom
}

export const edit = (parts: EditParts): Draft => ({
  slots: parts.slots,
  input: parts.input,
  output: applyChange(parts.input, parts.change),
  thinking: parts.thinking,
  focus: parts.focus ?? [],
  freedom: parts.freedom ?? { kind: 'exact' },
})

/** "the cat is at b3 ." */
export const seenAt = (sprite: string, cell: number): Sentence => sentence('at', { sprite, cell: cellNames[cell]! })

/** "left of b3 is b2 ." */
export const related = (relation: string, from: number, cell: number): Sentence =>
  sentence('relation', { relation, from: cellNames[from]!, cell: cellNames[cell]! })

/** The claims that take `input` to `output`, the place first, then by cell; for generation, everything drawn. */
export function resultClaims(input: Scene | null, output: Scene): Sentence[] {
  const claims: Sentence[] = []
  if (input?.background !== output.background) claims.push(sentence('nowPlace', { background: output.background }))
  output.cells.forEach((sprite, i) => {
    if (sprite === (input ? input.cells[i] : null)) return
    const cell = cellNames[i]!
    claims.push(sprite === null ? sentence('nowEmpty', { cell }) : sentence('nowHas', { cell, sprite }))
  })
  return claims
}
