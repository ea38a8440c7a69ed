/**
 * safetensors files: an 8-byte little-endian header length, a JSON header, then the tensors' bytes. Reading checks every
 * claim of the header against the file before a byte is used; writing is atomic.
 */
import { randomBytes } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { asWrite } from '../files.ts'
import { float8Values } from './float8.ts'

/** Every type of the format, in bits: a file is read whatever it holds beside weights. */
const BITS = {
  ...{ C64: 64, F64: 64, F32: 32, F16: 16, BF16: 16 },
  ...{ F8_E4M3: 8, F8_E5M2: 8, F8_E8M0: 8, F6_E2M3: 6, F6_E3M2: 6, F4: 4 },
  ...{ I64: 64, I32: 32, I16: 16, I8: 8, U64: 64, U32: 32, U16: 16, U8: 8, BOOL: 8 },
} as const
export type StoredDType = keyof typeof BITS
/** The reference implementation refuses larger headers too. */
const MAX_HEADER = 100_000_000

export interface StoredTensor {
  readonly dtype: StoredDType
  readonly shape: readonly number[]
  readonly bytes: Uint8Array
}

export interface TensorEntry {
  readonly dtype: StoredDType
  readonly shape: readonly number[]
  /** Absolute position in the file and length, in bytes: what ONNX external data needs. */
  readonly offset: number
  readonly length: number
}

export interface SafetensorsFile {
  readonly path: string
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: ReadonlyMap<string, TensorEntry>
}

const entrySchema = z.object({
  dtype: z.enum(Object.keys(BITS) as StoredDType[]),
  shape: z.array(z.int().nonnegative()),
  data_offsets: z.tuple([z.int().nonnegative(), z.int().nonnegative()]),
})
const metadataSchema = z.record(z.string(), z.string())

function damaged(path: string, what: string): TandemError {
  return new TandemError(`${basename(path)} is not a usable safetensors file: ${what}.`, 'Copy or download it again.')
}

/** Opens the header only. Throws a TandemError for anything that is not a whole, consistent file. */
export async function openSafetensors(path: string): Promise<SafetensorsFile> {
  const info = await stat(path).catch(() => null)
  if (!info?.isFile()) throw new TandemError(`There is no file ${basename(path)}.`, 'Check the model folder.')
  if (info.size < 8) throw damaged(path, 'it is cut short')
  const handle = await open(path, 'r')
  try {
    const head = Buffer.alloc(8)
    await handle.read(head, 0, 8, 0)
    const length = Number(head.readBigUInt64LE())
    if (length > MAX_HEADER || 8 + length > info.size) throw damaged(path, 'its header does not fit the file')
    const json = Buffer.alloc(length)
    await handle.read(json, 0, length, 8)
    return { path, ...parseHeader(path, json.toString('utf8'), 8 + length, info.size) }
  } finally {
    await handle.close()
  }
}

function parseHeader(path: string, json: string, base: number, size: number): Omit<SafetensorsFile, 'path'> {
  let raw: unknown
  try {
    raw = JSON.parse(json)
  } catch {
    throw damaged(path, 'its header is not JSON')
  }
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) throw damaged(path, 'its header is not an object')
  const { __metadata__: rawMetadata, ...rest } = raw as Record<string, unknown>
  const metadata = metadataSchema.safeParse(rawMetadata ?? {})
  if (!metadata.success) throw damaged(path, 'its metadata are not strings')
  const tensors = new Map<string, TensorEntry>()
  for (const [name, value] of Object.entries(rest)) {
    const parsed = entrySchema.safeParse(value)
    if (!parsed.success) throw damaged(path, `the entry of ${name} is not understood`)
    const { dtype, shape, data_offsets } = parsed.data
    const [start, end] = data_offsets
    const length = (shape.reduce((n, dim) => n * dim, 1) * BITS[dtype]) / 8
    if (end - start !== length || base + end > size) throw damaged(path, `${name} does not fit the file`)
    tensors.set(name, { dtype, shape, offset: base + start, length })
  }
  checkCover(path, tensors, base, size)
  return { metadata: metadata.data, tensors }
}

