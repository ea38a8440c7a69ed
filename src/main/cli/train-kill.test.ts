/** Training killed with SIGKILL and resumed: the same curve and the same weights, to the last bit. All moments: the soak. */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { SftSpec } from '../../shared/training.ts'
import { writeTinyModel } from './testing.ts'
import {
  canResume,
  killableSpec,
  onMixedSets,
  runAndKill,
  runToEnd,
  traceOf,
  writeMixedSets,
  type MixedSets,
} from './train-killing.ts'

const STEPS = 12
let root: string
let sets: MixedSets
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-train-kill-'))
  await writeTinyModel(join(root, 'model'))
  sets = await writeMixedSets(root)
})
afterAll(() => rm(root, { recursive: true, force: true }))

const plain = (name: string, resume: boolean): SftSpec =>
  killableSpec(join(root, 'model'), join(root, name), resume, STEPS)
const mixed = (name: string, resume: boolean): SftSpec => onMixedSets(plain(name, resume), sets)

test.each([
  ['the whole model on the world', 'a third', 1 / 3, plain],
  ['an adapter with dropout on two mixed sets', 'three quarters', 3 / 4, mixed],
])('%s, killed after %s of its rows and resumed, ends as if it had not been', async (what, _, share, spec) => {
  const [whole, killed] = [`${what}, whole`, `${what}, killed`]
  const rows = await runToEnd(spec(whole, false))
  expect(await runAndKill(spec(killed, false), Math.ceil(rows * share), 3)).toBe(true)
  expect(await canResume(join(root, killed))).toBe(true)
  await runToEnd(spec(killed, true))
  expect(await traceOf(join(root, killed))).toEqual(await traceOf(join(root, whole)))
  // Nothing of the kill stays: no half of a checkpoint, no lock.
  expect((await readdir(join(root, killed))).sort()).toEqual((await readdir(join(root, whole))).sort())
})
