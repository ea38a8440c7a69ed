/** The record of a ParaRL run: one row a line, appended while it goes, cut back to its checkpoint when it is taken up again. */
import { appendFile, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { rlFiles, rlRowSchema, type RlNoteCode, type RlRow } from '../../shared/rl.ts'
import { asWrite, writeFileAtomic } from '../files.ts'

export interface RlRecord {
  /**
   * What a run looks back at: notes, validations, previews, and the last few phases without their rollouts. Everything else
   * is on disk alone, so that a run of any length takes the same memory.
   */
  readonly rows: readonly RlRow[]
  add(row: RlRow): Promise<void>
}

/** More than any guard rail looks back. */
const RECENT_PHASES = 8

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
  const kept: RlRow[] = []
  const keep = (row: RlRow): void => {
    if (row.kind === 'update') return
    kept.push(row.kind === 'phase' ? { ...row, rollouts: [], prompts: [] } : row)
    if (kept.filter(({ kind }) => kind === 'phase').length <= RECENT_PHASES) return
    kept.splice(
      kept.findIndex(({ kind }) => kind === 'phase'),
      1,
    )
  }
  rows.forEach(keep)
  return {
    rows: kept,
    async add(row) {
      keep(row)
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
