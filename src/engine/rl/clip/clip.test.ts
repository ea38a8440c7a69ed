/** An exported CLIP as a reward: its numbers against a computation by hand, and every way its folder can be wrong. */
import { mkdtemp, readFile, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openReward } from '../open-reward.ts'
import type { Pair } from '../pairs.ts'
import { asSentence } from './reward.ts'
import { clipFiles, openClip } from './folder.ts'
import { preprocess, preprocessorSchema } from './preprocess.ts'
import { clipWeights, EMBEDDING, SIDE, vocabulary, writeClip, type ClipParts } from './testing.ts'

let root: string
let n = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'clip-test-'))
})
afterAll(() => rm(root, { recursive: true }))
async function made(parts: ClipParts = {}): Promise<string> {
  const directory = join(root, `clip-${n++}`)
  await writeClip(directory, parts)
  return directory
}

const size = 64
/** Left half dark, right half light. */
const picture = Uint8Array.from({ length: size * size * 3 }, (_, i) => (Math.floor(i / 3) % size < size / 2 ? 40 : 220))
const pair = (words: Pair['words']): Pair => ({ words, rgb: picture, size, sample: null })

/** By hand: the mean of the rows of these pieces. */
function textVector(ids: readonly number[]): number[] {
  const table = clipWeights('words', vocabulary.length * EMBEDDING)
  return Array.from({ length: EMBEDDING }, (_, e) => ids.reduce((sum, id) => sum + table[id * EMBEDDING + e]!, 0))
}
async function pictureVector(): Promise<number[]> {
  const { data } = await preprocess(
    preprocessorSchema.parse({ size: SIDE, image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] }),
    picture,
    size,
  )
  const weights = clipWeights('pixels', data.length * EMBEDDING)
  return Array.from({ length: EMBEDDING }, (_, e) =>
    data.reduce((sum, v, i) => sum + v * weights[i * EMBEDDING + e]!, 0),
  )
}
const cosineOf = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, v, i) => sum + v * b[i]!, 0) / (Math.hypot(...a) * Math.hypot(...b))
const idOf = (piece: string): number => vocabulary.indexOf(piece)

describe('a mark', () => {
  test.each<[string, ClipParts]>([
    ['beside the rest', {}],
    ['in onnx/, weights beside it', { nested: true, external: { file: 'text_model.onnx_data' } }],
    ['padded with an attention mask', { padTo: 8 }],
  ])('is the cosine of the two sides, models %s', async (_what, parts) => {
    const reward = await openReward(await made(parts), null)
    const ids = [0, idOf('a</w>'), idOf('cat</w>'), 1]
    const expected = cosineOf(textVector(ids), await pictureVector())
    const [mark] = await reward.mark([pair(['a', 'cat'])])
    expect(mark).toBeCloseTo(expected, 5)
    expect(reward).toMatchObject({ scale: null, standardised: true })
    await reward.dispose()
  })
  test('reads a long text up to its limit, its end kept', async () => {
    const reward = await openReward(await made(), null)
    const ids = [0, ...Array.from({ length: 6 }, () => idOf('a</w>')), 1]
    const [mark] = await reward.mark([pair(Array.from({ length: 40 }, () => 'a'))])
    expect(mark).toBeCloseTo(cosineOf(textVector(ids), await pictureVector()), 5)
    await reward.dispose()
  })
  test('of a partial text has one ellipsis for each run of masks', () => {
    expect(asSentence(['now', null, null, 'has', 'the', null])).toBe('now ... has the ...')
  })
})

describe('pixel values', () => {
  test('are resized, cut from the middle, scaled and standardised as the file says', async () => {
    const config = preprocessorSchema.parse({
      size: { shortest_edge: 16 },
      crop_size: { height: 8, width: 4 },
      image_mean: [0.1, 0.2, 0.3],
      image_std: [0.5, 0.25, 0.125],
    })
    const { data, dims } = await preprocess(config, new Uint8Array(size * size * 3).fill(51), size)
    expect(dims).toEqual([1, 3, 8, 4])
    for (const [c, expected] of [(0.2 - 0.1) / 0.5, 0, (0.2 - 0.3) / 0.125].entries())
      for (const v of data.subarray(c * 32, c * 32 + 32)) expect(v).toBeCloseTo(expected, 5)
  })
  test('keep the middle: the edge between dark and light stays in it', async () => {
    const config = preprocessorSchema.parse({ size: 16, crop_size: 8, do_normalize: false })
    const { data } = await preprocess(config, picture, size)
    expect(data[0]!).toBeLessThan(0.25)
    expect(data[7]!).toBeGreaterThan(0.75)
  })
})

