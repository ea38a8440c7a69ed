/** For tests of data sets: small pictures, sets written by hand, and everything a reader yields. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync } from 'hyparquet'
import sharp from 'sharp'
import { seededRandom } from '../random.ts'
import { openDataset } from './open.ts'
import type { DatasetEntry, DatasetRow, Problem, ReadOptions } from './types.ts'

/** A square of coloured areas that no other seed has: 16 large cells, so that it survives JPEG. */
export async function picture(seed: number, size = 32): Promise<Buffer> {
  const random = seededRandom('picture', seed)
  const rgb = Uint8Array.from({ length: 4 * 4 * 3 }, () => random.int(256))
  return sharp(rgb, { raw: { width: 4, height: 4, channels: 3 } })
    .resize(size, size, { kernel: 'nearest' })
    .png()
    .toBuffer()
}

/** Pictures as cameras, scanners and the web make them, by name; each can be read. */
export async function oddPictures(): Promise<Readonly<Record<string, Buffer>>> {
  const one = await picture(7)
  const pages = [one, await picture(9)]
  return {
    grey: await sharp(one).greyscale().png().toBuffer(),
    palette: await sharp(one).png({ palette: true, colours: 4 }).toBuffer(),
    bit: await sharp(one).greyscale().threshold(128).toColourspace('b-w').png({ palette: true, colours: 2 }).toBuffer(),
    cmyk: await sharp(one).toColourspace('cmyk').jpeg().toBuffer(),
    deep: await sharp(one).toColourspace('rgb16').png().toBuffer(),
    alpha: await sharp(one).ensureAlpha(0.5).png().toBuffer(),
    turned: await sharp(one).resize(48, 32, { fit: 'fill' }).withMetadata({ orientation: 6 }).jpeg().toBuffer(),
    pixel: await picture(8, 1),
    line: await sharp(one).resize(1, 10_000, { fit: 'fill' }).png().toBuffer(),
    tiff: await sharp(one).tiff().toBuffer(),
    webp: await sharp(one).webp().toBuffer(),
    avif: await sharp(one).avif().toBuffer(),
    svg: Buffer.from(
      '<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="16" fill="#f00"/></svg>',
    ),
    gif: await sharp(pages, { join: { animated: true } })
      .gif()
      .toBuffer(),
    pages: await sharp(pages, { join: { animated: true } })
      .webp()
      .toBuffer(),
  }
}

/** 2 x 2 pixels, 24 bits, as Windows writes them: a form that is not read. */
export function bmp(): Buffer {
  const out = Buffer.alloc(54 + 16, 0x80)
  out.fill(0, 0, 54)
  out.write('BM', 0, 'latin1')
  out.writeUInt32LE(out.length, 2)
  out.writeUInt32LE(54, 10)
  out.writeUInt32LE(40, 14)
  out.writeInt32LE(2, 18)
  out.writeInt32LE(2, 22)
  out.writeUInt16LE(1, 26)
  out.writeUInt16LE(24, 28)
  out.writeUInt32LE(16, 34)
  return out
}

export interface PlainRow {
  readonly id: string
  readonly input_image?: string | undefined
  readonly instruction: string
  readonly reasoning: string
  readonly output_image: string
  readonly split?: string
}

/** `n` rows with their pictures: `images/I-input.png` and `images/I-output.png`. */
export async function writeRows(
  folder: string,
  n: number,
  more: (i: number) => Partial<PlainRow> = () => ({}),
): Promise<PlainRow[]> {
  await mkdir(join(folder, 'images'), { recursive: true })
  const rows: PlainRow[] = []
  for (let i = 0; i < n; i++) {
    await writeFile(join(folder, `images/${i}-input.png`), await picture(2 * i))
    await writeFile(join(folder, `images/${i}-output.png`), await picture(2 * i + 1))
    rows.push({
      id: `row-${i}`,
      input_image: `images/${i}-input.png`,
      instruction: `remove the dog ${i}`,
      reasoning: `now b${i} is empty .`,
      output_image: `images/${i}-output.png`,
      ...more(i),
    })
  }
  await writeJsonl(folder, rows)
  return rows
}

export async function writeJsonl(folder: string, rows: readonly object[]): Promise<void> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'data.jsonl'), rows.map((row) => JSON.stringify(row) + '\n').join(''))
}

/** Files by path, folders made on the way. */
export async function writeFiles(folder: string, files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, data] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true })
    await writeFile(join(folder, name), data)
  }
}

/** Overwrites the pages of one row group of a parquet file: its list of groups stays readable. */
export async function damageGroup(path: string, group: number): Promise<void> {
  const { row_groups } = await parquetMetadataAsync(await asyncBufferFromFile(path))
  const bytes = await readFile(path)
  for (const { meta_data } of row_groups[group]!.columns) {
    const from = Number(meta_data!.data_page_offset)
    bytes.fill(0xff, from, from + Number(meta_data!.total_compressed_size))
  }
  await writeFile(path, bytes)
}

/** Where the members of a sample end in a tar of plain files, bytes: cut there, what is left is whole samples. */
export async function endOfSample(path: string, key: string): Promise<number> {
  const bytes = await readFile(path)
  let end = 0
  for (let at = 0; at + 512 <= bytes.length && bytes[at] !== 0;) {
    const name = bytes.toString('latin1', at, at + 100)
    const size = parseInt(bytes.toString('latin1', at + 124, at + 136), 8)
    at += 512 * (1 + Math.ceil(size / 512))
    if (name.startsWith(`${key}.`)) end = at
  }
  return end
}

export interface Everything {
  readonly format: string
  readonly rows: DatasetRow[]
  readonly problems: Problem[]
}

export async function readAll(path: string, options: ReadOptions = {}): Promise<Everything> {
  const set = await openDataset(path, options)
  const entries: DatasetEntry[] = await Array.fromAsync(set.entries())
  return {
    format: set.format,
    rows: entries.flatMap((entry) => (entry.kind === 'row' ? [entry.row] : [])),
    problems: entries.flatMap((entry) => (entry.kind === 'problem' ? [entry.problem] : [])),
  }
}
