import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import {
  floatTensor,
  openSafetensors,
  readFloats,
  readTensor,
  writeSafetensors,
  type StoredTensor,
} from './safetensors.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-safetensors-'))
})
afterAll(() => rm(folder, { recursive: true }))

const WIDTH = { F64: 8, F32: 4, F16: 2, BF16: 2, F8_E4M3: 1, I64: 8, I32: 4, I16: 2, U8: 1, BOOL: 1 } as const
const anyTensor: fc.Arbitrary<StoredTensor> = fc
  .record({
    dtype: fc.constantFrom(...(Object.keys(WIDTH) as (keyof typeof WIDTH)[])),
    shape: fc.array(fc.nat(4), { maxLength: 3 }),
  })
  .chain(({ dtype, shape }) => {
    const length = shape.reduce((n, dim) => n * dim, 1) * WIDTH[dtype]
    return fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => ({ dtype, shape, bytes }))
  })
const anyName = fc
  .string({ minLength: 1, maxLength: 20, unit: 'grapheme' })
  .filter((name) => name !== '__metadata__' && name !== '__proto__')

describe('a written file', () => {
  test('gives back every tensor, byte for byte, and its metadata, whatever they are', async () => {
    const path = join(folder, 'any.safetensors')
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(anyName, anyTensor, { maxKeys: 6 }),
        fc.dictionary(anyName, fc.string()),
        async (tensors, metadata) => {
          await writeSafetensors(path, new Map(Object.entries(tensors)), metadata)
          const file = await openSafetensors(path)
          expect(file.metadata).toEqual(metadata)
          expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort())
          for (const [name, tensor] of Object.entries(tensors)) expect(await readTensor(file, name)).toEqual(tensor)
        },
      ),
      { numRuns: 40 },
    )
  })

  test('has an 8-byte length, a JSON header padded with spaces to 8 bytes, then the tensors without gaps', async () => {
    const path = join(folder, 'layout.safetensors')
    await writeSafetensors(
      path,
      new Map([
        ['é', floatTensor(Float32Array.of(1, 2), [2])],
        ['b', { dtype: 'U8', shape: [1], bytes: Uint8Array.of(7) }],
      ]),
      { k: 'v' },
    )
    const bytes = await readFile(path)
    const length = Number(bytes.readBigUInt64LE())
    expect(length % 8).toBe(0)
    const header = bytes.toString('utf8', 8, 8 + length)
    expect(JSON.parse(header)).toEqual({
      __metadata__: { k: 'v' },
      é: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
      b: { dtype: 'U8', shape: [1], data_offsets: [8, 9] },
    })
    expect(header.trimEnd().length).toBeGreaterThan(0)
    expect([bytes.readFloatLE(8 + length), bytes.readFloatLE(12 + length), bytes[16 + length], bytes.length]).toEqual([
      1,
      2,
      7,
      17 + length,
    ])
  })

  test('holds the bytes of a view, not of the array behind it', async () => {
    const path = join(folder, 'view.safetensors')
    await writeSafetensors(path, new Map([['x', floatTensor(Float32Array.of(9, 1, 2, 9).subarray(1, 3), [2])]]))
    expect([...(await readFloats(await openSafetensors(path), 'x'))]).toEqual([1, 2])
  })

  test('widens half and brain floats exactly, special values included', async () => {
    const values = [0, -0, 1, -1.5, 65504, 6e-8, Infinity, -Infinity, NaN]
    const brain = Uint16Array.from([0x3f80, 0xc049, 0x7f80, 0x7fc0, 0x8000, 0x0001])
    const path = join(folder, 'halves.safetensors')
    await writeSafetensors(
      path,
      new Map<string, StoredTensor>([
        ['half', floatTensor(Float32Array.from(values), [9], 'F16')],
        ['brain', { dtype: 'BF16', shape: [6], bytes: new Uint8Array(brain.buffer) }],
        ['count', { dtype: 'I64', shape: [1], bytes: new Uint8Array(8) }],
      ]),
    )
    const file = await openSafetensors(path)
    expect([...(await readFloats(file, 'half'))]).toEqual(values.map((v) => Math.f16round(v)))
    expect([...(await readFloats(file, 'brain'))]).toEqual([1, -3.140625, Infinity, NaN, -0, 2 ** -133])
    await expect(readFloats(file, 'count')).rejects.toThrow('count is I64, not a float')
    await expect(readTensor(file, 'absent')).rejects.toThrow('it has no tensor absent')
  })
})

