/** Models in words: sizes, groups, how one was made. Pure. */
import type { LibraryEntry } from '../../../shared/ipc-models.ts'

/** "2.8 M", "640 k", "8.1 B" parameters. */
export function countWords(n: number): string {
  if (n >= 1e9) return `${(n / 1e9).toFixed(1)} B`
  if (n >= 1e6) return `${(n / 1e6).toFixed(1)} M`
  return n >= 1000 ? `${Math.round(n / 1000)} k` : String(n)
}

/** "5.4 MB", "16 GB". */
export function bytesWords(bytes: number): string {
  if (bytes >= 1e9) return `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`
  if (bytes >= 1e6) return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`
  return `${Math.max(1, Math.round(bytes / 1000))} kB`
}

export interface ModelGroup {
  readonly name: string
  readonly line: string
  readonly list: readonly LibraryEntry[]
}

/** What shipped, what was made or brought in, and the adapters; groups without any are left out. */
export function groupsOf(entries: readonly LibraryEntry[]): ModelGroup[] {
  const newest = (list: readonly LibraryEntry[]): LibraryEntry[] => [...list].sort((a, b) => b.changedAt - a.changedAt)
  return [
    {
      name: 'Models of your own',
      line: 'trained, merged or imported',
      list: newest(entries.filter((e) => e.kind === 'model' && !e.shipped)),
    },
    {
      name: 'Adapters',
      line: 'laid on a model, by weight',
      list: newest(entries.filter((e) => e.kind === 'adapter')),
    },
    { name: 'Shipped', line: 'came with the studio', list: entries.filter((e) => e.kind === 'model' && e.shipped) },
  ].filter(({ list }) => list.length > 0)
}

const madeBy: Readonly<Record<string, string>> = {
  sft: 'Fine-tuned in full',
  lora: 'Trained as an adapter',
  merge: 'Merged',
  pararl: 'Trained with ParaRL',
  import: 'Imported',
}

/** "Fine-tuned in full, 2,000 steps on 200 rows, 12 min". */
export function madeWords(lineage: NonNullable<LibraryEntry['lineage']>): string {
  const { how, steps, data, seconds } = lineage
  const parts = [madeBy[how] ?? how]
  if (steps !== null)
    parts.push(`${steps.toLocaleString('en')} steps${data ? ` on ${data.rows.toLocaleString('en')} rows` : ''}`)
  if (seconds !== null) parts.push(seconds < 90 ? `${Math.round(seconds)} s` : `${Math.round(seconds / 60)} min`)
  return parts.join(', ')
}

/** What a model descends from, itself last: as far as its ancestors are here, by their hashes. */
export function ancestry(
  entry: LibraryEntry,
  entries: readonly LibraryEntry[],
): (LibraryEntry | { name: string; hash: string })[] {
  const byHash = new Map(entries.flatMap((each) => (each.hash === null ? [] : [[each.hash, each] as const])))
  const chain: (LibraryEntry | { name: string; hash: string })[] = [entry]
  const seen = new Set<string>([entry.id])
  let at: LibraryEntry | undefined = entry
  while (at) {
    const parent: { name: string; hash: string } | null = at.lineage?.from[0] ?? at.adapter?.base ?? null
    if (!parent) break
    const here = byHash.get(parent.hash)
    if (here && seen.has(here.id)) break
    chain.unshift(here ?? { name: parent.name, hash: parent.hash })
    if (here) seen.add(here.id)
    at = here
  }
  return chain
}
