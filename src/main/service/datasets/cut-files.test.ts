/** Files that end early, taken into the studio with the real engine: the set says so until a person accepts what is there. */
import { copyFile, mkdir, mkdtemp, rm, stat, truncate } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { copyDataset } from '../../../engine/data/formats/copy.ts'
import { openDataset } from '../../../engine/data/formats/open.ts'
import { damageGroup, endOfSample, writeRows } from '../../../engine/data/formats/testing.ts'
import { createTarWriter } from '../../../engine/data/formats/write.ts'
import { whyNotTrain, type Dataset } from '../../../shared/dataset-records.ts'
import type { ProblemCode } from '../../../shared/datasets.ts'
import type { SftStudioSpec } from '../../../shared/studio-training.ts'
import { completeSettings } from '../../../shared/training-settings.ts'
import { linesOf, openStudio, soundRow, type DatasetStudio } from './testing.ts'

const fixtures = fileURLToPath(new URL('../../../engine/data/formats/fixtures/', import.meta.url))

let base: string
let data: string
let root: string
let studio: DatasetStudio

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'cut-files-test-'))
  data = join(base, 'data')
  root = join(base, 'root')
  await mkdir(root)
  studio = await openStudio(data, [root])
})
afterEach(async () => {
  await studio.service.close()
  await rm(base, { recursive: true })
})

/** `train-000000.tar` below the root, of `n` samples of four members each. */
async function writeTar(n: number): Promise<string> {
  await writeRows(join(base, 'made'), n, (i) => ({ ...soundRow(i), split: 'train' }))
  const writer = createTarWriter(root, { shardRows: 100, shardBytes: 1e9, pictures: 'keep' })
  await copyDataset(await openDataset(join(base, 'made')), writer, { skipBad: false })
  const [file] = await writer.close()
  return join(root, file!)
}

const check = async (dataset: string): Promise<Dataset> => {
  await studio.run({ kind: 'dataset-check', dataset, model: 'storybook' })
  return studio.call('datasets.get', { dataset })
}
const found = async (dataset: string, code: ProblemCode): Promise<{ message: string; row: number | null }> => {
  const { problems } = await studio.call('datasets.problems', { dataset, code, limit: 10, offset: 0 })
  expect(problems).toHaveLength(1)
  return problems[0]!
}
const spec = (dataset: string): SftStudioSpec => ({
  kind: 'sft',
  model: 'storybook',
  data: { from: 'dataset', dataset },
  preset: null,
  settings: completeSettings({ steps: 1 }),
})

describe('a tar that is cut in the middle', () => {
  test('is taken in with its fault as a line that keeps training out until it is dropped; undo brings it back', async () => {
    const tar = await writeTar(6)
    await truncate(tar, Math.floor((await stat(tar)).size / 2))
    const set = await studio.importFolder('train-000000.tar')
    expect(set).toMatchObject({ rows: 3, broken: 1, check: { errors: 1, counts: { cut: 1 } }, open: { errors: 1 } })
    expect(whyNotTrain(set)).toContain('found an error')
    await expect(studio.call('jobs.start', { spec: spec(set.id) })).rejects.toThrow(/cannot be trained on.*an error/)
    const { message, row } = await found(set.id, 'cut')
    expect(message).toMatch(/^train-000000\.tar: the tar is cut or damaged in sample \d+, after 3 whole samples/)
    const { rows } = await studio.call('datasets.rows', {
      dataset: set.id,
      filter: { kind: 'broken' },
      limit: 9,
      offset: 0,
    })
    expect(rows).toMatchObject([{ key: row, errors: 1 }])
    expect(rows[0]!.broken!.message).toMatch(/^train-000000\.tar: the tar is cut/)

    const { dataset: accepted } = await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'fix', code: 'cut', how: 'delete' },
    })
    expect(accepted).toMatchObject({ rows: 3, broken: 0, open: { errors: 0 } })
    const clean = await check(set.id)
    expect(whyNotTrain(clean)).toBeNull()
    expect(await linesOf(data, set.id)).toHaveLength(3)
    const undone = await studio.call('datasets.undo', { dataset: set.id })
    expect(undone.dataset).toMatchObject({ broken: 1, stand: set.stand })
    expect(whyNotTrain(await check(set.id))).toContain('found an error')
    expect((await found(set.id, 'cut')).message).toBe(message)
  })

  test('before its first sample is no set', async () => {
    const tar = await writeTar(2)
    await truncate(tar, 700)
    await expect(studio.importFolder('train-000000.tar')).rejects.toThrow(
      /train-000000\.tar: the tar is cut or damaged/,
    )
    expect((await studio.call('datasets.list', {})).datasets).toEqual([])
  })
})

test('a tar that is cut between two samples comes in with a warning of its import, and can be trained on', async () => {
  const tar = await writeTar(4)
  await truncate(tar, await endOfSample(tar, '000000002'))
  const source = { from: 'folder', handle: await studio.handle('train-000000.tar') } as const
  const job = await studio.run({ kind: 'dataset-import', name: 'Endless', source, mode: 'copy' })
  expect(job).toMatchObject({ state: 'done', result: { rows: 3, broken: 0 } })
  expect(job.warnings).toEqual([
    expect.stringMatching(/^train-000000\.tar: the tar has no end mark.* Compare its size/),
  ])
  const { dataset } = job.result as { dataset: string }
  expect(whyNotTrain(await studio.call('datasets.get', { dataset }))).toBeNull()
})

test('a parquet file damaged after its first row group is taken in with its fault', async () => {
  const path = join(root, 'train.parquet')
  await copyFile(join(fixtures, 'groups.parquet'), path)
  await damageGroup(path, 1)
  const set = await studio.importFolder('train.parquet')
  expect(set).toMatchObject({ rows: 2, broken: 1, check: { counts: { cut: 1 } } })
  expect((await found(set.id, 'cut')).message).toMatch(
    /^train\.parquet: the parquet file is cut or damaged after 2 rows/,
  )
  expect(whyNotTrain(set)).not.toBeNull()
})