describe('a folder that is wrong is refused by name', () => {
  const spoil = async (parts: ClipParts, change: (directory: string) => Promise<void>): Promise<string> => {
    const directory = await made(parts)
    await change(directory)
    return directory
  }
  test.each<[string, ClipParts, (directory: string) => Promise<void>, RegExp]>([
    [
      'sides of different size',
      { textEmbedding: 5 },
      async () => {},
      /text side .* gives 5 numbers, the picture side 6/,
    ],
    [
      'a cut model',
      {},
      (d) => truncate(join(d, clipFiles.vision), 300),
      /vision_model.onnx is not an ONNX model|cannot be loaded/,
    ],
    ['an empty model', {}, (d) => truncate(join(d, clipFiles.text), 0), /text_model.onnx is empty/],
    [
      'no model at all',
      {},
      (d) => writeFile(join(d, clipFiles.text), 'hello, I am text'),
      /text_model.onnx is not an ONNX model/,
    ],
    [
      'a vision model for the text',
      {},
      (d) => rename(join(d, clipFiles.vision), join(d, clipFiles.text)).then(() => writeClipVision(d)),
      /has no input input_ids/,
    ],
    [
      'weights that are missing',
      { external: { file: 'weights' } },
      (d) => rm(join(d, 'weights')),
      /misses its weights weights/,
    ],
    [
      'weights that are cut',
      { external: { file: 'weights' } },
      (d) => truncate(join(d, 'weights'), 10),
      /needs \d+ bytes of weights, which has 10/,
    ],
    [
      'weights elsewhere',
      { external: { file: 'weights', location: '../weights' } },
      (d) => rename(join(d, 'weights'), join(d, '..', 'weights')),
      /outside its folder/,
    ],
    [
      'weights at an absolute path',
      { external: { file: 'weights', location: '/etc/passwd' } },
      async () => {},
      /outside its folder/,
    ],
    [
      'weights behind a link',
      { external: { file: 'weights' } },
      async (d) => {
        await rename(join(d, 'weights'), join(d, '..', 'linked'))
        await symlink(join(d, '..', 'linked'), join(d, 'weights'))
      },
      /outside its folder/,
    ],
    [
      'a tokenizer that is none',
      {},
      (d) => writeFile(join(d, clipFiles.tokenizer), '{"model":{"type":"Magic"}}'),
      /tokenizer.json is not one this program understands/,
    ],
    [
      'a tokenizer that is no JSON',
      {},
      (d) => writeFile(join(d, clipFiles.tokenizer), '{'),
      /tokenizer.json .* is not JSON/,
    ],
    [
      'a preprocessor with a huge size',
      { preprocessor: { size: 100_000 } },
      async () => {},
      /preprocessor_config.json .* is wrong/,
    ],
    [
      'a crop larger than the picture',
      { preprocessor: { crop_size: 500 } },
      async () => {},
      /cuts 500 x 500 px out of 8 x 8/,
    ],
    ['no preprocessor', {}, (d) => rm(join(d, clipFiles.preprocessor)), /has no preprocessor_config.json/],
  ])('%s', async (_what, parts, change, message) => {
    const directory = await spoil(parts, change)
    await expect(openClip(directory)).rejects.toThrow(message)
  })
  test('a custom operator', async () => {
    const directory = await made()
    const path = join(directory, clipFiles.vision)
    const bytes = await readFile(path)
    // A node's domain is field 7 of NodeProto: appended to the first node by hand would shift lengths, so the model is
    // written with a domain of the same length as one it has.
    await writeFile(path, withDomain(bytes))
    await expect(openClip(directory)).rejects.toThrow(/custom operator MatMul of evil/)
  })
  test('nothing there', async () => {
    await expect(openReward(join(root, 'nowhere'), null)).rejects.toThrow(/There is no reward/)
    await expect(openReward(root, null)).rejects.toThrow(/holds neither a scorer .* nor an exported CLIP/)
    await expect(openReward('oracle', null)).rejects.toThrow(/storybook world only/)
  })
})

async function writeClipVision(directory: string): Promise<void> {
  const other = await made()
  await rename(join(other, clipFiles.vision), join(directory, clipFiles.vision))
}

/** The model again, its MatMul in the domain "evil". */
function withDomain(bytes: Buffer): Uint8Array {
  const reader = protobufFields(bytes)
  const graph = reader.find(({ id }) => id === 7)!
  const nodes = protobufFields(graph.bytes).map((field) => {
    if (field.id !== 1) return field
    const own = protobufFields(field.bytes)
    if (!own.some(({ id, bytes: b }) => id === 4 && b.toString() === 'MatMul')) return field
    return { ...field, bytes: joinFields([...own, { id: 7, bytes: Buffer.from('evil') }]) }
  })
  const rebuilt = joinFields(nodes)
  return joinFields(reader.map((field) => (field.id === 7 ? { ...field, bytes: rebuilt } : field)))
}

interface RawField {
  readonly id: number
  readonly bytes: Buffer
  /** Of a field that is a number: its value. */
  readonly varint?: bigint
}

/** A protobuf message as its fields: lengths and numbers, all that ONNX files of ours hold. */
function protobufFields(bytes: Buffer): RawField[] {
  let at = 0
  const varint = (): bigint => {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes[at++]!
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }
  const out: RawField[] = []
  while (at < bytes.length) {
    const key = Number(varint())
    if ((key & 7) === 0) out.push({ id: key >> 3, bytes: Buffer.alloc(0), varint: varint() })
    else {
      const length = (key & 7) === 2 ? Number(varint()) : 4
      out.push({ id: key >> 3, bytes: bytes.subarray(at, at + length), ...((key & 7) === 5 ? { varint: -1n } : {}) })
      at += length
    }
  }
  return out
}

function joinFields(fields: readonly RawField[]): Buffer {
  const varint = (value: bigint): number[] => {
    const out: number[] = []
    for (let rest = value; ; rest >>= 7n) {
      if (rest < 128n) return [...out, Number(rest)]
      out.push(Number(rest & 127n) | 128)
    }
  }
  return Buffer.concat(
    fields.map(({ id, bytes, varint: number }) => {
      if (number === -1n) return Buffer.concat([Buffer.from(varint(BigInt((id << 3) | 5))), bytes])
      if (number !== undefined) return Buffer.from([...varint(BigInt(id << 3)), ...varint(number)])
      return Buffer.concat([Buffer.from([...varint(BigInt((id << 3) | 2)), ...varint(BigInt(bytes.length))]), bytes])
    }),
  )
}
