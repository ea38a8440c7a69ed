/**
 * A folder as one zip: files stored as they are (pictures are packed already), in order of their names, with zip64
 * records where numbers need them. Sizes are known beforehand, so nothing is held but a directory entry a file.
 */
import { once } from 'node:events'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { readdir, rm, stat } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { finished } from 'node:stream/promises'
import { crc32 } from 'node:zlib'
import { asWrite } from '../../files.ts'

const LIMIT_32 = 0xffffffff
const LIMIT_16 = 0xffff
/** 1 January 1980, midnight: the earliest a zip can say, so that the same files give the same bytes. */
const DATE = 0x21

interface Written {
  readonly name: Buffer
  readonly size: number
  readonly crc: number
  readonly offset: number
}

/** Writes `path` from everything in `folder`. Nothing of it stays on failure. Returns how many files it holds. */
export async function zipFolder(folder: string, path: string, signal?: AbortSignal): Promise<number> {
  return asWrite('the archive', async () => {
    const out = createWriteStream(path, { flags: 'wx' })
    // Heard below, where the next piece is written; unheard it would end the process.
    out.on('error', () => undefined)
    const done = finished(out)
    done.catch(() => undefined)
    try {
      const entries: Written[] = []
      let at = 0
      const put = async (bytes: Uint8Array): Promise<void> => {
        at += bytes.length
        await write(out, bytes)
      }
      for (const name of await filesOf(folder)) {
        signal?.throwIfAborted()
        const file = join(folder, name)
        const { size } = await stat(file)
        const entry = {
          name: Buffer.from(name.split(sep).join('/')),
          size,
          crc: await crcOf(file),
          offset: at,
        }
        await put(localHeader(entry))
        for await (const chunk of createReadStream(file)) await put(chunk as Buffer)
        entries.push(entry)
      }
      const directory = at
      for (const entry of entries) await put(centralHeader(entry))
      await put(endRecords(entries.length, directory, at - directory))
      out.end()
      await done
      return entries.length
    } catch (error) {
      out.destroy()
      if (!out.closed) await once(out, 'close').catch(() => undefined)
      await rm(path, { force: true })
      throw error
    }
  })
}

async function write(out: WriteStream, bytes: Uint8Array): Promise<void> {
  if (out.errored) throw out.errored
  if (!out.write(bytes)) await once(out, 'drain')
}

async function filesOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort()
}

async function crcOf(path: string): Promise<number> {
  let crc = 0
  for await (const chunk of createReadStream(path)) crc = crc32(chunk as Buffer, crc)
  return crc
}

/** The extra field for numbers beyond 32 bits. */
function extra64(...numbers: readonly number[]): Buffer {
  const field = Buffer.alloc(4 + numbers.length * 8)
  field.writeUInt16LE(1, 0)
  field.writeUInt16LE(numbers.length * 8, 2)
  numbers.forEach((number, i) => field.writeBigUInt64LE(BigInt(number), 4 + i * 8))
  return field
}

function localHeader({ name, size, crc }: Written): Buffer {
  const large = size >= LIMIT_32
  const extra = large ? extra64(size, size) : Buffer.alloc(0)
  const head = Buffer.alloc(30)
  head.writeUInt32LE(0x04034b50, 0)
  head.writeUInt16LE(large ? 45 : 20, 4)
  head.writeUInt16LE(0x800, 6)
  head.writeUInt16LE(DATE, 12)
  head.writeUInt32LE(crc, 14)
  head.writeUInt32LE(large ? LIMIT_32 : size, 18)
  head.writeUInt32LE(large ? LIMIT_32 : size, 22)
  head.writeUInt16LE(name.length, 26)
  head.writeUInt16LE(extra.length, 28)
  return Buffer.concat([head, name, extra])
}

function centralHeader({ name, size, crc, offset }: Written): Buffer {
  const large = [...(size >= LIMIT_32 ? [size, size] : []), ...(offset >= LIMIT_32 ? [offset] : [])]
  const extra = large.length > 0 ? extra64(...large) : Buffer.alloc(0)
  const head = Buffer.alloc(46)
  head.writeUInt32LE(0x02014b50, 0)
  head.writeUInt16LE(0x0314, 4)
  head.writeUInt16LE(large.length > 0 ? 45 : 20, 6)
  head.writeUInt16LE(0x800, 8)
  head.writeUInt16LE(DATE, 14)
  head.writeUInt32LE(crc, 16)
  head.writeUInt32LE(Math.min(size, LIMIT_32), 20)
  head.writeUInt32LE(Math.min(size, LIMIT_32), 24)
  head.writeUInt16LE(name.length, 28)
  head.writeUInt16LE(extra.length, 30)
  // A plain file its owner may write.
  head.writeUInt32LE((0o100644 << 16) >>> 0, 38)
  head.writeUInt32LE(Math.min(offset, LIMIT_32), 42)
  return Buffer.concat([head, name, extra])
}

function endRecords(count: number, offset: number, size: number): Buffer {
  const end = Buffer.alloc(22)
  end.writeUInt32LE(0x06054b50, 0)
  end.writeUInt16LE(Math.min(count, LIMIT_16), 8)
  end.writeUInt16LE(Math.min(count, LIMIT_16), 10)
  end.writeUInt32LE(Math.min(size, LIMIT_32), 12)
  end.writeUInt32LE(Math.min(offset, LIMIT_32), 16)
  if (count < LIMIT_16 && size < LIMIT_32 && offset < LIMIT_32) return end
  const end64 = Buffer.alloc(56)
  end64.writeUInt32LE(0x06064b50, 0)
  end64.writeBigUInt64LE(44n, 4)
  end64.writeUInt16LE(45, 12)
  end64.writeUInt16LE(45, 14)
  end64.writeBigUInt64LE(BigInt(count), 24)
  end64.writeBigUInt64LE(BigInt(count), 32)
  end64.writeBigUInt64LE(BigInt(size), 40)
  end64.writeBigUInt64LE(BigInt(offset), 48)
  const locator = Buffer.alloc(20)
  locator.writeUInt32LE(0x07064b50, 0)
  locator.writeBigUInt64LE(BigInt(offset + size), 8)
  locator.writeUInt32LE(1, 16)
  return Buffer.concat([end64, locator, end])
}
