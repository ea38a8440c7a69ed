/** One process a run; a lock whose process is gone is no lock. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { lockRun } from './run-lock.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-lock-'))
})
afterEach(() => rm(folder, { recursive: true }))

test('a second job is refused while the first goes, and let in after it', async () => {
  const first = await lockRun(folder)
  await expect(lockRun(folder)).rejects.toThrow('Another process is training in this folder.')
  await first.release()
  const second = await lockRun(folder)
  expect(await readdir(folder)).toEqual(['.lock'])
  await second.release()
  expect(await readdir(folder)).toEqual([])
})

test.each([
  ['a process that is gone', '999999999 123'],
  ['a process whose id was given to another since', `${process.pid} 1`],
  ['a half-written lock', ''],
])('%s holds nothing', async (_name, mark) => {
  await writeFile(join(folder, '.lock'), mark)
  await (await lockRun(folder)).release()
})

test('a folder that cannot be written is named', async () => {
  await expect(lockRun(join(folder, 'none'))).rejects.toThrow('cannot be written')
})
