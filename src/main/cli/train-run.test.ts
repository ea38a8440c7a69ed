/** A training run as its folder and its channel tell it: previews, controls, the pre-flight, one process a run. */
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readTrajectory } from '../../engine/trajectory/file.ts'
import { readMetrics } from '../../engine/train/metrics-log.ts'
import { sftResultSchema, type ControlAction, type SftSpec, type TrainedResult } from '../../shared/training.ts'
import { startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import { inProcessChannel } from '../jobs/worker-serve.ts'
import { tandem, writeTinyModel } from './testing.ts'
import { killableSpec, traceOf } from './train-killing.ts'

const STEPS = 10
let root: string
let engine: EngineProcess
const at = (name: string): string => join(root, name)
const spec = (name: string, resume = false): SftSpec => killableSpec(at('model'), at(name), resume, STEPS)
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-train-run-'))
  engine = startEngineProcess(inProcessChannel())
  await writeTinyModel(at('model'))
  await run(spec('whole'))
})
afterAll(async () => {
  engine.dispose()
  await rm(root, { recursive: true, force: true })
})

/** Runs a job; asks for something once a step was told. */
async function run(of: SftSpec, ask: Readonly<Record<number, ControlAction>> = {}): Promise<TrainedResult> {
  let result: unknown
  for await (const event of engine.run(of, { jobId: of.out })) {
    if (event.type === 'failed') throw new Error(`${event.message} ${event.stack ?? ''}`)
    if (event.type === 'result') result = event.result
    if (event.type !== 'row' || event.row.kind !== 'train') continue
    const action = ask[event.row.step]
    if (action) expect(engine.control(of.out, action)).toBe(true)
  }
  const parsed = sftResultSchema.parse(result)
  if ('preflight' in parsed) throw new Error('a pre-flight was not asked for')
  return parsed
}
const rowsOf = (name: string): ReturnType<typeof readMetrics> => readMetrics(join(at(name), 'metrics.jsonl'))

describe('previews', () => {
  test('are ordinary runs: a trajectory that opens, a picture, the reasoning; at the start, at intervals and at the end', async () => {
    const rows = (await Array.fromAsync(rowsOf('whole'))).filter((row) => row.kind === 'preview')
    expect(rows.map(({ step, prompt, asked }) => ({ step, prompt, asked }))).toEqual(
      [0, 5, 10].map((step) => ({ step, prompt: 0, asked: false })),
    )
    const seeds = new Set<number>()
    const hashes = new Set<string>()
    for (const row of rows) {
      const { header, steps } = await readTrajectory(join(at('whole'), row.trajectory))
      expect(steps).toHaveLength(3)
      expect(header.instruction).toBe(row.instruction)
      seeds.add(header.seed)
      hashes.add(header.model.hash)
      expect((await readFile(join(at('whole'), row.text), 'utf8')).trim()).toBe(row.reasoning)
      expect(existsSync(join(at('whole'), row.picture))).toBe(true)
    }
    // The same seed every time, other weights every time.
    expect([seeds.size, hashes.size]).toEqual([1, 3])
  })

  test('do not disturb the run: without them its weights are the same', async () => {
    const { config, ...rest } = spec('blind')
    const { previews: _previews, ...settings } = config as Record<string, unknown>
    await run({ ...rest, config: settings })
    const [blind, whole] = [await traceOf(at('blind')), await traceOf(at('whole'))]
    expect(blind.weights).toBe(whole.weights)
  })
})

describe('controls over the channel', () => {
  test('pause ends in good order without a model; the resume ends as if nothing had been', async () => {
    const paused = await run(spec('paused'), { 4: 'pause' })
    expect(paused).toMatchObject({ reason: 'paused', model: null, exported: null })
    expect(paused.steps).toBeLessThan(STEPS)
    expect(await readdir(at('paused'))).not.toContain('.lock')
    const ended = await run(spec('paused', true))
    expect(ended).toMatchObject({ reason: 'done', steps: STEPS, exported: 'best' })
    expect(await traceOf(at('paused'))).toEqual(await traceOf(at('whole')))
  })

  test('save and sample leave their rows, and the curve as it is', async () => {
    await run(spec('asked'), { 3: 'save', 7: 'sample' })
    const rows = await Array.fromAsync(rowsOf('asked'))
    expect(rows.some((row) => row.kind === 'checkpoint' && row.why === 'asked')).toBe(true)
    expect(rows.some((row) => row.kind === 'preview' && row.asked)).toBe(true)
    expect((await traceOf(at('asked'))).weights).toBe((await traceOf(at('whole'))).weights)
  })

  test('reach no job that is not there', () => {
    expect(engine.control('nobody', 'pause')).toBe(false)
  })
})

test('the passes of a step may change at a resume', async () => {
  await run(spec('passes'), { 4: 'pause' })
  const { config, ...rest } = spec('passes', true)
  const settings = config as Record<string, unknown>
  const sft = { ...(settings['sft'] as Record<string, unknown>), accumulate: 1 }
  expect(await run({ ...rest, config: { ...settings, sft } })).toMatchObject({ reason: 'done', steps: STEPS })
})

test('a second process in the same folder is refused and disturbs nothing', async () => {
  const other = spec('whole', true)
  await writeFile(join(at('whole'), '.lock'), `${process.ppid}`)
  await expect(run(other)).rejects.toThrow('Another process is training in this folder.')
  await rm(join(at('whole'), '.lock'))
})

test('a pre-flight measures and leaves nothing behind', async () => {
  const before = await readdir(root)
  let result: unknown
  for await (const event of engine.run({ ...spec('never'), preflight: true })) {
    if (event.type === 'failed') throw new Error(`${event.message} ${event.stack ?? ''}`)
    if (event.type === 'result') result = event.result
  }
  const parsed = sftResultSchema.parse(result)
  if (!('preflight' in parsed)) throw new Error('no report')
  const { verdict, secondsPerStep, memory, disk, samples, rows } = parsed.preflight
  expect({ verdict, samples, rows }).toEqual({ verdict: 'fits', samples: 2 * STEPS, rows: null })
  expect(secondsPerStep).toBeGreaterThan(0)
  expect(memory.peak).toBeLessThan(memory.free)
  expect(disk.needed).toBeGreaterThan(disk.checkpoint)
  expect(await readdir(root)).toEqual(before)
})

test('the curves are written for other tools from the command line', async () => {
  const { code, err, out } = await tandem(
    ...['train', 'export-metrics', at('whole'), '--csv', at('m.csv'), '--tensorboard', at('logs'), '--json'],
  )
  expect(code, err).toBe(0)
  const written = JSON.parse(out) as { csv: string; tensorboard: string }
  const lines = (await readFile(written.csv, 'utf8')).trim().split('\r\n')
  expect(lines.filter((line) => line.startsWith('train,'))).toHaveLength(STEPS)
  expect(written.tensorboard).toContain('events.out.tfevents.')
  const refused = await tandem('train', 'export-metrics', root, '--csv', at('n.csv'))
  expect([refused.code, existsSync(at('n.csv'))]).toEqual([2, false])
})
