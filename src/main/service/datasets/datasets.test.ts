/** Data sets in the service, with the real engine: taken in with their faults, mended, undone, checked, split, exported. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { unzipSync, zipSync } from 'fflate'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { picture, writeRows } from '../../../engine/data/formats/testing.ts'
import { whyNotTrain } from '../../../shared/dataset-records.ts'
import { linesOf, openStudio, soundRow, writeFaulty, type DatasetStudio } from './testing.ts'

let base: string
let data: string
let root: string
let studio: DatasetStudio

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'datasets-test-'))
  data = join(base, 'data')
  root = join(base, 'root')
  await mkdir(root)
  studio = await openStudio(data, [root])
})
afterEach(async () => {
  await studio.service.close()
  await rm(base, { recursive: true })
})

const reopen = async (): Promise<void> => {
  await studio.service.close()
  studio = await openStudio(data, [root])
}

async function upload(bytes: Uint8Array): Promise<string> {
  return (await studio.service.putBlob(Readable.from([bytes]))).blob
}

/** A quadruplet folder of `n` rows as files by name. */
async function filesOf(n: number): Promise<Record<string, Uint8Array>> {
  const folder = join(base, 'made')
  const rows = await writeRows(folder, n, soundRow)
  const files: Record<string, Uint8Array> = { 'data.jsonl': await readFile(join(folder, 'data.jsonl')) }
  for (const name of rows.flatMap((row) => [row.input_image!, row.output_image]))
    files[name] = await readFile(join(folder, name))
  return files
}

describe('a folder with faults', () => {
  test('is taken in whole, its faults are named, mended by hand and by machine, and its check is clean', async () => {
    await writeFaulty(join(root, 'set'))
    const set = await studio.importFolder('set')
    expect(set).toMatchObject({ rows: 12, editable: true, check: { errors: 3 }, open: { errors: 3 } })
    expect(whyNotTrain(set)).toContain('3 errors')
    const { counts } = await studio.call('datasets.findings', { dataset: set.id })
    expect(counts).toMatchObject({ 'missing-member': 1, 'empty-trace': 1, leak: 1 })

    const { problems } = await studio.call('datasets.problems', {
      dataset: set.id,
      code: 'empty-trace',
      limit: 10,
      offset: 0,
    })
    const row = problems[0]!.row!
    const edited = await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'text', row, reasoning: 'the car is gone .' },
    })
    expect(edited.dataset).toMatchObject({ open: { errors: 2 }, undo: 'Edit the text' })
    expect(whyNotTrain(edited.dataset)).toContain('changed since its last check')
    await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'fix', code: 'missing-member', how: 'delete' },
    })
    const { dataset: mended } = await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'fix', code: 'leak', how: 'delete' },
    })
    expect(mended).toMatchObject({ rows: 10, open: { errors: 0 } })

    await studio.run({ kind: 'dataset-check', dataset: set.id, model: 'storybook' })
    const clean = await studio.call('datasets.get', { dataset: set.id })
    expect(clean).toMatchObject({
      check: { errors: 0, rows: 10 },
      open: { errors: 0 },
      stats: { rows: 10, unit: 'tokens' },
    })
    expect(whyNotTrain(clean)).toBeNull()
    expect(await linesOf(data, set.id)).toHaveLength(10)
  })

  test('keeps lines that are no rows, to be seen and dropped, and other columns', async () => {
    const rows = await writeRows(join(root, 'set'), 3, (i) => ({
      ...soundRow(i),
      ...(i === 0 ? { source: 'mine' } : {}),
    }))
    const lines = rows.map((row) => JSON.stringify(row))
    await writeFile(
      join(root, 'set', 'data.jsonl'),
      [...lines, '{"id": "half', Buffer.from([0x22, 0xff]).toString('latin1')].join('\n'),
    )
    const set = await studio.importFolder('set')
    expect(set).toMatchObject({ rows: 3, broken: 2, open: { errors: 2 } })
    const { rows: broken } = await studio.call('datasets.rows', {
      dataset: set.id,
      filter: { kind: 'broken' },
      limit: 10,
      offset: 0,
    })
    expect(broken[0]!.broken).toMatchObject({ message: 'it is not JSON', text: '{"id": "half' })
    await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'fix', code: 'unreadable-row', how: 'delete' },
    })
    await reopen()
    const kept = await linesOf(data, set.id)
    expect(kept).toHaveLength(3)
    expect(kept[0]).toMatchObject({ id: 'row-0', source: 'mine' })
  })

  test('with a leak keeps each pair in one split, as one step that can be undone', async () => {
    await writeFaulty(join(root, 'set'))
    const set = await studio.importFolder('set')
    const { dataset } = await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'fix', code: 'leak', how: 'same-split' },
    })
    expect(dataset).toMatchObject({ rows: 12, open: { errors: 2 }, undo: 'Keep pairs in one split' })
    const undone = await studio.call('datasets.undo', { dataset: set.id })
    expect(undone.dataset).toMatchObject({ open: { errors: 3 }, redo: 'Keep pairs in one split', stand: set.stand })
  })
})

