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
