/** Training from the command line: a short run on a small model, interrupted, resumed, and used. */
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openWorkplace, tandem, type Workplace } from './testing.ts'

let place: Workplace
const config = {
  seed: 1,
  model: 'model',
  data: { kind: 'world', seed: 1 },
  sft: { batch: 2, validationSamples: 2 },
  steps: 6,
  optimiser: {},
  schedule: { peak: 0.001, warmup: 1, decayFrom: 0.5, floor: 0.1 },
  clip: 1,
  ema: 0.9,
  validateEvery: 3,
}
beforeAll(async () => {
  place = await openWorkplace()
  await writeFile(place.path('sft.json'), JSON.stringify(config))
})
afterAll(() => place.remove())

describe('tandem train sft', () => {
  it('trains on the world and exports a model that edits', async () => {
    const { code, out, err } = await tandem(
      'train',
      'sft',
      '--config',
      place.path('sft.json'),
      '--out',
      place.path('run'),
      '--json',
    )
    expect(code, err).toBe(0)
    const result = JSON.parse(out) as { model: string; steps: number; samples: number }
    expect(result).toMatchObject({ steps: 6, samples: 12 })
    expect(err).toMatch(/image_ce .*text_ce|text_ce .*image_ce/)
    expect(err).toMatch(/\n6\/6 .* [\d.]+ samples\/s .*ETA \d+ s/)
    const edit = await tandem(
      'edit',
      '--image',
      place.picture,
      '--instruction',
      'remove the dog',
      '--steps',
      '2',
      '--model',
      result.model,
      '--out',
      place.path('edited'),
    )
    expect(edit.code, edit.err).toBe(0)
  })

  it('starts from weights with an input that no longer attends to the output, and says so in what comes out', async () => {
    const own = { ...config, steps: 2, inputAttends: 'input', name: 'apart' }
    await writeFile(place.path('apart.json'), JSON.stringify(own))
    const run = place.path('apart')
    const trained = await tandem('train', 'sft', '--config', place.path('apart.json'), '--out', run)
    expect(trained.code, trained.err).toBe(0)
    const read = async (name: string): Promise<Record<string, unknown>> =>
      JSON.parse(await readFile(place.path(`apart/model/${name}`), 'utf8')) as Record<string, unknown>
    const before = JSON.parse(await readFile(place.path('model/config.json'), 'utf8')) as { options: object }
    expect(await read('config.json')).toEqual({
      ...before,
      name: 'apart',
      options: { ...before.options, inputAttends: 'input' },
    })
    expect(await read('lineage.json')).toMatchObject({ from: [{ name: 'tiny' }], recipe: { inputAttends: 'input' } })
    await writeFile(place.path('apart.json'), JSON.stringify({ ...own, inputAttends: 'all' }))
    const other = await tandem('train', 'sft', '--config', place.path('apart.json'), '--out', run, '--resume')
    expect({ code: other.code, said: other.err.includes('configuration differs') }).toEqual({ code: 2, said: true })
  })

  it('refuses a folder that holds a run, goes on with --resume, and refuses another configuration', async () => {
    const args = ['train', 'sft', '--config', place.path('sft.json'), '--out', place.path('run')]
    expect((await tandem(...args)).err).toContain('--resume')
    expect((await tandem(...args, '--resume')).code).toBe(0)
    await writeFile(place.path('other.json'), JSON.stringify({ ...config, sft: { batch: 3 } }))
    const other = await tandem(
      'train',
      'sft',
      '--config',
      place.path('other.json'),
      '--out',
      place.path('run'),
      '--resume',
    )
    expect({ code: other.code, said: other.err.includes('configuration differs') }).toEqual({ code: 2, said: true })
  })

  it('trains on a quadruplet folder, and names a row it cannot use', async () => {
    await tandem('world', 'sample', '--seed', '4', '--count', '6', '--family', 'general', '--out', place.path('data'))
    await writeFile(
      place.path('folder.json'),
      JSON.stringify({
        ...config,
        steps: 2,
        data: { kind: 'folder', path: 'data' },
        sft: { ...config.sft, generateShare: 0 },
      }),
    )
    const good = await tandem('train', 'sft', '--config', place.path('folder.json'), '--out', place.path('folder-run'))
    expect(good.code, good.err).toBe(0)
    const rows = (await readFile(place.path('data/data.jsonl'), 'utf8')).split('\n')
    await writeFile(
      place.path('data/data.jsonl'),
      rows
        .map((row, i) =>
          i === 1 ? row.replace(/"reasoning":"[^"]*"/, `"reasoning":"${'now b1 is empty . '.repeat(20)}"`) : row,
        )
        .join('\n'),
    )
    const bad = await tandem('train', 'sft', '--config', place.path('folder.json'), '--out', place.path('folder-bad'))
    expect({ code: bad.code, said: /train-4-1: its reasoning is \d+ tokens/.test(bad.err) }, bad.err).toEqual({
      code: 2,
      said: true,
    })
  })
})
