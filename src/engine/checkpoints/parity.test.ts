/** Imported networks against what the public PyTorch code computed on the same small checkpoints (parity/README.md). */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRaster } from '../images.ts'
import { floatTensor, openSafetensors, readFloats, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { trunkLogits } from './logits.ts'
import { openCheckpoint } from './shards.ts'
import { PARITY, parityFolder, readJsonFile, readNpy, relativeError } from './testing.ts'
import { openTrunk } from './trunk.ts'
import { openVq } from './vq/open.ts'

const trunks = ['llada-f32', 'llada-gqa-f16', 'llada-tied-f16', 'mmada-bf16']
const tokenizers = ['magvit-f16', 'vqmodel-f32', 'vqmodel-attn-bf16']

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tandem-parity-'))
})
afterAll(() => rm(scratch, { recursive: true }))

/** The same checkpoint with every float widened to single precision, which changes no number. */
async function widened(name: string): Promise<string> {
  const folder = join(scratch, name)
  await cp(parityFolder(name), folder, { recursive: true })
  for (const file of (await readdir(folder)).filter((entry) => entry.endsWith('.safetensors'))) {
    const opened = await openSafetensors(join(folder, file))
    const tensors = new Map<string, StoredTensor>()
    for (const [tensor, { dtype, shape }] of opened.tensors)
      if (dtype !== 'I64') tensors.set(tensor, floatTensor(await readFloats(opened, tensor), shape))
    await writeSafetensors(join(folder, file), tensors)
  }
  return folder
}

describe.each(trunks)('%s', (name) => {
  const folder = parityFolder(name)

  test('has the logits of the public code', async () => {
    const tokens = Int32Array.from(await readJsonFile<number[]>(join(folder, 'tokens.json')))
    const expected = await readNpy(join(folder, 'logits.npy'))
    const trunk = await openTrunk(await openCheckpoint(folder))
    expect(expected.shape).toEqual([tokens.length, trunk.config.vocabSize])
    expect(relativeError(await trunkLogits(trunk, tokens), expected.data)).toBeLessThan(PARITY)
    // An embedding and a head in pieces, as for 8B: the same numbers.
    const pieces = await trunkLogits(trunk, tokens, { chunk: 4 * trunk.config.dModel * 37 })
    expect(relativeError(pieces, expected.data)).toBeLessThan(PARITY)
  })

  test('has them with the attention kernel of long sequences', async () => {
    const tokens = Int32Array.from(await readJsonFile<number[]>(join(folder, 'tokens.json')))
    const trunk = await openTrunk(await openCheckpoint(folder))
    const { data } = await readNpy(join(folder, 'logits.npy'))
    expect(relativeError(await trunkLogits(trunk, tokens, { fused: true }), data)).toBeLessThan(PARITY)
  })

  test('has them in single precision too', async () => {
    const tokens = Int32Array.from(await readJsonFile<number[]>(join(folder, 'tokens.json')))
    const trunk = await openTrunk(await openCheckpoint(await widened(name)))
    const { data } = await readNpy(join(folder, 'logits.npy'))
    expect(relativeError(await trunkLogits(trunk, tokens), data)).toBeLessThan(PARITY)
  })
})

describe.each(tokenizers)('%s', (name) => {
  const folder = parityFolder(name)

  test.each([
    ['as stored', () => Promise.resolve(folder)] as const,
    ['in single precision', () => widened(name)] as const,
  ])('has the codes and the pixels of the public code, %s', async (_, where) => {
    const vq = await openVq(await where())
    try {
      const picture = await readRaster(join(folder, 'picture.png'))
      const codes = Int32Array.from(await readJsonFile<number[]>(join(folder, 'codes.json')))
      expect(await vq.encode(picture.rgb, picture.height, picture.width)).toEqual(codes)
      const expected = await readNpy(join(folder, 'pixels.npy'))
      expect(expected.shape).toEqual([1, 3, picture.height, picture.width])
      const pixels = await vq.decode(codes, picture.height, picture.width)
      expect(relativeError(pixels, expected.data)).toBeLessThan(PARITY)
    } finally {
      await vq.dispose()
    }
  })
})
