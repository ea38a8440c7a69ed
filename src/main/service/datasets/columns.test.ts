/** A parquet file with columns of other names: the studio says which it has, and takes it in once they are named. */
import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { picture, writeFiles } from '../../../engine/data/formats/testing.ts'
import { whyNotTrain } from '../../../shared/dataset-records.ts'
import { completeSettings } from '../../../shared/training-settings.ts'
import { linesOf, openStudio, type DatasetStudio } from './testing.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../engine/data/formats/fixtures/${name}`, import.meta.url))

let base: string
let data: string
let root: string
let studio: DatasetStudio

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'columns-test-'))
  data = join(base, 'data')
  root = join(base, 'root')
  await mkdir(join(root, 'set'), { recursive: true })
  await copyFile(fixture('columns.parquet'), join(root, 'set', 'columns.parquet'))
  await writeFiles(join(root, 'set'), { 'pictures/a.png': await picture(1) })
  studio = await openStudio(data, [root])
})
afterEach(async () => {
  await studio.service.close()
  await rm(base, { recursive: true })
})

const upload = async (bytes: Uint8Array): Promise<string> => (await studio.service.putBlob(Readable.from([bytes]))).blob

test('its columns are told of a folder and of the end of a file, with what their names say', async () => {
  const told = {
    file: 'columns.parquet',
    columns: ['src', 'prompt', 'trace', 'tgt', 'split'],
    found: { instruction: 'prompt', reasoning: 'trace', split: 'split' },
    lacking: ['output_image'],
  }
  const handle = await studio.handle('set')
  expect(await studio.call('datasets.columns', { from: 'folder', handle })).toEqual({ columns: told })
  const file = await readFile(fixture('columns.parquet'))
  const footer = file.subarray(-8 - file.readUInt32LE(file.length - 8))
  expect(footer.length).toBeLessThan(file.length)
  const ask = async (name: string, bytes: Uint8Array): Promise<unknown> =>
    (await studio.call('datasets.columns', { from: 'footer', name, blob: await upload(bytes) })).columns
  expect(await ask('mine.parquet', footer)).toEqual({ ...told, file: 'mine.parquet' })
  expect(await ask('other', Buffer.from('no parquet at all'))).toBeNull()
  await writeFile(join(root, 'plain.txt'), 'x')
  const plain = await studio.handle('plain.txt')
  expect(await studio.call('datasets.columns', { from: 'folder', handle: plain })).toEqual({ columns: null })
})

test('unnamed it is refused with what the dialog does about it; named it is a copy with our own columns', async () => {
  const source = { from: 'folder', handle: await studio.handle('set') } as const
  const spec = { kind: 'dataset-import', name: 'Named', source, mode: 'copy' } as const
  const refused = await studio.run(spec)
  expect(refused).toMatchObject({ state: 'failed' })
  expect(refused.error!.message).toContain('no column for output_image; it has src, prompt, trace, tgt, split')
  expect(refused.error!.remedy).toContain('the dialog then asks')
  const taken = await studio.run({ ...spec, columns: { input_image: 'src', output_image: 'tgt' } })
  // The second row's text is not UTF-8.
  expect(taken).toMatchObject({ state: 'done', result: { rows: 1, broken: 1 } })
  const [row] = await linesOf(data, (taken.result as { dataset: string }).dataset)
  expect(Object.keys(row!)).toEqual(['id', 'input_image', 'instruction', 'reasoning', 'output_image', 'split'])
})

test('a copy whose columns were named is trained on like any other', async () => {
  await copyFile(fixture('groups.parquet'), join(root, 'swapped.parquet'))
  const source = { from: 'folder', handle: await studio.handle('swapped.parquet') } as const
  const columns = { instruction: 'reasoning', reasoning: 'instruction' }
  const taken = await studio.run({ kind: 'dataset-import', name: 'Swapped', source, mode: 'copy', columns })
  const { dataset } = taken.result as { dataset: string }
  expect((await linesOf(data, dataset))[0]).toMatchObject({
    instruction: 'the dog is gone .',
    reasoning: 'remove the dog',
  })
  expect(whyNotTrain(await studio.call('datasets.get', { dataset }))).toBeNull()
  const { id } = await studio.call('jobs.start', {
    spec: {
      kind: 'sft',
      model: 'storybook',
      data: { from: 'dataset', dataset },
      preset: null,
      settings: completeSettings({ steps: 1 }),
    },
  })
  await studio.call('jobs.cancel', { job: id, now: true })
})