describe('a change', () => {
  test('is on disk, undone and done again, also after a restart', async () => {
    await writeRows(join(root, 'set'), 4, soundRow)
    const { id, stand } = await studio.importFolder('set')
    const { rows } = await studio.call('datasets.rows', { dataset: id, filter: {}, limit: 10, offset: 0 })
    const [first, second, third] = rows.map(({ key }) => key)
    await studio.call('datasets.edit', { dataset: id, action: { do: 'text', row: first!, instruction: 'paint it' } })
    await studio.call('datasets.edit', {
      dataset: id,
      action: { do: 'split', which: { rows: [second!] }, split: 'test' },
    })
    await studio.call('datasets.edit', { dataset: id, action: { do: 'duplicate', row: third! } })
    await studio.call('datasets.edit', { dataset: id, action: { do: 'delete', which: { rows: [first!] } } })
    await reopen()
    expect((await linesOf(data, id)).map((row) => [row['id'], row['split']])).toEqual(
      [
        ['row-1', 'test'],
        ['row-2', 'train'],
        ['row-3', 'val'],
        ['row-4', 'val'],
      ].map(([name, split], i) => (i === 2 ? ['row-4', 'train'] : i === 3 ? ['row-3', 'val'] : [name, split])),
    )
    for (let i = 0; i < 4; i++) await studio.call('datasets.undo', { dataset: id })
    const back = await studio.call('datasets.get', { dataset: id })
    expect(back).toMatchObject({ stand, rows: 4, undo: null, redo: 'Edit the text' })
    await reopen()
    expect((await linesOf(data, id)).map((row) => row['instruction'])).toEqual(rows.map((row) => row.instruction))
    await studio.call('datasets.redo', { dataset: id })
    const found = await studio.call('datasets.rows', { dataset: id, filter: { query: 'pai' }, limit: 10, offset: 0 })
    expect(found).toMatchObject({ total: 1, rows: [{ key: first, instruction: 'paint it' }] })
  })

  test('of marks leaves the check as it is; rows are found by mark, split, kind and problem', async () => {
    await writeFaulty(join(root, 'set'))
    const set = await studio.importFolder('set')
    const total = async (filter: object): Promise<number> =>
      (await studio.call('datasets.rows', { dataset: set.id, filter, limit: 1, offset: 0 })).total
    const { dataset } = await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'mark', which: { filter: { problems: 'errors' } }, marked: true },
    })
    expect(dataset).toMatchObject({ marked: 3, stand: set.stand })
    expect(await total({ marked: true })).toBe(3)
    expect(await total({ code: 'leak' })).toBe(1)
    expect(await total({ split: 'val' })).toBe(3)
    expect(await total({ kind: 'generation' })).toBe(0)
    const { problems } = await studio.call('datasets.problems', { dataset: set.id, code: 'leak', limit: 9, offset: 0 })
    expect(await studio.call('datasets.place', { dataset: set.id, filter: {}, row: problems[0]!.row! })).toEqual({
      index: 11,
    })
  })

  test('of a picture, and a run that was right, are rows with files of their own', async () => {
    const set = await studio.call('datasets.create', { name: 'Right' })
    expect(whyNotTrain(set)).toBe('It has no rows.')
    const project = await studio.call('projects.create', { name: 'P' })
    const input = await upload(await picture(1, 128))
    const { runs } = await studio.call('runs.start', {
      project: project.id,
      document: null,
      settings: {
        task: 'edit',
        instruction: 'remove the dog',
        mode: 'parallel',
        steps: 2,
        guidance: { text: 0, image: 0 },
        temperatures: { text: 0, image: 0 },
        seed: 5,
        model: 'storybook',
      },
      input,
      mask: null,
      box: null,
      pins: [],
      count: 1,
      lane: 'interactive',
    })
    for (;;) {
      const run = await studio.call('runs.get', { run: runs[0]!.id })
      if (run.endedAt !== null) break
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    const added = await studio.call('datasets.addRun', {
      dataset: set.id,
      run: runs[0]!.id,
      instruction: 'remove the dog',
      reasoning: 'the dog is gone .',
      output: null,
      split: 'train',
    })
    const { row } = await studio.call('datasets.row', { dataset: set.id, row: added.row })
    expect(row).toMatchObject({ id: 'run-5', lineage: { run: runs[0]!.id, seed: 5, picture: 'result' } })
    const replaced = await studio.call('datasets.edit', {
      dataset: set.id,
      action: { do: 'picture', row: added.row, side: 'output', blob: await upload(await picture(2, 64)) },
    })
    expect(replaced.dataset.undo).toBe('Replace the output picture')
    expect(await studio.call('datasets.picture', { dataset: set.id, row: added.row, side: 'output' })).toMatchObject({
      width: 64,
      type: 'image/png',
    })
    const { thumbnails } = await studio.call('datasets.thumbnails', { dataset: set.id, rows: [added.row] })
    expect(Buffer.from(thumbnails[0]!.input!).toString('latin1', 8, 12)).toBe('WEBP')
    // A Buffer would not survive a transport of text.
    expect(Buffer.isBuffer(thumbnails[0]!.input)).toBe(false)
    await reopen()
    expect(await linesOf(data, set.id)).toMatchObject([{ id: 'run-5', lineage: { seed: 5 } }])
  })
})

