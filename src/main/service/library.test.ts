/** Models and adapters of the studio: listed with their lineage, laid on a run, taken out, brought in, merged, deleted. */
import { readFileSync } from 'node:fs'
import { cp, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { strToU8, unzipSync, zipSync } from 'fflate'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ResultOf } from '../../shared/ipc.ts'
import type { LibraryEntry } from '../../shared/ipc-models.ts'
import type { Run } from '../../shared/studio.ts'
import { openWorkplace, writeTinyAdapter, writeTinyModel, type Workplace } from '../cli/testing.ts'
import { temporaryFolder, testSettings } from '../store/testing.ts'
import { asking, isOver } from './testing.ts'
import { createService } from './service.ts'
import type { Service } from './types.ts'

const folder = temporaryFolder()
let place: Workplace
let service: Service
let picture: string
let project: ResultOf<'projects.create'>

beforeAll(async () => {
  place = await openWorkplace()
  const root = join(folder.path, 'shipped')
  await mkdir(root, { recursive: true })
  await cp(place.model, join(root, 'tiny'), { recursive: true })
  const own = join(folder.path, 'data', 'models')
  await writeTinyModel(join(own, 'other'), 7)
  await writeTinyAdapter(join(own, 'bright'), join(root, 'tiny'))
  await writeTinyAdapter(join(own, 'stranger'), join(own, 'other'), 3)
  service = await createService({ data: join(folder.path, 'data'), models: [root], host: 'browser', version: '1' })
  picture = (await service.putBlob(Readable.from([await readFile(place.picture)]))).blob
  project = await call('projects.create', { name: 'Adapters' })
})
afterAll(async () => {
  await service.close()
  folder.remove()
  await place.remove()
})

const { call, runUntil } = asking(() => service)
const entry = async (id: string): Promise<LibraryEntry> =>
  (await call('models.library', {})).entries.find((each) => each.id === id)!

async function run(adapters: Run['settings']['adapters']): Promise<Run> {
  const settings = { ...testSettings, instruction: 'remove the dog', seed: 5, steps: 2, model: 'tiny', adapters }
  const { runs } = await call('runs.start', {
    project: project.id,
    document: project.document,
    settings,
    input: picture,
    mask: null,
    box: { x: 0, y: 0, width: 128, height: 128 },
    pins: [],
    count: 1,
    lane: 'interactive',
  })
  return runUntil(runs[0]!.id, isOver)
}

test('every model and adapter is listed with what it stands on, and no path', async () => {
  const { entries, damaged } = await call('models.library', {})
  expect(damaged).toEqual([])
  const tiny = entries.find(({ id }) => id === 'tiny')!
  expect(tiny).toMatchObject({ kind: 'model', shipped: true, adapter: null })
  const bright = entries.find(({ id }) => id === 'bright')!
  expect(bright).toMatchObject({ kind: 'adapter', shipped: false, hash: null })
  expect(bright.adapter!.base).toMatchObject({ hash: tiny.hash, id: 'tiny' })
  expect(JSON.stringify(entries)).not.toContain(folder.path)
})

test('an adapter changes a run by its weight: 0 is the base alone', async () => {
  const [plain, off, on] = [
    await run(undefined),
    await run([{ id: 'bright', weight: 0 }]),
    await run([{ id: 'bright', weight: 1 }]),
  ]
  expect([plain.state, off.state, on.state]).toEqual(['done', 'done', 'done'])
  const words = async (id: string): Promise<string> =>
    Buffer.from((await call('runs.decode', { run: id, steps: [2] })).rasters[0]!.rgb).toString('hex')
  expect(await words(off.id)).toBe(await words(plain.id))
  expect(on.modelHash).not.toBe(plain.modelHash)
  expect(on.modelName).toContain(' + ')
})

test('the picture of a run with adapters brings them back, and the model they lie on', async () => {
  const adapters = [{ id: 'bright', weight: 0.5 }]
  const made = await run(adapters)
  const { blob } = await call('runs.export', { run: made.id, kind: 'png', metadata: true })
  const opened = await call('pictures.open', { blob, name: 'a.png' })
  expect(opened.recipe).toMatchObject({ instruction: 'remove the dog', seed: 5, steps: 2, model: 'tiny', adapters })
  expect(opened.made).toEqual({ name: made.modelName, hash: made.modelHash })
  const pixels = async (id: string): Promise<Buffer> =>
    sharp((await service.blob(id))!.path)
      .raw()
      .toBuffer()
  expect((await pixels(blob)).equals(await pixels(made.picture!.blob))).toBe(true)
})

test('an adapter of another model is refused by the run, which says so', async () => {
  const failed = await run([{ id: 'stranger', weight: 1 }])
  expect(failed).toMatchObject({ state: 'failed' })
  expect(failed.error!.message).toContain('trained on another model')
})

test('what is exported can be brought in again under a free name, and a note goes with its model', async () => {
  const { blob, name } = await call('models.export', { model: 'bright' })
  expect(name).toBe('bright.zip')
  const zip = new Uint8Array(readFileSync((await service.blob(blob))!.path))
  expect(Object.keys(unzipSync(zip))).toContain('bright/adapter_model.safetensors')
  const { model } = await call('models.import', { blob, name })
  expect(model).toBe('bright-2')
  await call('models.annotate', { model, note: ' good with dogs ' })
  expect((await entry(model)).note).toBe('good with dogs')
  await call('models.delete', { model })
  expect(await entry(model)).toBeUndefined()
  await expect(call('models.delete', { model: 'tiny' })).rejects.toThrow('came with the studio')
})

describe('a zip that is no model is refused, and nothing of it stays', () => {
  const cases: readonly (readonly [string, Record<string, Uint8Array>, RegExp])[] = [
    ['with nothing of use', { 'readme.txt': strToU8('hello') }, /holds no model/],
    ['with a path that leaves', { '../config.json': strToU8('{}') }, /does not belong/],
    ['with a program', { 'model/run.sh': strToU8('rm') }, /does not belong/],
    ['with weights that are none', { 'm/config.json': strToU8('{}'), 'm/model.safetensors': strToU8('no') }, /./],
    [
      'with an adapter that is cut',
      { 'adapter_config.json': strToU8('{"peft_type":"LORA"}'), 'adapter_model.safetensors': strToU8('no') },
      /./,
    ],
  ]
  test.each(cases)('%s', async (_name, files, message) => {
    const before = (await call('models.library', {})).entries.length
    const { blob } = await service.putBlob(Readable.from([zipSync(files)]))
    await expect(call('models.import', { blob, name: 'odd.zip' })).rejects.toThrow(message)
    const after = await call('models.library', {})
    expect(after.entries.length).toBe(before)
    expect(after.damaged).toEqual([])
  })
})

test('adapters merged into a model of its own give the same run', async () => {
  const { id } = await call('jobs.start', {
    spec: {
      kind: 'merge',
      base: 'tiny',
      adapters: [{ id: 'bright', weight: 1 }],
      name: 'Tiny and bright',
      half: false,
    },
  })
  for (;;) {
    const job = await call('jobs.get', { job: id })
    if (job.state === 'done') break
    expect(job.error).toBeNull()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  expect(await entry('tiny-and-bright')).toMatchObject({ kind: 'model', lineage: { how: 'merge' } })
})
