/**
 * Text files as streams: lines, or the objects of one large JSON array, as bytes that are decoded strictly. Replacing
 * what is not UTF-8, as a decoder does unasked, would train a model on question marks.
 */
import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'

/** A row longer than this is no row: a file without line ends, or of another kind. */
const MAX_ROW = 64 * 1024 * 1024

export interface TextPiece {
  /** Line on which it starts, from 1. */
  readonly line: number
  readonly bytes: Buffer
}

/** The text of UTF-8 bytes, or the sentence that says why they are not. A byte order mark is left out. */
export function decodeText(bytes: Uint8Array): { text: string } | { problem: string } {
  if (isUtf8(bytes)) return { text: new TextDecoder().decode(bytes) }
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    return { problem: 'its text is UTF-16, not UTF-8' }
  }
  const source = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const again = Buffer.from(source.toString('utf8'), 'utf8')
  let at = 0
  while (at < source.length && source[at] === again[at]) at++
  const byte = (source[at] ?? 0).toString(16).padStart(2, '0')
  return { problem: `its text is not UTF-8 (byte 0x${byte} at position ${at + 1})` }
}

export const utf8Fix = 'Save the file as UTF-8.'

/** The lines of a file that hold something. */
export async function* readLines(path: string): AsyncGenerator<TextPiece, void, undefined> {
  let line = 0
  let held: Buffer[] = []
  let size = 0
  const take = (tail: Buffer): Buffer => {
    const whole = held.length === 0 ? tail : Buffer.concat([...held, tail])
    held = []
    size = 0
    return whole
  }
  for await (const chunk of chunksOf(path)) {
    let from = 0
    for (let to = chunk.indexOf(10); to >= 0; to = chunk.indexOf(10, from)) {
      line++
      const bytes = take(chunk.subarray(from, to))
      if (!isBlank(bytes)) yield { line, bytes }
      from = to + 1
    }
    held.push(chunk.subarray(from))
    size += chunk.length - from
    if (size > MAX_ROW) throw tooLong(path, line + 1)
  }
  line++
  const last = take(Buffer.alloc(0))
  if (!isBlank(last)) yield { line, bytes: last }
}

/** The objects of a JSON array, of JSON lines, or of objects one after another: whatever stands in outermost braces. */
export async function* readJsonObjects(path: string): AsyncGenerator<TextPiece, void, undefined> {
  let line = 1
  let startLine = 1
  let depth = 0
  let inString = false
  let escaped = false
  let held: Buffer[] = []
  let size = 0
  for await (const chunk of chunksOf(path)) {
    let from = depth > 0 ? 0 : -1
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i]!
      if (byte === 10) line++
      if (inString) {
        if (escaped) escaped = false
        else if (byte === 92) escaped = true
        else if (byte === 34) inString = false
      } else if (byte === 34) inString = depth > 0
      else if (byte === 123) {
        if (depth++ === 0) {
          from = i
          startLine = line
        }
      } else if (byte === 125 && depth > 0 && --depth === 0) {
        yield { line: startLine, bytes: Buffer.concat([...held, chunk.subarray(from, i + 1)]) }
        held = []
        size = 0
        from = -1
      }
    }
    if (from >= 0) {
      held.push(chunk.subarray(from))
      size += chunk.length - from
      if (size > MAX_ROW) throw tooLong(path, startLine)
    }
  }
  // The caller finds that it is not JSON, and names the line.
  if (depth > 0) yield { line: startLine, bytes: Buffer.concat(held) }
}

async function* chunksOf(path: string): AsyncGenerator<Buffer, void, undefined> {
  const stream = createReadStream(path)
  try {
    for await (const chunk of stream) yield chunk as Buffer
  } catch (error) {
    throw new TandemError(`${basename(path)} cannot be read.`, 'Check the path and its permissions.', 'input', {
      cause: error,
    })
  } finally {
    stream.destroy()
  }
}

const isBlank = (bytes: Buffer): boolean => bytes.every((byte) => byte === 32 || (byte >= 9 && byte <= 13))

const tooLong = (path: string, line: number): TandemError =>
  new TandemError(
    `${basename(path)}, line ${line} is longer than ${MAX_ROW / 1024 / 1024} MB.`,
    'Give rows as one JSON object a line, with pictures as files of their own.',
  )

/** What a file is at a moment: another answer later means that it was written to. */
export async function fileStamp(path: string): Promise<string> {
  const info = await stat(path, { bigint: true }).catch(() => null)
  return info ? `${info.ino}:${info.size}:${info.mtimeNs}` : 'gone'
}
