/** The rows of a run as they grow: pages, cut tails, damage, and a run that went back to a checkpoint. */
import { appendFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { trainRow, validationRow } from '../../../shared/training-fixtures.ts'
import { metricsRowSchema, type MetricsRow } from '../../../shared/training.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { allRows, readMetrics } from './metrics-file.ts'
import { createSummaries, thinned } from './summaries.ts'

let folder: ReturnType<typeof temporaryFolder>
let path: string
beforeEach(() => {
  folder = temporaryFolder()
  path = join(folder.path, 'metrics.jsonl')
})
afterEach(() => folder.remove())

const lines = (rows: readonly MetricsRow[]): string => rows.map((row) => JSON.stringify(row) + '\n').join('')
const steps = (from: number, to: number): MetricsRow[] =>
  Array.from({ length: to - from }, (_, i) => trainRow({ step: from + i, loss: 1 / (from + i + 1) }))

describe('the rows of a run', () => {
  it('are none before there is a file, and none are lost when it comes', async () => {
    const before = await readMetrics(path, null)
    expect(before).toMatchObject({ rows: [], restart: false, more: false })
    await writeFile(path, lines(steps(1, 3)))
    const after = await readMetrics(path, before.cursor)
    expect(after).toMatchObject({ restart: false, more: false })
    expect(after.rows).toEqual(steps(1, 3))
  })

  it('come in pages, each once and in order, whatever the page size', async () => {
    await writeFile(path, lines(steps(1, 41)))
    for (const size of [1, 100, 700, 5000, 1e6]) {
      const seen: MetricsRow[] = []
      let cursor: string | null = null
      for (;;) {
        const page: Awaited<ReturnType<typeof readMetrics>> = await readMetrics(path, cursor, size)
        seen.push(...page.rows)
        cursor = page.cursor
        if (!page.more) break
      }
      expect(seen).toEqual(steps(1, 41))
    }
  })

  it('wait for the end of a line that is being written', async () => {
    const [whole, half] = [lines(steps(1, 2)), lines(steps(2, 3))]
    await writeFile(path, whole + half.slice(0, 40))
    const first = await readMetrics(path, null)
    expect(first.rows).toHaveLength(1)
    await appendFile(path, half.slice(40))
    expect((await readMetrics(path, first.cursor)).rows).toEqual(steps(2, 3))
  })

  it('start over when the run went back to a checkpoint', async () => {
    await writeFile(path, lines(steps(1, 21)))
    const before = await readMetrics(path, null)
    await truncate(path, Buffer.byteLength(lines(steps(1, 11))))
    await appendFile(path, lines(steps(11, 31).map((row) => ({ ...row, seconds: 99 }))))
    const after = await readMetrics(path, before.cursor)
    expect(after.restart).toBe(true)
    expect(after.rows).toHaveLength(30)
  })

  it('that cannot be read are counted and passed over', async () => {
    await writeFile(path, `${lines(steps(1, 2))}{"kind":"odd"}\nnot json\n\n${lines(steps(2, 3))}`)
    expect(await readMetrics(path, null)).toMatchObject({ damaged: 3, rows: steps(1, 3) })
    expect(await allRows(path, (value) => metricsRowSchema.safeParse(value).data ?? null)).toEqual(steps(1, 3))
  })

  it('start over for a cursor that is none', async () => {
    await writeFile(path, lines(steps(1, 3)))
    for (const cursor of ['', 'nonsense', '9:1:ab', '0:999999999:abcdef'])
      expect((await readMetrics(path, cursor)).rows).toHaveLength(2)
  })
})

describe('a run in a line', () => {
  it('is its validations with the best, read once as it grows, and anew after it went back', async () => {
    const summaries = createSummaries()
    await writeFile(path, lines(steps(1, 4)))
    expect(await summaries.of('a', path)).toMatchObject({ of: 'train', points: [1 / 2, 1 / 3, 1 / 4], best: null })
    const [first, second] = [validationRow({ step: 3, loss: 3 }), validationRow({ step: 6, loss: 2 })]
    await appendFile(path, lines([first, second]))
    const both = await Promise.all([summaries.of('a', path), summaries.of('a', path)])
    for (const one of both) expect(one).toMatchObject({ of: 'validation', points: [3, 2], best: { step: 6, loss: 2 } })
    await writeFile(path, lines([first, ...steps(4, 5)]))
    expect(await summaries.of('a', path)).toMatchObject({ of: 'train', best: { step: 3 } })
  })

  it('has at most 60 points, whose mean is that of all', () => {
    const values = Array.from({ length: 600 }, (_, i) => i)
    expect(thinned(values)).toHaveLength(60)
    expect(thinned(values).reduce((a, b) => a + b, 0) / 60).toBeCloseTo(299.5)
    expect(thinned([1, 2])).toEqual([1, 2])
  })
})
