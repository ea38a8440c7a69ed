/**
 * Zip archives read from their central directory (APPNOTE 6.3.10, zip64 included), an entry at a time, each checked
 * against its size and CRC-32. Nothing is trusted: an entry that unpacks to more than it claims is cut off there.
 */
import { createReadStream } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { crc32, createInflateRaw } from 'node:zlib'
import { TandemError } from '../../../shared/errors.ts'

export interface ZipEntry {
  readonly name: string
  readonly folder: boolean
  /** Bytes unpacked, as the directory claims. */
  readonly size: number
  readonly packed: number
  readonly crc: number
  /** 0: stored, 8: deflated. */
  readonly method: number
  readonly encrypted: boolean
  /** A symbolic link, as Unix tools mark it. */
  readonly link: boolean
  /** Where its local header stands. */
  readonly offset: number
}

export interface ZipFile {
  readonly entries: readonly ZipEntry[]
  /** Unpacked and checked; the stream fails with a TandemError where the entry is damaged. */
  read(entry: ZipEntry): Promise<Readable>
  close(): Promise<void>
}

const END = 0x06054b50
const END_64 = 0x06064b50
const LOCATOR_64 = 0x07064b50
const CENTRAL = 0x02014b50
const LOCAL = 0x04034b50
const NONE_16 = 0xffff
const NONE_32 = 0xffffffff
/** A directory larger than this belongs to no data set. */
const MAX_DIRECTORY = 512 * 2 ** 20

/** Throws a TandemError where it is no zip, or its directory is damaged. */
export async function openZip(path: string): Promise<ZipFile> {
  const name = basename(path)
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    const directory = await findDirectory(file, size, name)
    const bytes = await take(file, directory.offset, directory.size, name)
    const entries = readEntries(bytes, directory.count, name)
    return {
      entries,
      async read(entry) {
        const head = await take(file, entry.offset, 30, name)
        if (head.readUInt32LE(0) !== LOCAL) throw damaged(name)
        const start = entry.offset + 30 + head.readUInt16LE(26) + head.readUInt16LE(28)
        if (start + entry.packed > size) throw damaged(name)
        const check = checked(entry)
        // An empty range cannot be asked for.
        if (entry.packed === 0) return check.end()
        const source = createReadStream(path, { start, end: start + entry.packed - 1 })
        const fail = (error: Error): void => void check.destroy(unpackError(entry, error))
        source.on('error', fail)
        check.on('close', () => source.destroy())
        if (entry.method === 0) return source.pipe(check)
        const inflate = createInflateRaw().on('error', fail)
        check.on('close', () => inflate.destroy())
        return source.pipe(inflate).pipe(check)
      },
      close: () => file.close(),
    }
  } catch (error) {
    await file.close()
    throw error
  }
}

const damaged = (name: string): TandemError =>
  new TandemError(
    `${name} is damaged or cut short: its directory of files cannot be read.`,
    'Copy or download it again.',
  )

function unpackError(entry: ZipEntry, error: Error): Error {
  if (error instanceof TandemError) return error
  return new TandemError(`${entry.name} in the archive is damaged.`, 'Copy or download it again.', 'input', {
    cause: error,
  })
}

async function take(file: FileHandle, offset: number, length: number, name: string): Promise<Buffer> {
  if (offset < 0 || length < 0 || length > MAX_DIRECTORY) throw damaged(name)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset)
  if (bytesRead !== length) throw damaged(name)
  return buffer
}

interface Directory {
  readonly offset: number
  readonly size: number
  readonly count: number
}

/** The end record stands in the last 64 KB, before a comment. */
async function findDirectory(file: FileHandle, size: number, name: string): Promise<Directory> {
  const length = Math.min(size, 22 + 0xffff)
  const tail = await take(file, size - length, length, name)
  for (let at = length - 22; at >= 0; at--) {
    if (tail.readUInt32LE(at) !== END || at + 22 + tail.readUInt16LE(at + 20) > length) continue
    const plain = {
      count: tail.readUInt16LE(at + 10),
      size: tail.readUInt32LE(at + 12),
      offset: tail.readUInt32LE(at + 16),
    }
    const large = plain.count === NONE_16 || plain.size === NONE_32 || plain.offset === NONE_32
    if (!large || at < 20 || tail.readUInt32LE(at - 20) !== LOCATOR_64) return plain
    const end = await take(file, Number(tail.readBigUInt64LE(at - 12)), 56, name)
    if (end.readUInt32LE(0) !== END_64) throw damaged(name)
    return {
      count: Number(end.readBigUInt64LE(32)),
      size: Number(end.readBigUInt64LE(40)),
      offset: Number(end.readBigUInt64LE(48)),
    }
  }
  throw damaged(name)
}

function readEntries(bytes: Buffer, count: number, name: string): ZipEntry[] {
  const entries: ZipEntry[] = []
  let at = 0
  while (entries.length < count) {
    if (at + 46 > bytes.length || bytes.readUInt32LE(at) !== CENTRAL) throw damaged(name)
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((place) => bytes.readUInt16LE(at + place))
    const nameEnd = at + 46 + nameLength!
    const next = nameEnd + extraLength! + commentLength!
    if (next > bytes.length) throw damaged(name)
    const flags = bytes.readUInt16LE(at + 8)
    // Without the UTF-8 flag names are of an old code page; ASCII is the same in all of them.
    const called = bytes.toString(flags & 0x800 ? 'utf8' : 'latin1', at + 46, nameEnd)
    const sizes = largeSizes(bytes.subarray(nameEnd, nameEnd + extraLength!), {
      size: bytes.readUInt32LE(at + 24),
      packed: bytes.readUInt32LE(at + 20),
      offset: bytes.readUInt32LE(at + 42),
    })
    entries.push({
      name: called,
      folder: called.endsWith('/'),
      ...sizes,
      crc: bytes.readUInt32LE(at + 16),
      method: bytes.readUInt16LE(at + 10),
      encrypted: (flags & 1) === 1,
      link: ((bytes.readUInt32LE(at + 38) >>> 16) & 0xf000) === 0xa000,
    })
    at = next
  }
  return entries
}

/** Numbers that do not fit into 32 bits stand in the extra field 0x0001, in this order. */
function largeSizes<T extends { size: number; packed: number; offset: number }>(extra: Buffer, plain: T): T {
  for (let at = 0; at + 4 <= extra.length; at += 4 + extra.readUInt16LE(at + 2)) {
    if (extra.readUInt16LE(at) !== 1) continue
    const end = Math.min(extra.length, at + 4 + extra.readUInt16LE(at + 2))
    let from = at + 4
    const large = { ...plain }
    for (const field of ['size', 'packed', 'offset'] as const) {
      if (plain[field] !== NONE_32 || from + 8 > end) continue
      large[field] = Number(extra.readBigUInt64LE(from))
      from += 8
    }
    return large
  }
  return plain
}

/** Passes an entry's bytes on, never more than it claims, and compares size and CRC-32 at its end. */
function checked(entry: ZipEntry): Transform {
  let seen = 0
  let crc = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length
      crc = crc32(chunk, crc)
      if (seen > entry.size) done(unpackError(entry, new Error('more than it claims')))
      else done(null, chunk)
    },
    flush(done) {
      done(seen === entry.size && crc === entry.crc ? null : unpackError(entry, new Error('size or checksum')))
    },
  })
}
