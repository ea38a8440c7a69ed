/**
 * Prepared changes as text, with what undo and redo walk over, so that a window that goes or dies loses none of them. What
 * is read back may be anything and is checked; what does not fit is dropped.
 */
import { z } from 'zod'
import { type EditHistory, type PendingEdits, type WordEdit } from './playback-edits-reducer.ts'

/** Runs whose changes are kept, the last touched ones. */
const MOST = 24
/** What the contract takes for one entry. */
const MOST_CHARACTERS = 200_000

const place = { index: z.int().nonnegative(), label: z.string() }
const token = { token: z.int().nonnegative() }
const wordSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pin'), ...place, ...token }),
  z.object({ kind: z.literal('replace'), ...place, ...token, was: z.string() }),
  z.object({ kind: z.literal('remask'), ...place }),
])
const cellsSchema = z.array(z.int().nonnegative())
/**
 * States mostly share their words and cells with the state before: each is kept once, and a state names its words and its
 * cells by number.
 */
const historySchema = z
  .object({
    words: z.array(wordSchema),
    cells: z.array(cellsSchema),
    states: z.array(z.tuple([z.array(z.int().nonnegative()), z.int().nonnegative()])).min(1),
    at: z.int().nonnegative(),
  })
  .refine(({ words, cells, states, at }) => {
    const isKnown = ([own, set]: readonly [readonly number[], number]): boolean =>
      set < cells.length && own.every((word) => word < words.length)
    return at < states.length && states.every(isKnown)
  })
/** As it was written before undo was kept: what was prepared, and nothing else. */
const plainSchema = z.object({ words: z.array(wordSchema), cells: cellsSchema })

/** Numbers things by what they say. */
function numbered<T>(): { of: (thing: T) => number; all: T[] } {
  const numbers = new Map<string, number>()
  const all: T[] = []
  return {
    all,
    of(thing) {
      const key = JSON.stringify(thing)
      const known = numbers.get(key)
      if (known !== undefined) return known
      numbers.set(key, all.length)
      return all.push(thing) - 1
    },
  }
}

function print({ past, now, future }: EditHistory): z.infer<typeof historySchema> {
  const words = numbered<WordEdit>()
  const cells = numbered<number[]>()
  const states = [...past, now, ...future].map((state): [number[], number] => [
    state.words.map(words.of),
    cells.of([...state.cells]),
  ])
  return { words: words.all, cells: cells.all, states, at: past.length }
}

const hasChanges = ({ past, now, future }: EditHistory): boolean =>
  past.length + future.length + now.words.length + now.cells.size > 0

export function printEdits(edits: ReadonlyMap<string, EditHistory>): string {
  const kept = [...edits].filter(([, history]) => hasChanges(history)).slice(-MOST)
  const text = JSON.stringify(kept.map(([run, history]) => [run, print(history)]))
  if (text.length <= MOST_CHARACTERS) return text
  // Thousands of changes that were never carried out. The last touched run's are worth the most, then the latest states.
  if (kept.length > 1) return printEdits(new Map(kept.slice(-(kept.length >> 1))))
  const shorter = kept.map(([run, { past, now, future }]): [string, EditHistory] => [
    run,
    { past: past.slice(Math.ceil(past.length / 2)), now, future: future.slice(0, future.length >> 1) },
  ])
  return shorter.every(([, { past, future }]) => past.length + future.length === 0)
    ? JSON.stringify(shorter.map(([run, history]) => [run, print(history)]))
    : printEdits(new Map(shorter))
}

export function parseEdits(text: string): Map<string, EditHistory> {
  const found = new Map<string, EditHistory>()
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch {
    return found
  }
  for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
    const parsed = z.tuple([z.string(), z.union([historySchema, plainSchema])]).safeParse(entry)
    if (parsed.success) found.set(parsed.data[0], historyOf(parsed.data[1]))
  }
  return found
}

function historyOf(kept: z.infer<typeof historySchema> | z.infer<typeof plainSchema>): EditHistory {
  if (!('states' in kept)) return { past: [], now: { words: kept.words, cells: new Set(kept.cells) }, future: [] }
  const sets = kept.cells.map((cells) => new Set(cells))
  const states = kept.states.map(([words, cells]): PendingEdits => ({
    words: words.map((word) => kept.words[word]!),
    cells: sets[cells]!,
  }))
  return { past: states.slice(0, kept.at), now: states[kept.at]!, future: states.slice(kept.at + 1) }
}
