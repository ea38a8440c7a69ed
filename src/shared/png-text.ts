/** Text in PNG files: iTXt chunks, uncompressed UTF-8, as the PNG specification has them (11.3.4.5). Pure bytes. */
import { crc32 } from './trajectory-bytes.ts'

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a] as const
/** Signature, then the IHDR chunk: length, type, 13 bytes, CRC. */
const IHDR_END = 8 + 12 + 13
/** Longer texts are none of ours. */
const MAX_TEXT = 4 * 2 ** 20

interface Decoder {
  decode(bytes: Uint8Array): string
}
interface Encoder {
  encode(text: string): Uint8Array
}
declare const TextDecoder: new (label: string) => Decoder
declare const TextEncoder: new () => Encoder

/** Keyword -> text of every uncompressed iTXt chunk; empty for what is no PNG. Never reads past the end. */
export function readPngText(png: Uint8Array): Map<string, string> {
  const found = new Map<string, string>()
  if (SIGNATURE.some((byte, i) => png[i] !== byte)) return found
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const latin = (from: number, to: number): string => String.fromCharCode(...png.subarray(from, to))
  for (let at = 8; at + 12 <= png.length;) {
    const length = view.getUint32(at)
    const type = latin(at + 4, at + 8)
    const end = at + 8 + length
    if (end + 4 > png.length || type === 'IEND') break
    if (type === 'iTXt' && length <= MAX_TEXT) {
      const keywordEnd = png.indexOf(0, at + 8)
      const compressed = png[keywordEnd + 1]
      const languageEnd = png.indexOf(0, keywordEnd + 3)
      const translatedEnd = png.indexOf(0, languageEnd + 1)
      const whole = keywordEnd > 0 && languageEnd > 0 && translatedEnd > 0 && translatedEnd < end
      if (whole && compressed === 0)
        found.set(
          latin(at + 8, Math.min(keywordEnd, at + 8 + 79)),
          new TextDecoder('utf-8').decode(png.subarray(translatedEnd + 1, end)),
        )
    }
    at = end + 4
  }
  return found
}

/** The PNG with these texts right after its header; texts it has under the same keywords stay behind them. */
export function addPngText(png: Uint8Array, text: Readonly<Record<string, string>>): Uint8Array {
  const chunks = Object.entries(text).map(([keyword, value]) => textChunk(keyword, value))
  const extra = chunks.reduce((n, chunk) => n + chunk.length, 0)
  const out = new Uint8Array(png.length + extra)
  out.set(png.subarray(0, IHDR_END))
  let at = IHDR_END
  for (const chunk of chunks) {
    out.set(chunk, at)
    at += chunk.length
  }
  out.set(png.subarray(IHDR_END), at)
  return out
}

function textChunk(keyword: string, value: string): Uint8Array {
  const key = Uint8Array.from([...keyword.slice(0, 79)], (c) => c.charCodeAt(0) & 0xff)
  const body = new TextEncoder().encode(value)
  const chunk = new Uint8Array(12 + key.length + 5 + body.length)
  const view = new DataView(chunk.buffer)
  view.setUint32(0, key.length + 5 + body.length)
  chunk.set([0x69, 0x54, 0x58, 0x74], 4)
  chunk.set(key, 8)
  chunk.set(body, 8 + key.length + 5)
  view.setUint32(chunk.length - 4, crc32(chunk.subarray(4, chunk.length - 4)))
  return chunk
}
