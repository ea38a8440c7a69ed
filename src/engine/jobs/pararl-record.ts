/** The record of a ParaRL run: one row a line, appended while it goes, cut back to its checkpoint when it is taken up again. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rlFiles, rlRowSchema, type RlNoteCode, type RlRow } from '../../shared/rl.ts'
import { asWrite, writeFileAtomic } from '../files.ts'

export interface RlRecord {
  /** Of phases without their rollouts, which are on disk: a long run would keep them all. */
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
    if (row && (ofPhase(row) ? row.step < step : row.step <= step)) rows.push(row)
  }
  if (text !== null) await writeFileAtomic(path, rows.map((row) => JSON.stringify(row) + '\n').join(''))
  const slim = (row: RlRow): RlRow => (row.kind === 'phase' ? { ...row, rollouts: [], prompts: [] } : row)
  const kept = rows.map(slim)
  return {
    rows: kept,
    async add(row) {
      kept.push(slim(row))
      await asWrite(rlFiles.record, () => appendFile(path, JSON.stringify(row) + '\n'))
    },
  }
}

const phaseNotes: ReadonlySet<RlNoteCode> = new Set([
  'identical-rollouts',
  'not-a-number',
  'slow-reward',
  'low-diversity',
])

/** Written with a phase, before its first update: a resume that starts with the phase makes it again. */
const ofPhase = (row: RlRow): boolean => row.kind === 'phase' || (row.kind === 'note' && phaseNotes.has(row.code))

/** Null for the half line of a killed process. */
function parse(line: string): RlRow | null {
  try {
    return rlRowSchema.safeParse(JSON.parse(line)).data ?? null
  } catch {
    return null
  }
}
