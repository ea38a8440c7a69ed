/** What a data set is made of, in one pass: rows, splits, lengths of texts, words, sizes of pictures. */
import sharp from 'sharp'
import type { DatasetStats } from '../../shared/datasets.ts'
import type { CheckedModel } from './check-row.ts'
import type { Dataset } from './formats/open.ts'
import { mapOrdered } from './formats/pipeline.ts'
import type { DatasetEntry, ImageMember } from './formats/types.ts'
import { normaliseInstruction } from './world/words.ts'

const WIDTH = 8
/** Words and sizes that are listed. */
const LISTED = 50

export interface StatsOptions {
  /** Lengths in its tokens instead of words. */
  readonly model: Pick<CheckedModel, 'text'> | null
  readonly signal?: AbortSignal
  readonly onProgress?: (rows: number) => void
}

export async function datasetStats(set: Dataset, options: StatsOptions): Promise<DatasetStats> {
  const splits = { train: 0, val: 0, test: 0, none: 0 }
  const lengths = { instruction: new Map<number, number>(), reasoning: new Map<number, number>() }
  const words = new Map<string, number>()
  const sizes = new Map<string, number>()
  let [rows, unreadable, edits, bytes] = [0, 0, 0, 0]
  const measured = mapOrdered(set.entries(), WIDTH, async (entry: DatasetEntry) => {
    if (entry.kind === 'problem') return null
    const { row } = entry
    return { row, input: await measure(row.inputImage), output: await measure(row.outputImage) }
  })
  for await (const facts of measured) {
    options.signal?.throwIfAborted()
    if (!facts) {
      unreadable++
      continue
    }
    const { row, input, output } = facts
    splits[row.split ?? 'none']++
    if (row.inputImage) edits++
    for (const name of ['instruction', 'reasoning'] as const) {
      const text = name === 'instruction' ? normaliseInstruction(row.instruction) : row.reasoning.trim()
      const list = text.toLowerCase().match(/[\p{L}\p{M}\p{N}_]+/gu) ?? []
      for (const word of list) count(words, word)
      count(lengths[name], options.model ? options.model.text.encode(text).length : list.length)
    }
    count(sizes, output.size)
    bytes += input.bytes + output.bytes
    if (++rows % 100 === 0) options.onProgress?.(rows)
  }
  return {
    path: set.files.length === 1 ? set.files[0]! : set.root,
    format: set.format,
    rows,
    unreadable,
    splits,
    edits,
    generations: rows - edits,
    unit: options.model ? 'tokens' : 'words',
    instruction: spread(lengths.instruction),
    reasoning: spread(lengths.reasoning),
    distinctWords: words.size,
    words: most(words),
    sizes: most(sizes),
    bytes,
  }
}

/** Header only: whether the rest decodes is the check's business. */
async function measure(member: ImageMember | null): Promise<{ size: string; bytes: number }> {
  if (!member) return { size: 'none', bytes: 0 }
  try {
    const bytes = await member.read()
    const { width, height } = (await sharp(bytes, { limitInputPixels: false }).metadata()).autoOrient
    return { size: `${width} x ${height}`, bytes: bytes.length }
  } catch {
    return { size: 'unreadable', bytes: 0 }
  }
}

const count = <K>(map: Map<K, number>, key: K): void => void map.set(key, (map.get(key) ?? 0) + 1)

const most = (map: ReadonlyMap<string, number>): [string, number][] =>
  [...map].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1)).slice(0, LISTED)

/** Of a histogram: nearest ranks. */
function spread(histogram: ReadonlyMap<number, number>): DatasetStats['instruction'] {
  const sorted = [...histogram].sort(([a], [b]) => a - b)
  const total = sorted.reduce((sum, [, n]) => sum + n, 0)
  if (total === 0) return null
  const at = (share: number): number => {
    let sum = 0
    for (const [value, n] of sorted) if ((sum += n) >= share * total) return value
    return sorted.at(-1)![0]
  }
  return { min: sorted[0]![0], median: at(0.5), p95: at(0.95), max: sorted.at(-1)![0] }
}
