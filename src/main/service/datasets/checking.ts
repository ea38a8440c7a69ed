/**
 * What the engine finds, brought back to rows. It speaks of places ("data.jsonl, line 7"); which row stood there when
 * its work began is noted beside it, because a person may go on editing meanwhile.
 */
import { readFile, writeFile } from 'node:fs/promises'
import type { Problem } from '../../../shared/datasets.ts'
import type { DatasetRowStore, FoundProblem, RowSplit } from '../../store/dataset-rows.ts'
import type { StoredDataset } from '../../store/datasets.ts'

interface Noted {
  readonly key: number
  readonly rev: string
  readonly split: RowSplit
  readonly where: string
  /** It is a row: one that is not has no split to be drawn. */
  readonly whole: boolean
}

export interface Snapshot {
  readonly stand: string
  readonly rows: readonly Noted[]
}

const BATCH = 2000

/** Notes every row in order. Called when the set is written out and held. */
export async function takeSnapshot(
  rows: DatasetRowStore,
  set: Pick<StoredDataset, 'id' | 'editable'>,
  stand: string,
  path: string,
): Promise<void> {
  const noted: Noted[] = []
  let position = -Infinity
  for (;;) {
    const batch = rows.after(set.id, position, BATCH)
    const last = batch.at(-1)
    if (!last) break
    position = last.position
    for (const { key, rev, split, content } of batch) {
      const where = set.editable ? `data.jsonl, line ${noted.length + 1}` : (content.where ?? '')
      noted.push({ key, rev, split, where, whole: content.broken === null })
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
  await writeFile(path, JSON.stringify({ stand, rows: noted } satisfies Snapshot))
}

export const readSnapshot = async (path: string): Promise<Snapshot> =>
  JSON.parse(await readFile(path, 'utf8')) as Snapshot

/** Findings with the rows they are about. */
export function locate({ rows }: Snapshot, problems: readonly Problem[]): FoundProblem[] {
  const byPlace = new Map(rows.map((row) => [row.where, row]))
  return problems.map((problem) => {
    const row = byPlace.get(problem.where)
    const other = problem.other === undefined ? undefined : byPlace.get(problem.other.where)
    return {
      problem,
      row: row ? { key: row.key, rev: row.rev, split: row.split } : null,
      other: other?.key ?? null,
    }
  })
}
