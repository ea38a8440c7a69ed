/**
 * Bytes, checked: a growing writer, a reader that never looks past its end, and CRC-32. Little endian throughout. A
 * reader throws BadTrajectory, never a RangeError, and allocates nothing on the word of a length it has not verified.
 */
import { BadTrajectory } from './trajectory.ts'

export class ByteWriter {
  #bytes = new Uint8Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** The lowest `width` bytes of an unsigned integer. */
  uint(value: number, width: number): void {
    this.#reserve(width)
    let rest = value
    for (let i = 0; i < width; i++) {
      this.#bytes[this.#length++] = rest % 256
      rest = Math.floor(rest / 256)
    }
  }

  /** LEB128: seven bits a byte, lowest first, the top bit set on all but the last. */
  varint(value: number): void {
    this.#reserve(5)
    let rest = value
    for (; rest >= 128; rest = Math.floor(rest / 128)) this.#bytes[this.#length++] = (rest % 128) + 128
    this.#bytes[this.#length++] = rest
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** One byte a character; the text must be ASCII. */
  ascii(text: string): void {
    this.#reserve(text.length)
    for (let i = 0; i < text.length; i++) this.#bytes[this.#length++] = text.charCodeAt(i)
  }

  /** `width` planes of the column: all lowest bytes, then all second bytes ... Deflates far better than rows. */
  planes(values: ArrayLike<number>, width: number): void {
    for (let shift = 1, plane = 0; plane < width; plane++, shift *= 256) {
      this.#reserve(values.length)
      for (let i = 0; i < values.length; i++) this.#bytes[this.#length++] = Math.floor(values[i]! / shift) % 256
    }
  }

  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length)
  }

  #reserve(count: number): void {
    if (this.#length + count <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#length + count))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

export class ByteReader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get remaining(): number {
    return this.#bytes.length - this.#at
  }

  uint(width: number): number {
    const from = this.#take(width)
    let value = 0
    for (let i = width - 1; i >= 0; i--) value = value * 256 + this.#bytes[from + i]!
    return value
  }

  /** At most 32 bits. */
  varint(): number {
    let value = 0
    for (let i = 0, scale = 1; i < 5; i++, scale *= 128) {
      const byte = this.uint(1)
      value += (byte % 128) * scale
      if (byte < 128) {
        if (value > 0xffffffff) break
        return value
      }
    }
    throw new BadTrajectory('a number is too large')
  }

  /** A view on the next `count` bytes. */
  take(count: number): Uint8Array {
    const from = this.#take(count)
    return this.#bytes.subarray(from, from + count)
  }

  ascii(count: number): string {
    const bytes = this.take(count)
    let text = ''
    for (let i = 0; i < bytes.length; i += 4096) {
      const part = bytes.subarray(i, i + 4096)
      if (part.some((byte) => byte > 127)) throw new BadTrajectory('text is not ASCII')
      text += String.fromCharCode(...part)
    }
    return text
  }

  planes(count: number, width: number): number[] {
    const planes = Array.from({ length: width }, () => this.take(count))
    return Array.from(planes[0]!, (_, i) => planes.reduceRight((value, plane) => value * 256 + plane[i]!, 0))
  }

  /** Refuses anything left over. */
  end(): void {
    if (this.remaining !== 0) throw new BadTrajectory(`${this.remaining} bytes too many`)
  }

  #take(count: number): number {
    if (count > this.remaining) throw new BadTrajectory('it ends too early')
    const from = this.#at
    this.#at += count
    return from
  }
}

const crcTable = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
  return c
})

/** CRC-32 as in zip and PNG. */
export function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (let i = 0; i < bytes.length; i++) c = crcTable[(c ^ bytes[i]!) & 0xff]! ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

/** JSON in ASCII: everything else is escaped, so that no reader has to know an encoding. */
export function asciiJson(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new BadTrajectory('its header is not JSON')
  }
}
