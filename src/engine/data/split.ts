/**
 * Splits of a quadruplet folder drawn anew: rows that share a picture, or whose pictures look the same, stay together,
 * so that validation never measures what was trained on. The same seed and the same rows give the same splits.
 */
import { createHash } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { TandemError } from '../../shared/errors.ts'
import { asWrite } from '../files.ts'
import { examinePicture } from './check-picture.ts'
import { LookTable, similarPairs } from './dedupe.ts'
import type { Dataset } from './formats/open.ts'
import { mapOrdered } from './formats/pipeline.ts'
import { fileStamp, readLines } from './formats/text.ts'
import type { DatasetEntry } from './formats/types.ts'
import type { Split } from './world/types.ts'

export interface SplitOptions {
  /** Shares of the rows, from 0 to 0.9 together. */
  readonly val: number
  readonly test: number
  readonly seed: number
  readonly signal?: AbortSignal
  readonly onProgress?: (rows: number) => void
}

const WIDTH = 8

/** Rewrites data.jsonl with new splits, whole or not at all. Rows that cannot be read are refused by name. */
export async function splitDataset(set: Dataset, options: SplitOptions): Promise<Record<Split, number>> {
  if (set.format !== 'quadruplets' || set.files.length !== 1) {
    throw new TandemError(`${set.label} cannot be split in place.`, 'Import it as a quadruplet folder first.')
  }
  const file = set.files[0]!
  const before = await fileStamp(file)
  const splits = await dealSplits(set, options)
  if ((await fileStamp(file)) !== before)
    throw new TandemError('data.jsonl changed while it was read.', 'Split it again when nothing writes to it.')
  await rewrite(file, splits)
  const counts = { train: 0, val: 0, test: 0 }
  for (const split of splits) counts[split]++
  return counts
}

/** The split of every row, in order. Throws where a row cannot be read, or too little would be left to train on. */
export async function dealSplits(set: Dataset, options: SplitOptions): Promise<Split[]> {
  if (options.val + options.test > 0.9)
    throw new TandemError('Too little would be left to train on.', 'Give shares of 0.9 at most together.')
  const { ids, groups } = await groupRows(set, options)
  return dealGroups(ids, groups, options)
}

/** Each row's group, by the index of a row that stands for it. */
async function groupRows(set: Dataset, options: SplitOptions): Promise<{ ids: string[]; groups: number[] }> {
  const ids: string[] = []
  const parent: number[] = []
  const find = (row: number): number => {
    let at = row
    while (parent[at] !== at) at = parent[at] = parent[parent[at]!]!
    return at
  }
  const join = (a: number, b: number): void => void (parent[find(b)] = find(a))
  const owner = new Map<string, number>()
  const looks = [new LookTable(2), new LookTable(1)]
  const rowsOf: number[][] = [[], []]
  const examined = mapOrdered(set.entries(), WIDTH, async (entry: DatasetEntry) => {
    if (entry.kind === 'problem') {
      throw new TandemError(`${entry.problem.where}: ${entry.problem.message}.`, entry.problem.fix)
    }
    const { row } = entry
    try {
      const input = row.inputImage ? await examinePicture(row.inputImage) : null
      return { id: row.id, input, output: await examinePicture(row.outputImage) }
    } catch (error) {
      throw error instanceof TandemError ? new TandemError(`${row.id}: ${error.message}.`, error.remedy) : error
    }
  })
  for await (const { id, input, output } of examined) {
    options.signal?.throwIfAborted()
    const row = ids.length
    ids.push(id)
    parent.push(row)
    for (const facts of [input, output]) {
      if (!facts) continue
      const key = facts.digest.toString('base64')
      const first = owner.get(key)
      if (first === undefined) owner.set(key, row)
      else join(first, row)
    }
    const kind = input ? 0 : 1
    if (input) looks[kind]!.add(output.look, input.look)
    else looks[kind]!.add(output.look)
    rowsOf[kind]!.push(row)
    if (ids.length % 100 === 0) options.onProgress?.(ids.length)
  }
  looks.forEach((table, kind) => {
    for (const [a, b] of similarPairs(table)) join(rowsOf[kind]![a]!, rowsOf[kind]![b]!)
  })
  return { ids, groups: parent.map((_, row) => find(row)) }
}

/** Whole groups, in an order hashed from the seed, to test and val until they have their share; the rest trains. */
function dealGroups(ids: readonly string[], groups: readonly number[], options: SplitOptions): Split[] {
  const members = new Map<number, number[]>()
  groups.forEach((group, row) => members.set(group, [...(members.get(group) ?? []), row]))
  const order = [...members.values()]
    .map((rows) => ({ rows, key: createHash('sha256').update(`${options.seed}\0${ids[rows[0]!]}`).digest('hex') }))
    .sort((a, b) => (a.key < b.key ? -1 : 1))
  const splits = new Array<Split>(ids.length).fill('train')
  const left = { test: Math.round(options.test * ids.length), val: Math.round(options.val * ids.length) }
  for (const { rows } of order) {
    const split = (['test', 'val'] as const).find((name) => left[name] > 0 && rows.length <= left[name])
    if (!split) continue
    left[split] -= rows.length
    for (const row of rows) splits[row] = split
  }
  return splits
}

/** Every column but `split` stays as it is. */
async function rewrite(file: string, splits: readonly Split[]): Promise<void> {
  const temporary = `${file}.${process.pid}.tmp`
  await asWrite('data.jsonl', async () => {
    try {
      const handle = await open(temporary, 'wx')
      try {
        let row = 0
        for await (const { bytes } of readLines(file)) {
          const record = JSON.parse(bytes.toString('utf8').replace(/^\uFEFF/, '')) as object
          await handle.writeFile(JSON.stringify({ ...record, split: splits[row++] }) + '\n')
        }
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, file)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}
