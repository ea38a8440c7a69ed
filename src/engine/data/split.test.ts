/** Splits keep what belongs together together, and statistics count what is there. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { checkDataset } from './check.ts'
import { openDataset } from './formats/open.ts'
import { readAll, writeJsonl, writeRows } from './formats/testing.ts'
import { splitDataset } from './split.ts'
import { datasetStats } from './stats.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'split-test-'))
})
afterEach(() => rm(base, { recursive: true }))

describe('splits drawn anew', () => {
  test('keep rows that share a picture together, are the same for a seed, and leave other columns', async () => {
    // Three edits of each of ten pictures.
    const rows = await writeRows(base, 30, (i) => ({ input_image: `images/${i - (i % 3)}-input.png` }))
    await writeJsonl(
      base,
      rows.map((row, i) => ({ ...row, mine: i })),
    )
    const before = await checkDataset(await openDataset(base), { model: null })
    const draw = async (seed: number): Promise<string[]> => {
      await splitDataset(await openDataset(base), { val: 0.2, test: 0.1, seed })
      return (await readAll(base)).rows.map(({ split }) => split!)
    }
    const first = await draw(1)
    expect(['train', 'val', 'test'].map((name) => first.filter((split) => split === name).length)).toEqual([21, 6, 3])
    for (let i = 0; i < 30; i += 3) expect(new Set(first.slice(i, i + 3)).size).toBe(1)
    expect(await draw(1)).toEqual(first)
    expect(await draw(2)).not.toEqual(first)
    expect(JSON.parse((await readFile(join(base, 'data.jsonl'), 'utf8')).split('\n')[4]!)).toMatchObject({
      id: 'row-4',
      mine: 4,
    })
    const after = await checkDataset(await openDataset(base), { model: null })
    expect([after.errors, after.warnings, after.rows]).toEqual([0, before.warnings, 30])
  })

  test('refuse what cannot be split in place', async () => {
    await writeRows(join(base, 'set'), 3)
    await rm(join(base, 'set/images/1-output.png'))
    const before = await readFile(join(base, 'set/data.jsonl'))
    const draw = async (): Promise<unknown> =>
      splitDataset(await openDataset(join(base, 'set')), { val: 0.5, test: 0, seed: 0 })
    await expect(draw()).rejects.toThrow(/row-1: .*is not there/)
    expect(await readFile(join(base, 'set/data.jsonl'))).toEqual(before)
  })
})

test('statistics count what is there', async () => {
  await writeRows(base, 5, (i) => (i === 4 ? { split: 'test', reasoning: 'now now now now now' } : {}))
  const stats = await datasetStats(await openDataset(base), { model: null })
  expect(stats).toMatchObject({
    rows: 5,
    edits: 5,
    generations: 0,
    splits: { none: 4, test: 1 },
    unit: 'words',
    reasoning: { min: 4, median: 4, max: 5 },
    sizes: [['32 x 32', 5]],
  })
  expect(stats.words[0]).toEqual(['now', 9])
})
