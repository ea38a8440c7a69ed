/** The record of a ParaRL run as it is taken up again: what belongs to a phase is made again with it, the rest stays. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { rlFiles, type RlNoteCode, type RlRow } from '../../shared/rl.ts'
import { openRecord } from './pararl-record.ts'

const note = (step: number, code: RlNoteCode): RlRow => ({
  kind: 'note',
  step,
  seconds: step,
  code,
  message: `${code} at ${step}`,
  stops: false,
})
const said = (rows: readonly RlRow[]): string[] => rows.flatMap((row) => (row.kind === 'note' ? [row.message] : []))

test('a resume at a phase keeps what its last validation said, and drops what the phase will say again', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'rl-record-'))
  const path = join(directory, rlFiles.record)
  const rows = [
    note(0, 'slow-reward'),
    note(2, 'slow-validation'),
    note(2, 'slow-reward'),
    note(2, 'low-diversity'),
    note(3, 'slow-validation'),
  ]
  // The last line is a killed process's.
  await writeFile(path, [...rows.map((row) => JSON.stringify(row)), '{"kind":"note","st'].join('\n'))
  const kept = ['slow-reward at 0', 'slow-validation at 2']
  expect(said((await openRecord(directory, 2)).rows)).toEqual(kept)
  const lines = (await readFile(path, 'utf8')).trim().split('\n')
  expect(said(lines.map((line) => JSON.parse(line) as RlRow))).toEqual(kept)
  await rm(directory, { recursive: true })
})
