/** The record of a ParaRL run: one row a line, appended while it goes, cut back to its checkpoint when it is taken up again. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rlFiles, rlRowSchema, type RlRow } from '../../shared/rl.ts'
import { asWrite, writeFileAtomic } from '../files.ts'

export interface RlRecord {
  readonly rows: readonly RlRow[]
  add(row: RlRow): Promise<void>
}

/** `step`: updates of the checkpoint that is gone on from; what a killed process wrote past it is made again. */
export async function openRecord(directory: string, step: number): Promise<RlRecord> {
  const path = join(directory, rlFiles.record)
  const text = await readFile(path, 'utf8').catch(() => null)
  const rows: RlRow[] = []
  for (const line of text?.split('\n') ?? []) {
    const row = parse(line)
    // A phase is written before its first update, and made again by a resume that starts with it.
    if (row && (row.kind === 'phase' ? row.step < step : row.step <= step)) rows.push(row)
  }
  if (text !== null) await writeFileAtomic(path, rows.map((row) => JSON.stringify(row) + '\n').join(''))
  return {
    rows,
    async add(row) {
      rows.push(row)
      await asWrite(rlFiles.record, () => appendFile(path, JSON.stringify(row) + '\n'))
    },
  }
}

/** Null for the half line of a killed process. */
function parse(line: string): RlRow | null {
  try {
    return rlRowSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
