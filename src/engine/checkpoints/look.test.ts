import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { floatTensor, openSafetensors, readFloats, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { layOutPublished } from './import-fixtures.ts'
import { lookAtCheckpoint } from './look.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-look-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

const ask = { do: 'look', variant: null, vq: null, imageSize: null } as const

describe('looking at a published checkpoint', () => {
  it('says what it is, and what each precision takes', async () => {
    const { directory, vq } = await layOutPublished('a', root)
    const look = await lookAtCheckpoint({ ...ask, directory, vq, variant: 'mmada-parallel-a', imageSize: 16 })
    expect(look).toMatchObject({
      name: 'checkpoint-a',
      variant: 'mmada-parallel-a',
      title: 'MMaDA-Parallel-A',
      precision: 'f32',
      image: 16,
      vq: { title: 'VQModel (aMUSEd)' },
      difference: null,
      problems: [],
    })
    const [stored, int8, int4] = look.choices
    expect(stored).toMatchObject({ precision: 'f32', disk: 0 })
    expect(int8!.memory.weights).toBeLessThan(stored!.memory.weights)
    expect(int4!.memory.weights).toBeLessThan(int8!.memory.weights)
    expect(int4!.disk).toBeGreaterThan(0)
    expect(JSON.stringify(look)).not.toContain(root)
  })

  it('says which image tokenizer is wanted where none was given', async () => {
    const { directory } = await layOutPublished('m', root)
    const look = await lookAtCheckpoint({ ...ask, directory, variant: 'mmada-parallel-m', imageSize: 8 })
    expect(look.vq).toBeNull()
    expect(look.wants).toContain('MAGVIT-v2')
    expect(look.problems).toMatchObject([
      { about: 'vq', remedy: expect.stringContaining('showlab/magvitv2') as string },
    ])
  })

  it('lists what is missing, extra and misshapen', async () => {
    const { directory } = await layOutPublished('a', root)
    const path = join(directory, 'model.safetensors')
    const file = await openSafetensors(path)
    const tensors = new Map<string, StoredTensor>()
    for (const [name, { shape }] of file.tensors) {
      if (name.includes('blocks.0.v_proj')) continue
      const floats = await readFloats(file, name)
      tensors.set(
        name,
        name.includes('blocks.1.up_proj') ? floatTensor(floats, shape.toReversed()) : floatTensor(floats, shape),
      )
    }
    tensors.set('stranger.weight', floatTensor(new Float32Array(2), [2]))
    await writeSafetensors(path, tensors, {})
    const look = await lookAtCheckpoint({ ...ask, directory })
    expect(look.difference?.missing.names).toEqual([expect.stringContaining('v_proj')])
    expect(look.difference?.extra).toEqual({ names: ['stranger.weight'], count: 1 })
    expect(look.difference?.misshapen.names).toEqual([expect.stringMatching(/up_proj.*instead of/)])
    expect(look.problems).toMatchObject([{ about: 'weights' }])
    expect(look.choices).toEqual([])
  })

  it.each([
    ['a folder that is not there', (d: string) => rename(d, `${d}-gone`), 'weights', /no folder/],
    ['no tokenizer', (d: string) => rm(join(d, 'tokenizer.json')), 'tokenizer', /tokenizer\.json/],
    [
      'a tokenizer that is none',
      (d: string) => writeFile(join(d, 'tokenizer.json'), '[]'),
      'tokenizer',
      /not a tokenizer/,
    ],
    ['no config', (d: string) => rm(join(d, 'config.json')), 'weights', /config\.json/],
  ] as const)('names the problem of %s', async (_, harm, about, words) => {
    const { directory } = await layOutPublished('m', root)
    await harm(directory)
    const { problems } = await lookAtCheckpoint({ ...ask, directory })
    expect(problems[0]).toMatchObject({ about, message: expect.stringMatching(words) as string })
  })

  it('knows an image tokenizer that was taken for a model', async () => {
    const { vq } = await layOutPublished('m', root)
    const { problems } = await lookAtCheckpoint({ ...ask, directory: vq })
    expect(problems).toMatchObject([
      { about: 'weights', message: expect.stringContaining('is an image tokenizer') as string },
    ])
  })
})