describe('a set that is read in place', () => {
  test('is never changed, says when its files were, and can be copied', async () => {
    const folder = join(root, 'set')
    await writeRows(folder, 4, soundRow)
    const before = await readFile(join(folder, 'data.jsonl'))
    const set = await studio.importFolder('set', 'refer')
    expect(set).toMatchObject({ editable: false, rows: 4, changed: false, check: { errors: 0 } })
    const { rows } = await studio.call('datasets.rows', { dataset: set.id, filter: {}, limit: 1, offset: 0 })
    const action = { do: 'text', row: rows[0]!.key, instruction: 'x' } as const
    await expect(studio.call('datasets.edit', { dataset: set.id, action })).rejects.toThrow('cannot be changed')
    await writeRows(folder, 5, soundRow)
    const changed = await studio.call('datasets.get', { dataset: set.id })
    expect(whyNotTrain(changed)).toContain('written to')
    const source = { from: 'dataset', dataset: set.id } as const
    await studio.run({ kind: 'dataset-import', name: set.name, source, mode: 'refer' })
    expect(await studio.call('datasets.get', { dataset: set.id })).toMatchObject({ rows: 5, changed: false })
    await studio.run({ kind: 'dataset-import', name: 'Copy', source, mode: 'copy' })
    const { datasets } = await studio.call('datasets.list', {})
    expect(datasets.map(({ name, editable, rows: n }) => [name, editable, n])).toEqual([
      ['Copy', true, 5],
      ['set', false, 5],
    ])
    await studio.call('datasets.delete', { dataset: set.id })
    expect((await readFile(join(folder, 'data.jsonl'))).length).toBeGreaterThan(before.length)
  })
})

