/**
 * Prepared changes as text, so that a window that goes or dies loses none of them. What is read back may be anything and
 * is checked; what does not fit is dropped.
 */
import { z } from 'zod'
import { isEmpty, type PendingEdits } from './playback-edits-reducer.ts'

/** Runs whose changes are kept, the last touched ones. */
const MOST = 24
/** What the contract takes for one entry. */
const MOST_CHARACTERS = 200_000

const place = { index: z.int().nonnegative(), label: z.string() }
const token = { token: z.int().nonnegative() }
const editsSchema = z.object({
  words: z.array(
    z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('pin'), ...place, ...token }),
      z.object({ kind: z.literal('replace'), ...place, ...token, was: z.string() }),
      z.object({ kind: z.literal('remask'), ...place }),
    ]),
  ),
  cells: z.array(z.int().nonnegative()),
})

export function printEdits(edits: ReadonlyMap<string, PendingEdits>): string {
  const kept = [...edits].filter(([, pending]) => !isEmpty(pending)).slice(-MOST)
  const text = JSON.stringify(kept.map(([run, { words, cells }]) => [run, { words, cells: [...cells] }]))
  // Thousands of changes that were never carried out: the last touched run's are worth the most.
  return text.length <= MOST_CHARACTERS || kept.length <= 1
    ? text
    : printEdits(new Map([...edits].slice(-(kept.length >> 1))))
}

export function parseEdits(text: string): Map<string, PendingEdits> {
  const found = new Map<string, PendingEdits>()
  let entries: unknown
  try {
    entries = JSON.parse(text)
  } catch {
    return found
  }
  for (const entry of Array.isArray(entries) ? (entries as unknown[]) : []) {
    const parsed = z.tuple([z.string(), editsSchema]).safeParse(entry)
    if (parsed.success) found.set(parsed.data[0], { words: parsed.data[1].words, cells: new Set(parsed.data[1].cells) })
  }
  return found
}
