/** Data sets and adapters from the command line: check, mend, convert, split; train an adapter, use it, merge it. */
import { cp, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { endOfSample } from '../../engine/data/formats/testing.ts'
import type { CheckReport, DatasetStats, DatasetWrite } from '../../shared/datasets.ts'
import type { ModelInfo, ModelList } from '../../shared/models.ts'
import { openWorkplace, tandem, type Ended, type Workplace } from './testing.ts'

let place: Workplace
let set: string
beforeAll(async () => {
  place = await openWorkplace()
  set = place.path('set')
  const made = await tandem('world', 'sample', '--seed', '4', '--count', '8', '--family', 'general', '--out', set)
  expect(made.code, made.err).toBe(0)
})
afterAll(() => place.remove())

const json = <T>(ended: Ended): T => JSON.parse(ended.out) as T
const check = (path: string): Promise<Ended> => tandem('dataset', 'check', path, '--model', place.model, '--json')

describe('tandem dataset', () => {
  it('names three planted faults with exit code 2, and passes once they are mended', async () => {
    const bad = place.path('bad')
    await cp(set, bad, { recursive: true })
    const lines = (await readFile(join(bad, 'data.jsonl'), 'utf8')).trim().split('\n')
    const rows = lines.map((line) => JSON.parse(line) as Record<string, string>)
    rows[2]!['reasoning'] = ''
    await rm(join(bad, rows[4]!['output_image']!))
    await writeFile(join(bad, rows[5]!['output_image']!), 'x')
    await writeFile(join(bad, 'data.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'))
    const found = await check(bad)
    expect(found.code).toBe(2)
    const { counts, problems } = json<CheckReport>(found)
    expect(counts).toEqual({ 'empty-trace': 1, 'missing-member': 1, undecodable: 1 })
    expect(problems.map(({ where }) => where)).toEqual([3, 5, 6].map((line) => `data.jsonl, line ${line}`))
    const told = await tandem('dataset', 'check', bad, '--no-model')
    expect(told.out).toMatch(
      /3 errors[\s\S]*empty-trace: data\.jsonl, line 3 \(.*\): its reasoning is empty[\s\S]*cannot start/,
    )
    const refused = await tandem(
      'train',
      'sft',
      '--data',
      bad,
      '--model',
      place.model,
      '--steps',
      '1',
      '--out',
      place.path('no'),
    )
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringMatching(/3 errors keep the data set from being trained on/),
    ])
    await expect(readdir(place.path('no'))).rejects.toThrow()
    const good = await check(set)
    expect([good.code, json<CheckReport>(good).errors]).toEqual([0, 0])
  })

  it('goes out as tars and comes back, is counted and split', async () => {
    const out = json<DatasetWrite>(
      await tandem(
        'dataset',
        'export',
        set,
        '--webdataset',
        '--shard-rows',
        '3',
        '--out',
        place.path('tars'),
        '--json',
      ),
    )
    expect(out).toMatchObject({ rows: 8, left: 0, files: [0, 1, 2].map((n) => `train-00000${n}.tar`) })
    const back = place.path('back')
    expect(
      json<DatasetWrite>(await tandem('dataset', 'import', place.path('tars'), '--out', back, '--json')).rows,
    ).toBe(8)
    const again = await tandem('dataset', 'import', place.path('tars'), '--out', back)
    expect([again.code, again.err]).toEqual([2, expect.stringContaining('already holds files')])
    expect(json<{ splits: object }>(await tandem('dataset', 'split', back, '--val', '0.25', '--json')).splits).toEqual({
      train: 6,
      val: 2,
      test: 0,
    })
    expect(json<DatasetStats>(await tandem('dataset', 'stats', back, '--json'))).toMatchObject({
      rows: 8,
      splits: { train: 6, val: 2 },
      sizes: [['128 x 128', 8]],
    })
  })

  it('names a tar without end mark and brings its rows in; one that is cut it refuses, unless told to skip', async () => {
    const tars = place.path('endless')
    expect((await tandem('dataset', 'export', set, '--webdataset', '--out', tars)).code).toBe(0)
    const tar = join(tars, 'train-000000.tar')
    const end = await endOfSample(tar, '000000002')
    await truncate(tar, end)
    const said = await tandem('dataset', 'import', tars, '--out', place.path('endless-in'))
    expect([said.code, said.out]).toEqual([
      0,
      expect.stringMatching(/^ {2}no-end: train-000000\.tar: the tar has no end mark.*\n.*endless-in: 3 rows\n$/),
    ])
    const out = await tandem('dataset', 'export', tars, '--webdataset', '--out', place.path('endless-out'), '--json')
    const { rows, left, problems } = json<DatasetWrite>(out)
    expect([out.code, rows, left, problems.map(({ code }) => code)]).toEqual([0, 3, 0, ['no-end']])
    await truncate(tar, end - 700)
    const cut = await tandem('dataset', 'import', tars, '--out', place.path('endless-cut'))
    expect([cut.code, cut.err]).toEqual([
      2,
      expect.stringMatching(/Rows cannot be read\. train-000000\.tar: the tar is cut[\s\S]*--skip-bad/),
    ])
    const skipped = await tandem('dataset', 'import', tars, '--skip-bad', '--out', place.path('endless-cut'))
    expect([skipped.code, skipped.out]).toEqual([0, expect.stringMatching(/cut: train[\s\S]*2 rows, 1 left out\n$/)])
  })

  it('leaves nothing behind when an import fails', async () => {
    const bad = place.path('half')
    await cp(set, bad, { recursive: true })
    await rm(join(bad, 'images'), { recursive: true })
    await mkdir(join(bad, 'images'))
    const before = await readdir(place.root)
    const ended = await tandem('dataset', 'import', bad, '--out', place.path('nothing'))
    expect([ended.code, ended.err]).toEqual([2, expect.stringMatching(/is not there.*--skip-bad/)])
    expect(await readdir(place.root)).toEqual(before)
  })
})

