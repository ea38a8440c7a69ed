/** Training killed with SIGKILL and resumed: the same curve and the same weights, to the last bit. All moments: the soak. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeTinyModel } from './testing.ts'
import { canResume, killableSpec, runAndKill, runToEnd, traceOf } from './train-killing.ts'

const STEPS = 12
let root: string
let whole: Awaited<ReturnType<typeof traceOf>>
let rows: number
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-train-kill-'))
  await writeTinyModel(join(root, 'model'))
  rows = await runToEnd(killableSpec(join(root, 'model'), join(root, 'whole'), false, STEPS))
  whole = await traceOf(join(root, 'whole'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

test.each([
  ['a third', 1 / 3],
  ['three quarters', 3 / 4],
])('killed after %s of its rows and resumed, a run ends as if it had not been', async (name, share) => {
  const out = join(root, `killed ${name}`)
  const model = join(root, 'model')
  expect(await runAndKill(killableSpec(model, out, false, STEPS), Math.ceil(rows * share), 3)).toBe(true)
  expect(await canResume(out)).toBe(true)
  await runToEnd(killableSpec(model, out, true, STEPS))
  expect(await traceOf(out)).toEqual(whole)
  // Nothing of the kill stays: no half of a checkpoint, no lock.
  expect((await readdir(out)).sort()).toEqual((await readdir(join(root, 'whole'))).sort())
})