describe('a damaged file is refused in words', () => {
  const header = (text: string, data = 8): Buffer => {
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(text)))
    return Buffer.concat([length, Buffer.from(text), Buffer.alloc(data)])
  }
  const entry = (more: object, data = 8): Buffer =>
    header(JSON.stringify({ x: { dtype: 'F32', shape: [2], data_offsets: [0, 8], ...more } }), data)
  const huge = Buffer.alloc(16)
  huge.writeBigUInt64LE(2n ** 63n)
  const cases: [what: string, bytes: Buffer, says: RegExp][] = [
    ['nothing', Buffer.alloc(0), /cut short/],
    ['7 bytes', Buffer.alloc(7), /cut short/],
    ['a header longer than the file', huge, /header does not fit/],
    ['a header cut off', entry({}).subarray(0, 30), /header does not fit/],
    ['a header that is not JSON', header('{"x":'), /header is not JSON/],
    ['an empty header', header(''), /header is not JSON/],
    ['a header that is a list', header('[]'), /header is not an object/],
    ['a header that is null', header('null'), /header is not an object/],
    ['metadata that are no strings', header('{"__metadata__":{"a":1}}', 0), /metadata are not strings/],
    ['an unknown type', entry({ dtype: 'F128' }), /entry of x is not understood/],
    ['a type that is wider than its bytes', entry({ dtype: 'F64' }), /x does not fit/],
    ['half a byte', entry({ dtype: 'F4', shape: [3], data_offsets: [0, 1] }, 1), /x does not fit/],
    ['a negative size', entry({ shape: [-2] }), /entry of x is not understood/],
    ['a size that is no integer', entry({ shape: [0.5] }), /entry of x is not understood/],
    ['one offset', entry({ data_offsets: [0] }), /entry of x is not understood/],
    ['a negative offset', entry({ data_offsets: [-8, 0] }), /entry of x is not understood/],
    ['an entry that is null', header('{"x":null}'), /entry of x is not understood/],
    ['fewer bytes than the shape needs', entry({ data_offsets: [0, 4] }, 4), /x does not fit/],
    ['offsets in the wrong order', entry({ shape: [0], data_offsets: [8, 0] }), /x does not fit/],
    ['a shape too large to count', entry({ shape: [2 ** 40, 2 ** 40] }), /x does not fit/],
    ['data cut off', entry({}, 7), /x does not fit/],
    ['a gap before a tensor', entry({ data_offsets: [8, 16] }, 16), /bytes 0 to 8 belong to no tensor/],
    [
      'two tensors on the same bytes',
      header(
        JSON.stringify({
          x: { dtype: 'F32', shape: [2], data_offsets: [0, 8] },
          y: { dtype: 'U8', shape: [4], data_offsets: [4, 8] },
        }),
      ),
      /y overlaps another tensor/,
    ],
    ['bytes after the last tensor', entry({}, 12), /bytes 8 to 12 belong to no tensor/],
  ]
  test.each(cases)('%s', async (what, bytes, says) => {
    const path = join(folder, `${what}.safetensors`)
    await writeFile(path, bytes)
    const refusal = openSafetensors(path)
    await expect(refusal).rejects.toBeInstanceOf(TandemError)
    await expect(refusal).rejects.toThrow(says)
    await expect(refusal).rejects.toThrow(`${what}.safetensors`)
  })

  test('a missing file, and a folder', async () => {
    await expect(openSafetensors(join(folder, 'absent.safetensors'))).rejects.toThrow(
      'There is no file absent.safetensors',
    )
    await expect(openSafetensors(folder)).rejects.toBeInstanceOf(TandemError)
  })

  test('a file that shrank after it was opened', async () => {
    const path = join(folder, 'shrinks.safetensors')
    await writeSafetensors(path, new Map([['x', floatTensor(new Float32Array(4), [4])]]))
    const file = await openSafetensors(path)
    await writeFile(path, (await readFile(path)).subarray(0, -1))
    await expect(readTensor(file, 'x')).rejects.toThrow('x is cut short')
  })

  test('no byte of a file can be changed into something that hangs, crashes or throws anything else', async () => {
    const path = join(folder, 'fuzzed.safetensors')
    await writeSafetensors(
      path,
      new Map([
        ['x', floatTensor(Float32Array.of(1, 2), [2])],
        ['y', floatTensor(Float32Array.of(3), [1], 'F16')],
      ]),
    )
    const good = await readFile(path)
    await fc.assert(
      fc.asyncProperty(fc.nat(good.length - 1), fc.integer({ min: 1, max: 255 }), async (at, flip) => {
        const bytes = Buffer.from(good)
        bytes[at] = bytes[at]! ^ flip
        await writeFile(path, bytes)
        const outcome: unknown = await openSafetensors(path).catch((error: unknown) => error)
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(TandemError)
      }),
      { numRuns: 150 },
    )
  })
})

describe('writing is atomic', () => {
  test('a write that fails leaves the old file and nothing beside it', async () => {
    const own = join(folder, 'atomic')
    await mkdir(join(own, 'taken', 'inside'), { recursive: true })
    // The place is a folder that is not empty: the rename must fail after everything was written.
    await expect(writeSafetensors(join(own, 'taken'), new Map())).rejects.toThrow()
    expect(await readdir(own)).toEqual(['taken'])
    expect(await readdir(join(own, 'taken'))).toEqual(['inside'])
  })

  // A file-size limit makes the kernel write a part and report it as a success: what a full disk does.
  test.skipIf(process.platform === 'win32')(
    'a disk that fills up in the middle leaves the old file and nothing beside it',
    async () => {
      const own = join(folder, 'full')
      await mkdir(own)
      const path = join(own, 'weights.safetensors')
      await writeSafetensors(path, new Map([['x', floatTensor(Float32Array.of(1, 2, 3), [3])]]))
      const before = await readFile(path)
      const module = JSON.stringify(new URL('./safetensors.ts', import.meta.url).href)
      const script = `const { writeSafetensors, floatTensor } = await import(${module})
      const tensors = new Map([['x', floatTensor(new Float32Array(1 << 16), [1 << 16])]])
      await writeSafetensors(${JSON.stringify(path)}, tensors).then(() => process.exit(0), (e) => { console.error(e.message, e.code); process.exit(3) })`
      const child = spawn(
        'bash',
        ['-c', `trap '' XFSZ; ulimit -f 64; exec "$0" --input-type=module -e "$1"`, process.execPath, script],
        { stdio: ['ignore', 'ignore', 'pipe'] },
      )
      let errors = ''
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
      const [code] = (await once(child, 'close')) as [number]
      expect({ code, errors }).toMatchObject({ code: 3, errors: expect.stringContaining('EFBIG') as string })
      expect(await readdir(own)).toEqual(['weights.safetensors'])
      expect(await readFile(path)).toEqual(before)
    },
  )
})
