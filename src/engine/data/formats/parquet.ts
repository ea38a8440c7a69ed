/**
 * Parquet files, row group by row group. Pictures are bytes, Hugging Face's `{bytes, path}`, or paths relative to the
 * file; which column holds what is told by its name, or by the person. Text is decoded strictly.
 */
import { basename, dirname } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import type { AsyncBuffer, FileMetaData } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import type { RowField } from '../../../shared/datasets.ts'
import { bytesMember, fileMember, insideFolder } from './members.ts'
import { chooseColumns, type ChosenColumns } from './parquet-columns.ts'
import { decodeText, fileStamp, utf8Fix } from './text.ts'
import {
  problemEntry,
  rowEntry,
  splitOf,
  splitOfFile,
  type DatasetEntry,
  type DatasetFormat,
  type DatasetSource,
  type ImageMember,
  type ReadOptions,
} from './types.ts'

/** Bytes of a row group that are held at once; a larger one is read in parts. */
const GROUP_BYTES = 128 * 1024 * 1024

export const parquetFormat: DatasetFormat = {
  label: 'parquet',
  async *read({ files }: DatasetSource, options: ReadOptions): AsyncGenerator<DatasetEntry, void, undefined> {
    for (const file of files) yield* readParquet(file, options)
  },
}

async function* readParquet(path: string, options: ReadOptions): AsyncGenerator<DatasetEntry, void, undefined> {
  const name = basename(path)
  const before = await fileStamp(path)
  let file: AsyncBuffer
  let metadata: FileMetaData
  try {
    file = await asyncBufferFromFile(path)
    metadata = await parquetMetadataAsync(file)
  } catch (error) {
    yield cut(name, 0, error)
    return
  }
  const columns = chooseColumns(name, metadata, options)
  let start = 0
  for (const group of metadata.row_groups) {
    const rows = Number(group.num_rows)
    const parts = Math.max(1, Math.ceil(Number(group.total_byte_size) / GROUP_BYTES))
    const size = Math.max(1, Math.ceil(rows / parts))
    for (let from = start; from < start + rows; from += size) {
      let batch: Record<string, unknown>[]
      try {
        batch = await parquetReadObjects({
          file,
          metadata,
          compressors,
          columns: [...new Set(Object.values(columns))],
          rowStart: from,
          rowEnd: Math.min(from + size, start + rows),
          rowFormat: 'object',
          useOffsetIndex: parts > 1,
          utf8: false,
          parsers: { stringFromBytes: (bytes: Uint8Array | undefined) => bytes },
        })
      } catch (error) {
        yield cut(name, from, error)
        return
      }
      for (const [i, row] of batch.entries()) yield readRow(path, from + i + 1, row, columns)
    }
    start += rows
  }
  if ((await fileStamp(path)) !== before)
    yield problemEntry('changed', name, 'it changed while it was read', 'Read it again when nothing writes to it.')
}

const cut = (name: string, rows: number, error: unknown): DatasetEntry =>
  problemEntry(
    'cut',
    name,
    `the parquet file is cut or damaged after ${rows} rows (${error instanceof Error ? error.message : String(error)})`,
    'Copy or download it again.',
  )

/** Row number counted from 1 over the whole file. */
function readRow(path: string, number: number, row: Record<string, unknown>, columns: ChosenColumns): DatasetEntry {
  const name = basename(path)
  const where = `${name}, row ${number}`
  const value = (field: RowField): unknown => (columns[field] === undefined ? null : row[columns[field]])
  const words: Partial<Record<RowField, string>> = {}
  for (const field of ['id', 'split', 'instruction', 'reasoning'] as const) {
    const text = textOf(value(field))
    if (typeof text === 'string') words[field] = text
    else if (text) return problemEntry('unreadable-row', where, `${columns[field]}: ${text.problem}`, utf8Fix)
  }
  const id = words.id ?? `${name.replace(/\.parquet$/i, '')}-${number}`
  for (const field of ['instruction', 'reasoning'] as const)
    if (words[field] === undefined)
      return problemEntry('missing-member', where, `it has no ${columns[field]}`, 'Fill it, or remove the row.', id)
  try {
    const outputImage = member(path, value('output_image'), columns.output_image ?? '')
    if (!outputImage)
      return problemEntry(
        'missing-member',
        where,
        `it has no ${columns.output_image}`,
        'Fill it, or remove the row.',
        id,
      )
    return rowEntry({
      where,
      id,
      split: splitOf(words.split) ?? splitOfFile(name),
      instruction: words.instruction ?? '',
      reasoning: words.reasoning ?? '',
      inputImage: member(path, value('input_image'), columns.input_image ?? ''),
      outputImage,
    })
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    return problemEntry('missing-member', where, said, 'Give bytes, or a path inside the folder.', id)
  }
}

/** Text of a cell; null where it is empty. */
function textOf(cell: unknown): string | { problem: string } | null {
  if (cell === null || cell === undefined) return null
  if (cell instanceof Uint8Array) {
    const decoded = decodeText(cell)
    return 'text' in decoded ? decoded.text : decoded
  }
  if (typeof cell === 'string') return cell
  if (typeof cell === 'number' || typeof cell === 'bigint') return String(cell)
  return { problem: 'it is not text' }
}

/** A picture of a cell; null where it is empty; throws for what is none. */
function member(path: string, cell: unknown, column: string): ImageMember | null {
  if (cell === null || cell === undefined) return null
  if (cell instanceof Uint8Array) {
    // A short text is a path: no picture file is that small.
    const decoded = cell.length < 1024 && !looksLikePicture(cell) ? decodeText(cell) : null
    return decoded && 'text' in decoded ? fileOf(path, decoded.text, column) : bytesMember(cell, column)
  }
  if (typeof cell === 'string') return fileOf(path, cell, column)
  if (typeof cell === 'object') {
    const { bytes, path: file } = cell as { bytes?: unknown; path?: unknown }
    if (bytes instanceof Uint8Array) return bytesMember(bytes, column)
    const named = textOf(file)
    if (typeof named === 'string') return fileOf(path, named, column)
    if (bytes === null || bytes === undefined) return null
  }
  throw new Error(`${column} holds no picture`)
}

function fileOf(path: string, name: string, column: string): ImageMember {
  const place = insideFolder(dirname(path), name)
  if (!place) throw new Error(`${column} names a picture outside its folder: ${name}`)
  return fileMember(place, name)
}

/** PNG, JPEG, GIF, WebP (RIFF), TIFF. */
function looksLikePicture(bytes: Uint8Array): boolean {
  const head = Buffer.from(bytes.subarray(0, 4)).toString('latin1')
  return ['\x89PNG', 'GIF8', 'RIFF', 'II*\0', 'MM\0*'].includes(head) || head.startsWith('\xff\xd8')
}
