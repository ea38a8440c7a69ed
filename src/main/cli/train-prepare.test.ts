/** What is done before the first step of a run on a data set: told while it goes on, counted, and stopped at once. */
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { loadWorld } from '../../engine/data/world/world.ts'
import { writeWorldFolder } from '../../engine/data/quadruplets.ts'
import type { SpecOf } from '../../shared/jobs.ts'
import { sftConfigOf, trainingSettingsSchema } from '../../shared/training-settings.ts'
import { sftResultSchema } from '../../shared/training.ts'
import { startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import { inProcessChannel } from '../jobs/worker-serve.ts'
import { writeTinyModel } from './testing.ts'

const ROWS = 300
let root: string
let engine: EngineProcess
const at = (name: string): string => join(root, name)
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-train-prepare-'))
  engine = startEngineProcess(inProcessChannel())
  await writeTinyModel(at('model'))
  await writeWorldFolder(await loadWorld(), { seed: 1, counts: { train: ROWS - 40, val: 40 } }, at('set'))
})
afterAll(async () => {
  engine.dispose()
  await rm(root, { recursive: true, force: true })
})

const spec = (out: string): SpecOf<'sft'> => ({
  kind: 'sft',
  config: sftConfigOf(trainingSettingsSchema.parse({ method: 'full', steps: 2, batch: 2, validationSamples: 2 }), {
    model: at('model'),
    data: at('set'),
  }),
  out: at(out),
  resume: false,
  preflight: true,
})

test('how far checking and encoding are is told, and their time is part of what a run takes', async () => {
  const told: string[] = []
  let result: unknown
  for await (const event of engine.run(spec('measured'))) {
    if (event.type === 'failed') throw new Error(`${event.message} ${event.stack ?? ''}`)
    if (event.type === 'loading' && event.what.includes('data set')) told.push(event.what)
    if (event.type === 'result') result = event.result
  }
  expect(told.some((words) => /^Checking the data set: \d00 rows$/.test(words))).toBe(true)
  expect(told.some((words) => /^Encoding the data set: \d00 of 300 rows$/.test(words))).toBe(true)
  const parsed = sftResultSchema.parse(result)
  if (!('preflight' in parsed)) throw new Error('a pre-flight was asked for')
  const { totalSeconds, steps, secondsPerStep, secondsPerValidation, secondsPerCheckpoint, secondsPreparing } =
    parsed.preflight
  expect(secondsPreparing).toBeGreaterThan(0)
  expect(totalSeconds).toBeGreaterThanOrEqual(
    secondsPreparing + steps * secondsPerStep + (secondsPerValidation ?? 0) + secondsPerCheckpoint,
  )
})

test('a run that is stopped while it is made ready ends there, and leaves nothing', async () => {
  const stop = new AbortController()
  const types: string[] = []
  for await (const event of engine.run({ ...spec('stopped'), preflight: false }, { signal: stop.signal })) {
    types.push(event.type)
    if (event.type === 'loading' && event.what.startsWith('Encoding')) stop.abort()
  }
  expect(types.at(-1)).toBe('cancelled')
  expect(types).not.toContain('started')
  expect(existsSync(at('stopped'))).toBe(false)
})
