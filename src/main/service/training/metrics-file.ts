/**
 * The rows of a run, read as they grow. A cursor names the last line read by place and content, so that nobody has to
 * keep anything: where the file no longer holds that line there, the run went back to a checkpoint, and reading starts
 * anew. A last line without its end is one that is being written, or one that a killed process left: it waits.
 */
import { createHash } from 'node:crypto'
import { open, type FileHandle } from 'node:fs/promises'
import { metricsRowSchema, type MetricsRow } from '../../../shared/training.ts'

export interface RowsPage<T> {
  readonly rows: T[]
  readonly cursor: string
  readonly restart: boolean
  readonly more: boolean
  readonly damaged: number
}

interface Cursor {
  /** Bytes [from, to) are the last line, with its end. */
  readonly from: number
  readonly to: number
  readonly hash: string
}

const START: Cursor = { from: 0, to: 0, hash: '' }
const PAGE_BYTES = 2 ** 20
/** No line of ours is longer; a file without line ends is none of ours. */
const LONGEST_LINE = 2 ** 24
const LF = 0x0a

const write = ({ from, to, hash }: Cursor): string => `${from}:${to}:${hash}`
const hashOf = (line: Uint8Array): string => createHash('sha256').update(line).digest('hex').slice(0, 16)

function parse(text: string | null): Cursor {
  const match = /^(\d{1,15}):(\d{1,15}):([0-9a-f]*)$/.exec(text ?? '')
  return match ? { from: Number(match[1]), to: Number(match[2]), hash: match[3]! } : START
}

/** Reads one row; null for what is none. */
type ReadRow<T> = (value: unknown) => T | null

export const readMetrics = (
  path: string,
  after: string | null,
  pageBytes = PAGE_BYTES,
): Promise<RowsPage<MetricsRow>> =>
  readRows(path, after, (value) => metricsRowSchema.safeParse(value).data ?? null, pageBytes)

/** The same for a file with rows of another kind. */
export async function readRows<T>(
  path: string,
  after: string | null,
  row: ReadRow<T>,
  pageBytes = PAGE_BYTES,
): Promise<RowsPage<T>> {
  const known = parse(after)
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null
    throw error
  })
  if (!file) return { rows: [], cursor: write(START), restart: known.to > 0, more: false, damaged: 0 }
  try {
    const valid = known.to === 0 || (await holds(file, known))
    const start = valid ? known : START
    const { size } = await file.stat()
    const bytes = await wholeLines(file, start.to, size, pageBytes)
    const { rows, damaged, last } = linesOf(bytes, start, row)
    return { rows, damaged, cursor: write(last), restart: !valid, more: last.to > start.to && last.to < size }
  } finally {
    await file.close()
  }
}

async function read(file: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, from)
  return buffer.subarray(0, bytesRead)
}

async function holds(file: FileHandle, { from, to, hash }: Cursor): Promise<boolean> {
  if (to <= from || to - from > LONGEST_LINE) return false
  return hashOf(await read(file, from, to - from)) === hash
}

/** About a page of whole lines; a longer line is read as a whole. */
async function wholeLines(file: FileHandle, from: number, size: number, page: number): Promise<Buffer> {
  for (let length = page; ; length *= 2) {
    const bytes = await read(file, from, Math.min(length, Math.max(0, size - from)))
    const end = bytes.lastIndexOf(LF)
    if (end >= 0) return bytes.subarray(0, end + 1)
    if (from + length >= size || length > LONGEST_LINE) return bytes.subarray(0, 0)
  }
}

function linesOf<T>(bytes: Buffer, start: Cursor, read: ReadRow<T>): { rows: T[]; damaged: number; last: Cursor } {
  const rows: T[] = []
  let damaged = 0
  let last = start
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(LF, at) + 1
    const line = bytes.subarray(at, end)
    const row = rowOf(line.toString('utf8'), read)
    if (row) rows.push(row)
    else damaged++
    if (end === bytes.length) last = { from: start.to + at, to: start.to + end, hash: hashOf(line) }
    at = end
  }
  return { rows, damaged, last }
}

function rowOf<T>(line: string, read: ReadRow<T>): T | null {
  try {
    return read(JSON.parse(line))
  } catch {
    return null
  }
}

/** Every row there is, of those that `row` reads. */
export async function allRows<T>(path: string, row: ReadRow<T>): Promise<T[]> {
  const rows: T[] = []
  for (let cursor: string | null = null; ;) {
    const page: RowsPage<T> = await readRows(path, cursor, row)
    // The run went back meanwhile: what was read before is void.
    if (page.restart) rows.length = 0
    rows.push(...page.rows)
    cursor = page.cursor
    if (!page.more) return rows
  }
}
