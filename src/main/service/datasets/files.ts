/** The files of sets: the studio's own copies with their `data.jsonl`, written whole, and what files elsewhere were. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { DatasetRowStore, StoredRow } from '../../store/dataset-rows.ts'
import type { StoredDataset } from '../../store/datasets.ts'
import { explained } from '../../store/database.ts'

/** Rows taken from the store at a time: the service answers in between. */
const BATCH = 1000

/** A row as a line of `data.jsonl`; one that is no row keeps its bytes. */
function lineOf({ id, split, content }: StoredRow): Buffer {
  const { broken, input, output, instruction, reasoning, extra, lineage } = content
  if (broken) return Buffer.from(broken.line, 'base64')
  const record = {
    id,
    ...(input === null ? {} : { input_image: input }),
    instruction,
    reasoning,
    output_image: output,
    ...(split === null ? {} : { split }),
    ...extra,
    ...(lineage ? { lineage } : {}),
  }
  return Buffer.from(JSON.stringify(record))
}

/** Writes a set's `data.jsonl` beside its place and renames it there. Returns the stand it was written for. */
export async function writeDataFile(
  rows: DatasetRowStore,
  set: Pick<StoredDataset, 'id' | 'root'>,
  stand: () => string,
): Promise<string> {
  const path = join(set.root, 'data.jsonl')
  for (;;) {
    const before = stand()
    const temporary = join(set.root, `.data.jsonl.${randomBytes(4).toString('hex')}.tmp`)
    try {
      const file = await open(temporary, 'wx')
      try {
        let position = -Infinity
        for (;;) {
          const batch = rows.after(set.id, position, BATCH)
          const last = batch.at(-1)
          if (!last) break
          position = last.position
          await file.writeFile(Buffer.concat(batch.flatMap((row) => [lineOf(row), Buffer.from('\n')])))
        }
        await file.sync()
      } finally {
        await file.close()
      }
      // Changed while it was written: it may hold half of a change.
      if (stand() === before) {
        await rename(temporary, path)
        return before
      }
      await rm(temporary)
    } catch (error) {
      await rm(temporary, { force: true })
      throw explained(error)
    }
  }
}

/** What a file is at a moment: another answer later means that it was written to. */
export async function stampOf(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => null)
  return info ? `${info.ino}:${info.size}:${info.mtimeNs}` : 'gone'
}

/** Whether files of a set that is only read were written to since. */
export async function wasChanged({ files }: Pick<StoredDataset, 'files'>): Promise<boolean> {
  for (const { path, stamp } of files) if ((await stampOf(path)) !== stamp) return true
  return false
}
