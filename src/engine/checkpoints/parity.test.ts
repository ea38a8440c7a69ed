/** Imported networks against what the public PyTorch code computed on the same small checkpoints (parity/README.md). */
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readRaster } from '../images.ts'
import { floatTensor, openSafetensors, readFloats, writeSafetensors, type StoredTensor } from '../model/safetensors.ts'
import { float8Values, type Float8 } from '../model/float8.ts'
import { trunkLogits } from './logits.ts'
import { openCheckpoint } from './shards.ts'
import { PARITY, parityFolder, readJsonFile, readNpy, relativeError } from './testing.ts'
import { openTrunk } from './trunk.ts'
import { openVq } from './vq/open.ts'
import type { WeightType } from './weight-types.ts'

const trunks = ['llada-f32', 'llada-gqa-f16', 'llada-tied-f16', 'mmada-bf16']
const tokenizers = ['magvit-f16', 'vqmodel-f32', 'vqmodel-attn-bf16']

let scratch: string
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tandem-parity-'))
})
afterAll(() => rm(scratch, { recursive: true }))

/** The same checkpoint with every float widened to single precision, which changes no number. */
const widened = (name: string): Promise<string> => rewritten(name, 'widened', floatTensor)

/** The same checkpoint with every float tensor stored by `store`. */
async function rewritten(
  name: string,
  as: string,
  store: (floats: Float32Array, shape: readonly number[]) => StoredTensor,
): Promise<string> {
  const folder = join(scratch, `${name}-${as}`)
  await cp(parityFolder(name), folder, { recursive: true })
  for (const file of (await readdir(folder)).filter((entry) => entry.endsWith('.safetensors'))) {
    const opened = await openSafetensors(join(folder, file))
    const tensors = new Map<string, StoredTensor>()
    for (const [tensor, { dtype, shape }] of opened.tensors)
      if (dtype !== 'I64') tensors.set(tensor, store(await readFloats(opened, tensor), shape))
    await writeSafetensors(join(folder, file), tensors)
  }
  return folder
}

/** A number of a stored type that is near, and its bytes. */
interface Rounding {
  readonly of: (x: number) => number
  readonly bytes: (x: Float32Array) => Uint8Array
}
const bitsOf = (x: number): number => new Uint32Array(Float32Array.of(x).buffer)[0]!
const eight = (dtype: Float8): Rounding => {
  const values = [...float8Values(dtype)]
  const nearest = (x: number): number =>
    values.reduce((best, v, byte) => (Math.abs(v - x) < Math.abs(values[best]! - x) ? byte : best), 0)
  return { of: (x) => values[nearest(x)]!, bytes: (x) => Uint8Array.from(x, nearest) }
}
const roundings = {
  F64: { of: (x) => x, bytes: (x) => new Uint8Array(Float64Array.from(x).buffer) },
  F16: { of: (x) => Math.f16round(x), bytes: (x) => new Uint8Array(Float16Array.from(x).buffer) },
  BF16: {
    // Halfway cases go away from zero: which way makes no difference here.
    of: (x) => new Float32Array(Uint32Array.of((bitsOf(x) + 0x8000) & 0xffff0000).buffer)[0]!,
    bytes: (x) => new Uint8Array(Uint16Array.from(x, (each) => bitsOf(each) >>> 16).buffer),
  },
  F8_E4M3: eight('float8e4m3'),
  F8_E5M2: eight('float8e5m2'),
} as const satisfies Record<Exclude<WeightType, 'F32'>, Rounding>

/** A checkpoint rounded to a type, stored in that, and the same numbers in single precision. */
async function both(name: string, dtype: keyof typeof roundings): Promise<[stored: string, plain: string]> {
  const { of, bytes } = roundings[dtype]
  return [
    await rewritten(name, dtype, (floats, shape) => ({ dtype, shape, bytes: bytes(floats.map(of)) })),
    await rewritten(name, `${dtype}-widened`, (floats, shape) => floatTensor(floats.map(of), shape)),
  ]
}

describe.each(Object.keys(roundings) as (keyof typeof roundings)[])(
  'stored in %s, a network computes with exactly those numbers',
  (dtype) => {
    test.each(trunks)('%s', async (name) => {
      const tokens = Int32Array.from(await readJsonFile<number[]>(join(parityFolder(name), 'tokens.json')))
      const [stored, plain] = await Promise.all(
        (await both(name, dtype)).map(async (folder) =>
          trunkLogits(await openTrunk(await openCheckpoint(folder)), tokens),
        ),
      )
      expect(relativeError(stored!, plain!)).toBeLessThan(1e-6)
    })

    test.each(tokenizers)('%s', async (name) => {
      const picture = await readRaster(join(parityFolder(name), 'picture.png'))
      const [stored, plain] = await Promise.all(
        (await both(name, dtype)).map(async (folder) => {
          const vq = await openVq(folder)
          try {
            const codes = await vq.encode(picture.rgb, picture.height, picture.width)
            return { codes, pixels: await vq.decode(codes, picture.height, picture.width) }
          } finally {
            await vq.dispose()
          }
        }),
      )
      expect(stored!.codes).toEqual(plain!.codes)
      expect(relativeError(stored!.pixels, plain!.pixels)).toBeLessThan(1e-6)
    })
  },
)

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
