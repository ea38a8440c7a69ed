/** The parity tools from the command line: what they write is what the public code computed. */
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PARITY, parityFolder, readJsonFile, readNpy, relativeError } from '../../engine/checkpoints/testing.ts'
import { layOutPublished } from '../../engine/checkpoints/import-fixtures.ts'
import { layOutEightB } from '../../engine/checkpoints/published-fixtures.ts'
import { readRaster } from '../../engine/images.ts'
import { tandem, tandemIn } from './testing.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-checkpoint-'))
})
afterAll(() => rm(root, { recursive: true }))

describe('tandem model logits', () => {
  it('writes [L, V] float32 that NumPy reads', async () => {
    const folder = parityFolder('mmada-bf16')
    const out = join(root, 'logits.npy')
    const ended = await tandem(
      'model',
      'logits',
      '--model',
      folder,
      '--tokens',
      join(folder, 'tokens.json'),
      '--out',
      out,
      '--json',
    )
    expect(ended.code, ended.err).toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({ out, shape: [24, 352] })
    const expected = await readNpy(join(folder, 'logits.npy'))
    const found = await readNpy(out)
    expect(found.shape).toEqual(expected.shape)
    expect(relativeError(found.data, expected.data)).toBeLessThan(PARITY)
  })

  it.each([
    ['[1, 2, 352]', /Token 2 is 352; this model has ids 0 to 351/],
    ['{"ids": 3}', /not an array of ids/],
    ['[', /not JSON/],
    ['[]', /not an array of ids/],
  ])('refuses the tokens %s and writes nothing', async (text, says) => {
    const tokens = join(root, 'tokens.json')
    const out = join(root, 'refused.npy')
    await writeFile(tokens, text)
    const ended = await tandem(
      'model',
      'logits',
      '--model',
      parityFolder('mmada-bf16'),
      '--tokens',
      tokens,
      '--out',
      out,
    )
    expect([ended.code, ended.err]).toEqual([2, expect.stringMatching(says)])
    await expect(readFile(out)).rejects.toThrow()
  })
})

describe('tandem model import', () => {
  it('makes a model of which the first edit is the second command', async () => {
    const place = await layOutPublished('m', root)
    const out = join(root, 'imported')
    const shared = ['--vq', place.vq, '--image-size', '8', '--variant', 'mmada-parallel-m']
    const ended = await tandem('model', 'import', place.directory, ...shared, '--as', 'tiny', '--out', out, '--json')
    expect(ended.code, ended.err).toBe(0)
    expect(JSON.parse(ended.out)).toMatchObject({
      name: 'tiny',
      variant: 'mmada-parallel-m',
      precision: 'bf16',
      copied: 0,
    })
    const picture = join(parityFolder('magvit-f16'), 'picture.png')
    const edited = join(root, 'edited')
    const instruction = 'Move the Cup.'
    const run = await tandem(
      'edit',
      '--model',
      out,
      '--image',
      picture,
      '--instruction',
      instruction,
      '--steps',
      '6',
      '--out',
      edited,
      '--json',
    )
    expect(run.code, run.err).toBe(0)
    // Its own guidance and image steps: 6 steps, 6 of them with the image (30 asked), each with a second pass.
    expect(JSON.parse(run.out)).toMatchObject({ steps: 6, forwards: 12, mode: 'parallel' })
    const { rgb, width } = await readRaster(join(edited, 'image.png'))
    expect([width, rgb.length]).toEqual([8, 192])
    const listed = await tandem('model', 'list', root, '--json')
    expect((JSON.parse(listed.out) as { models: { name: string }[] }).models.map(({ name }) => name)).toContain('tiny')
  })

  it.each([
    ['m', 'MMaDA-Parallel-M --vq magvitv2 --as parallel-m', 'mmada-parallel-m'],
    ['a', 'MMaDA-Parallel-A --vq amused-512/vqvae --as parallel-a', 'mmada-parallel-a'],
  ] as const)(
    'takes a checkpoint of the published sizes as docs/checkpoints.md writes it: %s',
    async (which, words, variant) => {
      const docs = await readFile(new URL('../../../docs/checkpoints.md', import.meta.url), 'utf8')
      expect(docs).toContain(`tandem model import ${words}\n`)
      const home = join(root, `home-${which}`)
      await mkdir(home)
      const { vq } = await layOutEightB(which, home)
      const [name, , place, , as] = words.split(' ') as [string, string, string, string, string]
      await mkdir(dirname(join(home, place)), { recursive: true })
      await rename(vq, join(home, place))
      const ended = await tandemIn(home, 'model', 'import', ...words.split(' '), '--json')
      expect(ended.code, ended.err).toBe(0)
      expect(JSON.parse(ended.out)).toMatchObject({ name: as, variant, image: 512, precision: 'bf16', copied: 0 })
      expect(await readdir(home)).toEqual(expect.arrayContaining([name, 'models']))
      const { models } = JSON.parse((await tandemIn(home, 'model', 'list', 'models', '--json')).out) as {
        models: { name: string }[]
      }
      expect(models.map((model) => model.name)).toContain(as)
    },
  )

  it('says what is wrong in one line, and leaves no folder behind', async () => {
    const out = join(root, 'nothing')
    const ended = await tandem('model', 'import', parityFolder('llada-f32'), '--out', out)
    expect([ended.code, ended.err]).toEqual([2, expect.stringMatching(/no readable tokenizer\.json/)])
    await expect(stat(out)).rejects.toThrow()
  })
})

describe('tandem vq', () => {
  it('encodes a picture and decodes the codes, to a picture and to the raw output', async () => {
    const folder = parityFolder('vqmodel-f32')
    const ids = join(root, 'ids.json')
    const encoded = await tandem(
      'vq',
      'encode',
      '--model',
      folder,
      '--image',
      join(folder, 'picture.png'),
      '--out',
      ids,
    )
    expect(encoded.code, encoded.err).toBe(0)
    expect(await readJsonFile(ids)).toEqual(await readJsonFile(join(folder, 'codes.json')))
    const raw = join(root, 'raw.npy')
    const decode = (out: string, size: string): ReturnType<typeof tandem> =>
      tandem('vq', 'decode', '--model', folder, '--ids', ids, '--size', size, '--out', out)
    expect((await decode(raw, '16x24')).code).toBe(0)
    const expected = await readNpy(join(folder, 'pixels.npy'))
    expect(relativeError((await readNpy(raw)).data, expected.data)).toBeLessThan(PARITY)
    const picture = join(root, 'picture.png')
    expect((await decode(picture, '4x6')).code).toBe(0)
    const { rgb, width, height } = await readRaster(picture)
    expect([width, height]).toEqual([24, 16])
    const clipped = (i: number): number => Math.round(255 * Math.min(1, Math.max(0, expected.data[i]!)))
    expect(Math.abs(rgb[0]! - clipped(0))).toBeLessThanOrEqual(1)
    const wrong = await decode(picture, '24x32')
    expect([wrong.code, wrong.err]).toEqual([2, expect.stringMatching(/has 48 codes, not 24/)])
  })
})
