/**
 * A zip on disk, read an entry at a time: what it lists is known before anything is unpacked, and no entry gives more bytes
 * than the list says, whatever is packed in it.
 */
import { closeSync, createReadStream, fstatSync, openSync, readSync } from 'node:fs'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream'
import { createInflateRaw, inflateRawSync } from 'node:zlib'
import { TandemError } from '../../shared/errors.ts'

export interface ZipEntry {
  readonly name: string
  /** Bytes unpacked, as the list says. */
  readonly size: number
  /** Bytes in the file. */
  readonly packed: number
  readonly deflated: boolean
  /** Where its own header begins. */
  readonly at: number
}

const END = 0x06054b50
const LISTED = 0x02014b50
const LOCAL = 0x04034b50
/** The end record and the longest comment that may follow it. */
const TAIL = 22 + 0xffff
/** A name is at most 65,535 bytes; a list of 200,000 entries with our names has 25 MB. */
const MAX_LIST = 64 * 2 ** 20

/** Throws this where the file is no zip, is cut short or contradicts itself. */
export class BadZip extends Error {}

const overflow = (): TandemError => new TandemError('This file unpacks to more than it says.', 'Do not open it.')

export class ZipFile {
  readonly entries: readonly ZipEntry[]
  readonly #file: number
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.#file = openSync(path, 'r')
    try {
      this.entries = this.#list()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** An entry's bytes, held whole. */
  bytes(entry: ZipEntry): Uint8Array {
    const raw = this.#read(this.#start(entry), entry.packed)
    if (!entry.deflated) return raw
    try {
      // One byte of room, so that an empty entry has a length that zlib takes.
      const bytes = inflateRawSync(raw, { maxOutputLength: entry.size + 1 })
      if (bytes.length > entry.size) throw overflow()
      if (bytes.length < entry.size) throw new BadZip('cut short')
      return bytes
    } catch (error) {
      if (error instanceof RangeError) throw overflow()
      if (error instanceof TandemError) throw error
      throw new BadZip('damaged', { cause: error })
    }
  }

  /** An entry's bytes as they are unpacked; it fails where they are more or fewer than listed. */
  stream(entry: ZipEntry): Readable {
    let size = 0
    const measured = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        size += chunk.length
        if (size > entry.size) done(overflow())
        else done(null, chunk)
      },
      flush: (done) => done(size < entry.size ? new BadZip('cut short') : null),
    })
    const start = this.#start(entry)
    const raw = entry.packed === 0 ? [] : [createReadStream(this.#path, { start, end: start + entry.packed - 1 })]
    if (raw.length === 0) measured.end()
    else if (entry.deflated) pipeline(raw[0]!, createInflateRaw(), measured, () => undefined)
    else pipeline(raw[0]!, measured, () => undefined)
    return measured
  }

  close(): void {
    closeSync(this.#file)
  }

  #read(at: number, length: number): Buffer {
    const bytes = Buffer.alloc(length)
    if (readSync(this.#file, bytes, 0, length, at) !== length) throw new BadZip('cut short')
    return bytes
  }

  #start({ at, packed }: ZipEntry): number {
    const head = this.#read(at, 30)
    if (head.readUInt32LE(0) !== LOCAL) throw new BadZip('no header')
    const start = at + 30 + head.readUInt16LE(26) + head.readUInt16LE(28)
    if (start + packed > fstatSync(this.#file).size) throw new BadZip('cut short')
    return start
  }

  #list(): ZipEntry[] {
    const { size } = fstatSync(this.#file)
    const tail = this.#read(Math.max(0, size - TAIL), Math.min(size, TAIL))
    let end = tail.length - 22
    while (end >= 0 && tail.readUInt32LE(end) !== END) end--
    if (end < 0) throw new BadZip('no list')
    const count = tail.readUInt16LE(end + 10)
    const length = tail.readUInt32LE(end + 12)
    const from = tail.readUInt32LE(end + 16)
    if (length > MAX_LIST || from + length > size) throw new BadZip('no list')
    const list = this.#read(from, length)
    const entries: ZipEntry[] = []
    for (let at = 0; at + 46 <= list.length;) {
      if (list.readUInt32LE(at) !== LISTED) break
      const method = list.readUInt16LE(at + 10)
      const named = list.readUInt16LE(at + 28)
      const next = at + 46 + named + list.readUInt16LE(at + 30) + list.readUInt16LE(at + 32)
      if (next > list.length || (method !== 0 && method !== 8)) throw new BadZip('damaged list')
      const entry = {
        name: list.toString('utf8', at + 46, at + 46 + named),
        size: list.readUInt32LE(at + 24),
        packed: list.readUInt32LE(at + 20),
        deflated: method === 8,
        at: list.readUInt32LE(at + 42),
      }
      if (!entry.deflated && entry.size !== entry.packed) throw new BadZip('damaged list')
      entries.push(entry)
      at = next
    }
    // The count has 16 bits: of more entries it is what is left over.
    if (entries.length % 0x10000 !== count) throw new BadZip('damaged list')
    return entries
  }
}