/** Tensors fill the file without gap or overlap, as the format demands: what does not was cut, joined or tampered with. */
function checkCover(path: string, tensors: ReadonlyMap<string, TensorEntry>, base: number, size: number): void {
  let end = base
  const gap = (from: number, to: number): TandemError =>
    damaged(path, `bytes ${from - base} to ${to - base} belong to no tensor`)
  const ordered = [...tensors].sort(([, a], [, b]) => a.offset - b.offset || a.length - b.length)
  for (const [name, { offset, length }] of ordered) {
    if (offset < end) throw damaged(path, `${name} overlaps another tensor`)
    if (offset > end) throw gap(end, offset)
    end = offset + length
  }
  if (end < size) throw gap(end, size)
}

/** Reads one tensor of any float type as float32. */
export async function readFloats(file: SafetensorsFile, name: string): Promise<Float32Array> {
  const { dtype, bytes } = await readTensor(file, name)
  if (dtype === 'F32') return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  if (dtype === 'F16') return Float32Array.from(new Float16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2))
  if (dtype === 'BF16') {
    const halves = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
    const words = Uint32Array.from(halves, (half) => half << 16)
    return new Float32Array(words.buffer)
  }
  if (dtype === 'F64') return Float32Array.from(new Float64Array(bytes.buffer, bytes.byteOffset, bytes.length / 8))
  if (dtype === 'F8_E4M3' || dtype === 'F8_E5M2') {
    const values = float8Values(dtype === 'F8_E4M3' ? 'float8e4m3' : 'float8e5m2')
    return Float32Array.from(bytes, (byte) => values[byte]!)
  }
  throw damaged(file.path, `${name} is ${dtype}, not a float`)
}

/** Reads one tensor's bytes into a fresh, aligned buffer. */
export async function readTensor(file: SafetensorsFile, name: string): Promise<StoredTensor> {
  const entry = file.tensors.get(name)
  if (!entry) throw damaged(file.path, `it has no tensor ${name}`)
  const handle = await open(file.path, 'r')
  try {
    const buffer = new ArrayBuffer(entry.length)
    const bytes = new Uint8Array(buffer)
    const { bytesRead } = await handle.read(bytes, 0, entry.length, entry.offset)
    if (bytesRead !== entry.length) throw damaged(file.path, `${name} is cut short`)
    return { dtype: entry.dtype, shape: entry.shape, bytes }
  } finally {
    await handle.close()
  }
}

export function floatTensor(data: Float32Array, shape: readonly number[], dtype: 'F32' | 'F16' = 'F32'): StoredTensor {
  if (dtype === 'F16') return { dtype, shape, bytes: new Uint8Array(Float16Array.from(data).buffer) }
  return { dtype, shape, bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }
}

/** Writes a whole file beside its place and renames it there: a reader sees the old file or the new one. */
export async function writeSafetensors(
  path: string,
  tensors: ReadonlyMap<string, StoredTensor>,
  metadata: Readonly<Record<string, string>> = {},
): Promise<void> {
  const header: Record<string, unknown> = { __metadata__: metadata }
  let offset = 0
  for (const [name, { dtype, shape, bytes }] of tensors) {
    header[name] = { dtype, shape, data_offsets: [offset, offset + bytes.length] }
    offset += bytes.length
  }
  const text = JSON.stringify(header)
  const json = Buffer.from(
    text.padEnd(Math.ceil(Buffer.byteLength(text) / 8) * 8 - (Buffer.byteLength(text) - text.length)),
  )
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const temporary = `${path}.${randomBytes(4).toString('hex')}.tmp`
  await asWrite(basename(path), async () => {
    try {
      const handle = await open(temporary, 'w')
      try {
        // Not writev: the kernel may take a part (a full disk, 2 GiB) and call it a success. writeFile goes on with the rest.
        await handle.writeFile([length, json, ...[...tensors.values()].map((t) => t.bytes)])
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}
