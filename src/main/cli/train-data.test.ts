/** What a run stands on while it goes: a set without validation rows, a set that changes, another base under an adapter. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { checkDataset } from '../../engine/data/check.ts'
import { openDataset } from '../../engine/data/formats/open.ts'
import { openModel } from '../../engine/model/adapter-open.ts'
import { createFolderSource } from '../../engine/train/folder-source.ts'
import type { JobEvent } from '../../shared/jobs.ts'
import type { SftSpec } from '../../shared/training.ts'
import { startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import { inProcessChannel } from '../jobs/worker-serve.ts'
import { writeTinyModel } from './testing.ts'
import { killableSpec, onMixedSets, traceOf, writeMixedSets, type MixedSets } from './train-killing.ts'

const STEPS = 8
let root: string
let sets: MixedSets
let engine: EngineProcess
const at = (name: string): string => join(root, name)
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-train-data-'))
  engine = startEngineProcess(inProcessChannel())
  await writeTinyModel(at('model'))
  sets = await writeMixedSets(root)
})
afterAll(async () => {
  engine.dispose()
  await rm(root, { recursive: true, force: true })
})

const spec = (name: string, { data = sets.data, model = at('model'), resume = false } = {}): SftSpec =>
  onMixedSets(killableSpec(model, at(name), resume, STEPS), { ...sets, data })

interface Row {
  readonly id: string
  readonly output_image: string
  readonly reasoning: string
  readonly split?: string
}

/** A copy of the set, its rows rewritten. */
async function copyOf(name: string, change: (rows: Row[]) => Row[] = (rows) => rows): Promise<string> {
  await cp(sets.data, at(name), { recursive: true })
  await rewrite(at(name), change)
  return at(name)
}

async function rowsOf(folder: string): Promise<Row[]> {
  const lines = (await readFile(join(folder, 'data.jsonl'), 'utf8')).trim().split('\n')
  return lines.map((line) => JSON.parse(line) as Row)
}

async function rewrite(folder: string, change: (rows: Row[]) => Row[]): Promise<void> {
  const rows = change(await rowsOf(folder))
  await writeFile(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row) + '\n').join(''))
}

/** Runs to the end, and tells what was warned of; `onStep` is called after each step, `pauseAt` pauses there. */
async function run(of: SftSpec, onStep?: (step: number) => Promise<void>, pauseAt?: number): Promise<string[]> {
  const warnings: string[] = []
  const step = async (event: JobEvent): Promise<void> => {
    if (event.type === 'failed') throw new Error(`${event.message} ${event.remedy}`)
    if (event.type === 'warning') warnings.push(event.message)
    if (event.type !== 'row' || event.row.kind !== 'train') return
    if (event.row.step === pauseAt) expect(engine.control(of.out, 'pause')).toBe(true)
    await onStep?.(event.row.step)
  }
  for await (const event of engine.run(of, { jobId: of.out })) await step(event)
  return warnings
}

test('without validation rows a run says by what its best weights, early stop and previews go', async () => {
  const warned = (warnings: string[]): boolean =>
    warnings.some((line) => /no validation rows.*early stopping and previews go by rows that are trained on/.test(line))
  const data = await copyOf('unheld', (rows) => rows.filter(({ split }) => split !== 'val'))
  expect(warned(await run(spec('run-unheld', { data })))).toBe(true)
  expect(warned(await run(spec('whole')))).toBe(false)
})

describe('a set that changes', () => {
  const changes: [what: string, change: (folder: string) => Promise<void>][] = [
    ['a text', (folder) => rewrite(folder, (rows) => rows.map((row) => ({ ...row, reasoning: 'now b1 is empty .' })))],
    ['a row less', (folder) => rewrite(folder, (rows) => rows.slice(1))],
    ['a split', (folder) => rewrite(folder, (rows) => rows.map((row) => ({ ...row, split: 'train' })))],
    [
      'a picture under its old name',
      async (folder) => {
        const [first, second] = await rowsOf(folder)
        await cp(join(folder, first!.output_image), join(folder, second!.output_image))
      },
    ],
  ]
  test.each(changes)('between its check and its reading (%s) is refused', async (what, change) => {
    const folder = await copyOf(`changed ${what}`)
    const model = await openModel(at('model'))
    const read = async (hash: string): Promise<unknown> => createFolderSource(await openDataset(folder), model, 0, hash)
    const { hash } = await checkDataset(await openDataset(folder), { model })
    await read(hash)
    await change(folder)
    await expect(read(hash)).rejects.toThrow('The data set changed after it was checked.')
    await model.image.dispose()
  })

  test('while a run goes does not touch it', async () => {
    const data = await copyOf('moving')
    await run(spec('steady', { data }))
    await run(spec('moved', { data }), async (step) => {
      if (step !== 1) return
      await writeFile(join(data, 'data.jsonl'), 'nothing of it')
      await rm(join(data, 'images'), { recursive: true })
    })
    expect(await traceOf(at('moved'))).toEqual(await traceOf(at('steady')))
  })
})

test('an adapter does not go on upon another base; upon its own it ends as if nothing had been', async () => {
  await cp(at('model'), at('base'), { recursive: true })
  await run(spec('undisturbed', { model: at('base') }))
  await run(spec('adapter', { model: at('base') }), undefined, 3)
  const checkpoint = await readFile(at('adapter/checkpoint.safetensors'))
  const config = await readFile(at('base/config.json'), 'utf8')
  await writeFile(at('base/config.json'), JSON.stringify({ ...(JSON.parse(config) as object), name: 'another' }))
  const go = spec('adapter', { model: at('base'), resume: true })
  await expect(run(go)).rejects.toThrow('The base model is not the one this adapter was started on. Restore the model')
  expect((await readFile(at('adapter/checkpoint.safetensors'))).equals(checkpoint)).toBe(true)
  await writeFile(at('base/config.json'), config)
  await run(go)
  expect(await traceOf(at('adapter'))).toEqual(await traceOf(at('undisturbed')))
})