describe('an adapter', () => {
  const run = (name: string): string => place.path(name)

  it('is trained with lines of JSON, goes on with --resume alone, edits, is listed, and merges', async () => {
    const args = [
      'train',
      'sft',
      '--data',
      set,
      '--model',
      place.model,
      '--lora-rank',
      '2',
      '--train-words',
      'dog',
      '--batch',
      '2',
    ]
    const trained = await tandem(...args, '--steps', '3', '--out', run('lora'), '--json-lines')
    expect(trained.code, trained.err).toBe(0)
    const events = trained.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; result?: { adapter: string } })
    expect(events.filter(({ type }) => type === 'progress').length).toBeGreaterThanOrEqual(3)
    const adapter = events.at(-1)!.result!.adapter
    expect((await readdir(adapter)).sort()).toEqual([
      'adapter_config.json',
      'adapter_model.safetensors',
      'lineage.json',
    ])

    const resumed = await tandem('train', 'sft', '--out', run('lora'), '--resume', '--json')
    expect([resumed.code, json<{ steps: number }>(resumed).steps]).toEqual([0, 3])

    const edit = (model: string, out: string): Promise<Ended> =>
      tandem(
        'edit',
        '--image',
        place.picture,
        '--instruction',
        'remove the dog',
        '--steps',
        '2',
        '--seed',
        '1',
        '--model',
        model,
        '--out',
        run(out),
      )
    const beside = await edit(adapter, 'beside')
    expect(beside.code, beside.err).toBe(0)

    const info = json<ModelInfo>(await tandem('model', 'info', adapter, '--json'))
    expect(info).toMatchObject({
      kind: 'adapter',
      adapter: { rank: 2, alpha: 4, words: ['dog'], base: { name: 'tiny' } },
      lineage: { how: 'lora', data: { rows: 8 } },
    })

    const merged = await tandem('model', 'merge', place.model, '--adapter', adapter, '--out', run('merged'), '--json')
    expect(merged.code, merged.err).toBe(0)
    const whole = await edit(run('merged'), 'whole')
    expect(whole.code, whole.err).toBe(0)
    expect(await readFile(join(run('whole'), 'reasoning.txt'), 'utf8')).toBe(
      await readFile(join(run('beside'), 'reasoning.txt'), 'utf8'),
    )

    const list = json<ModelList>(await tandem('model', 'list', place.root, '--json'))
    expect(list.models.map(({ kind, path }) => [kind, path.slice(place.root.length + 1)])).toEqual([
      ['adapter', 'lora/adapter'],
      ['model', 'merged'],
      ['model', 'model'],
    ])
    expect(list.damaged).toEqual([])
  })

  it('does not go on with other data, and says so', async () => {
    const path = join(set, 'data.jsonl')
    const before = await readFile(path, 'utf8')
    await writeFile(path, before.replace(/"reasoning":"[^"]*"/, '"reasoning":"now b1 is empty ."'))
    const ended = await tandem('train', 'sft', '--out', run('lora'), '--resume')
    await writeFile(path, before)
    expect([ended.code, ended.err]).toEqual([
      2,
      expect.stringContaining('data are not those this run was started with'),
    ])
  })

  it('is refused on another base, and its settings without a rank', async () => {
    const other = run('other')
    await cp(place.model, other, { recursive: true })
    const config = JSON.parse(await readFile(join(other, 'config.json'), 'utf8')) as object
    await writeFile(join(other, 'config.json'), JSON.stringify({ ...config, name: 'changed' }))
    const merged = await tandem('model', 'merge', other, '--adapter', run('lora/adapter'), '--out', run('x'))
    expect([merged.code, merged.err]).toEqual([2, expect.stringContaining('trained on another model')])
    const ended = await tandem('train', 'sft', '--data', set, '--steps', '1', '--lora-alpha', '3', '--out', run('y'))
    expect([ended.code, ended.err]).toEqual([2, expect.stringContaining('without --lora-rank')])
  })
})
