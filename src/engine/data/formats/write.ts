/**
 * Data sets written: our folder, and webdataset tars. Both are filled beside their place and appear as a whole; pictures
 * pass through one at a time.
 */
import { mkdir, open, writeFile, type FileHandle } from 'node:fs/promises'
import { createWriteStream, type WriteStream } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import sharp from 'sharp'
import { pack, type Pack } from 'tar-stream'
import { TandemError } from '../../../shared/errors.ts'
import { MAX_PIXELS } from '../../images.ts'
import type { DatasetRow } from './types.ts'

/** A row with its pictures in memory. */
export interface LoadedRow {
  readonly row: DatasetRow
  readonly input: Uint8Array | null
  readonly output: Uint8Array
}

export interface DatasetWriter {
  write(row: LoadedRow): Promise<void>
  /** Ends the files; returns their names. */
  close(): Promise<string[]>
  /** Lets go of what is open, after a failure. */
  abandon(): Promise<void>
}

export interface ShardOptions {
  readonly shardRows: number
  readonly shardBytes: number
  readonly pictures: 'jpeg' | 'keep'
}

/** Pictures as files: PNG, JPEG and WebP as they are, anything else as PNG. */
async function asFile(bytes: Uint8Array): Promise<{ bytes: Uint8Array; ending: string }> {
  const { format } = await sharp(bytes).metadata()
  if (format === 'png' || format === 'webp') return { bytes, ending: format }
  if (format === 'jpeg') return { bytes, ending: 'jpg' }
  return { bytes: await sharp(bytes, { limitInputPixels: MAX_PIXELS }).rotate().png().toBuffer(), ending: 'png' }
}

/** A name for a file: what an id from elsewhere may hold is not what a file may be called. */
function fileName(id: string, taken: Set<string>): string {
  const plain =
    id
      .replace(/[^\p{L}\p{N}_-]+/gu, '-')
      .replace(/^-+|-+$/g, '')
      .slice(0, 80) || 'row'
  let name = plain
  // Case does not tell files apart everywhere.
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${plain}-${n}`
  taken.add(name.toLowerCase())
  return name
}

export async function createFolderWriter(folder: string): Promise<DatasetWriter> {
  await mkdir(join(folder, 'images'))
  const data: FileHandle = await open(join(folder, 'data.jsonl'), 'wx')
  const taken = new Set<string>()
  const put = async (name: string, picture: Uint8Array): Promise<string> => {
    const { bytes, ending } = await asFile(picture)
    const path = `images/${name}.${ending}`
    await writeFile(join(folder, path), bytes)
    return path
  }
  return {
    async write({ row, input, output }) {
      const name = fileName(row.id, taken)
      const record = {
        id: row.id,
        ...(input && { input_image: await put(`${name}-input`, input) }),
        instruction: row.instruction,
        reasoning: row.reasoning,
        output_image: await put(`${name}-output`, output),
        ...(row.split && { split: row.split }),
        ...row.extra,
      }
      await data.writeFile(JSON.stringify(record) + '\n')
    },
    async close() {
      await data.sync()
      await data.close()
      return ['data.jsonl', 'images']
    },
    abandon: () => data.close().catch(() => undefined),
  }
}

interface Shard {
  readonly name: string
  readonly tar: Pack
  readonly file: WriteStream
  rows: number
  bytes: number
}

/**
 * Tars per split, `train-000000.tar` and so on; members as the public MMaDA-Parallel trainer names them. Generations stand
 * in tars of their own (`train-generate-000000.tar`): loaders take the members of a file's first samples for those of all.
 */
export function createTarWriter(folder: string, options: ShardOptions): DatasetWriter {
  const open = new Map<string, Shard>()
  const numbers = new Map<string, number>()
  const names: string[] = []
  let count = 0

  const start = (series: string): Shard => {
    const number = numbers.get(series) ?? 0
    numbers.set(series, number + 1)
    const name = `${series}-${String(number).padStart(6, '0')}.tar`
    const tar = pack()
    const file = createWriteStream(join(folder, name), { flags: 'wx' })
    // A full disk is told where the shard is written to or ended, below; unheard, it would end the process.
    tar.on('error', () => undefined)
    file.on('error', (error) => tar.destroy(error))
    tar.pipe(file)
    const shard = { name, tar, file, rows: 0, bytes: 0 }
    open.set(series, shard)
    names.push(name)
    return shard
  }
  const end = async (series: string, shard: Shard): Promise<void> => {
    open.delete(series)
    shard.tar.finalize()
    await finished(shard.file)
  }
  return {
    async write({ row, input, output }) {
      const split = row.split ?? 'train'
      const series = input ? split : `${split}-generate`
      const key = String(count++).padStart(9, '0')
      const members: [string, Uint8Array][] = []
      for (const [name, picture] of [
        ['input', input],
        ['output', output],
      ] as const) {
        if (!picture) continue
        const { bytes, ending } = await (options.pictures === 'jpeg' ? asJpeg(picture) : asFile(picture))
        members.push([`${name}.${ending}`, bytes])
      }
      members.push(
        ['input_text.txt', Buffer.from(row.instruction)],
        ['output_text.txt', Buffer.from(row.reasoning)],
        ['json', Buffer.from(JSON.stringify({ id: row.id, split }))],
      )
      const size = members.reduce((sum, [, bytes]) => sum + 512 + Math.ceil(bytes.length / 512) * 512, 0)
      let shard = open.get(series)
      if (shard && (shard.rows >= options.shardRows || shard.bytes + size > options.shardBytes)) {
        await end(series, shard)
        shard = undefined
      }
      shard ??= start(series)
      for (const [field, bytes] of members) await entry(shard, `${key}.${field}`, bytes)
      shard.rows++
      shard.bytes += size
    },
    async close() {
      for (const [series, shard] of [...open]) await end(series, shard)
      return names
    },
    async abandon() {
      for (const { tar, file } of open.values()) {
        tar.destroy()
        file.destroy()
        if (!file.closed) await once(file, 'close').catch(() => undefined)
      }
    },
  }
}

/** Times are left at zero: the same set gives the same bytes. */
function entry({ tar, file }: Shard, name: string, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    if (file.errored) return reject(file.errored)
    tar.once('error', reject)
    tar.entry({ name, mtime: new Date(0), mode: 0o644 }, Buffer.from(bytes), (error) => {
      tar.off('error', reject)
      if (error) reject(error)
      else if (file.writableNeedDrain) file.once('drain', resolve)
      else resolve()
    })
  })
}

/** JPEG of full colour resolution, at the quality where 8 x 8 blocks are rounded to whole steps and no further. */
async function asJpeg(bytes: Uint8Array): Promise<{ bytes: Uint8Array; ending: string }> {
  if ((await sharp(bytes).metadata()).format === 'jpeg') return { bytes, ending: 'jpg' }
  const made = await sharp(bytes, { limitInputPixels: MAX_PIXELS })
    .rotate()
    .flatten({ background: '#fff' })
    .toColourspace('srgb')
    .jpeg({ quality: 100, chromaSubsampling: '4:4:4' })
    .toBuffer()
    .catch((error: unknown) => {
      throw new TandemError('A picture cannot be written as JPEG.', 'Check the set first.', 'input', { cause: error })
    })
  return { bytes: made, ending: 'jpg' }
}