describe('an upload', () => {
  test('of a zip, in parts, is put together, taken in, and its parts are gone', async () => {
    const zip = zipSync(
      Object.fromEntries(Object.entries(await filesOf(3)).map(([name, bytes]) => [`top/${name}`, bytes])),
    )
    const half = Math.floor(zip.length / 2)
    const parts = [await upload(zip.subarray(0, half)), await upload(zip.subarray(half))]
    const job = await studio.run({
      kind: 'dataset-import',
      name: 'Zip',
      source: { from: 'upload', name: 'set.zip', parts, folder: false },
      mode: 'copy',
    })
    expect(job).toMatchObject({ state: 'done', result: { rows: 3, broken: 0 } })
    expect(await studio.service.blob(parts[0]!)).toBeNull()
  })

  test.each([
    ['climbs out of its folder', { '../evil.txt': new Uint8Array(4) }, /outside its folder/],
    ['unpacks to far more than it is', { 'data.jsonl': new Uint8Array(300 * 2 ** 20) }, /unpacks to more than/],
  ])('that %s is refused, and nothing of it stays', async (_, files, message) => {
    const parts = [await upload(zipSync(files, { level: 9 }))]
    const job = await studio.run({
      kind: 'dataset-import',
      name: 'Bad',
      source: { from: 'upload', name: 'bad.zip', parts, folder: false },
      mode: 'copy',
    })
    expect(job.state).toBe('failed')
    expect(job.error!.message).toMatch(message)
    expect((await studio.call('datasets.list', {})).datasets).toEqual([])
  })
})

describe('a copy', () => {
  test('is split with whole groups, and exported as a zip and as a folder that hold the same rows', async () => {
    await writeRows(join(root, 'set'), 20, (i) => ({ ...soundRow(i), split: 'train' }))
    const { id } = await studio.importFolder('set')
    await studio.run({ kind: 'dataset-split', dataset: id, val: 0.2, test: 0.1, seed: 1 })
    const set = await studio.call('datasets.get', { dataset: id })
    expect(set).toMatchObject({ splits: { train: 14, val: 4, test: 2, none: 0 }, undo: 'Draw the splits' })
    const how = { pictures: 'keep', shardRows: 100, shardMb: 100, skipBad: false } as const
    const zipped = await studio.run({
      kind: 'dataset-export',
      dataset: id,
      format: 'quadruplets',
      ...how,
      to: { kind: 'download' },
    })
    const { file } = zipped.result as { file: { blob: string; name: string } }
    expect(file.name).toBe('set.zip')
    const files = unzipSync(await readFile((await studio.service.blob(file.blob))!.path))
    expect(Object.keys(files)).toHaveLength(41)
    const [rootEntry] = (await studio.call('folders.list', { folder: null })).entries
    const to = { kind: 'folder', handle: rootEntry!.handle, name: 'out' } as const
    const written = await studio.run({ kind: 'dataset-export', dataset: id, format: 'quadruplets', ...how, to })
    expect(written).toMatchObject({ state: 'done', result: { rows: 20, file: null } })
    expect(await readFile(join(root, 'out', 'data.jsonl'))).toEqual(Buffer.from(files['data.jsonl']!))
    await expect(
      studio.call('jobs.start', { spec: { kind: 'dataset-export', dataset: id, format: 'quadruplets', ...how, to } }),
    ).rejects.toThrow('There is a "out" already')
  })
})
