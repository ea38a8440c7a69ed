/** A run's metrics file: appended, cut at a resume, read while it grows. */
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MetricsRow } from '../../shared/training.ts'
import { openMetricsLog, readMetrics } from './metrics-log.ts'

let root: string
let files = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-metrics-'))
})
afterAll(() => rm(root, { recursive: true }))
const path = (): string => join(root, `metrics-${files++}.jsonl`)

const row = (step: number, why = ''): MetricsRow => ({
  kind: 'end',
  step,
  seconds: step / 2,
  samples: 4 * step,
  reason: 'paused',
  why,
})
async function write(file: string, rows: readonly MetricsRow[], keep: number | null = null): Promise<void> {
  const { log } = await openMetricsLog(file, keep)
  for (const one of rows) await log.append(one)
  await log.flush()
  log.close()
}

test('rows come back as they were appended, over several sittings', async () => {
  const file = path()
  await write(file, [row(1), row(2)])
  await write(file, [row(3, 'straße'), row(4)], 2)
  expect(await Array.fromAsync(readMetrics(file))).toEqual([row(1), row(2), row(3, 'straße'), row(4)])
})

test('a resume cuts what came after the checkpoint, wherever the process died in the middle of a line', async () => {
  const rows = Array.from({ length: 12 }, (_, i) => row(Math.floor(i / 2), 'ü'.repeat(i)))
  const whole = path()
  await write(whole, rows)
  const bytes = await readFile(whole)
  await fc.assert(
    fc.asyncProperty(fc.nat(bytes.length), fc.nat(6), async (cut, keep) => {
      const file = path()
      await writeFile(file, bytes.subarray(0, cut))
      const lines = bytes.subarray(0, cut).toString('utf8').split('\n').length - 1
      await write(file, [row(keep + 1, 'new')], keep)
      expect(await Array.fromAsync(readMetrics(file))).toEqual([
        ...rows.slice(0, lines).filter(({ step }) => step <= keep),
        row(keep + 1, 'new'),
      ])
    }),
    { numRuns: 60 },
  )
})

test('tells how much was dropped, and what was damaged', async () => {
  const file = path()
  await write(file, [row(1), row(2), row(5)])
  const first = await openMetricsLog(file, 2)
  first.log.close()
  expect({ dropped: first.dropped, damaged: first.damaged }).toEqual({ dropped: 1, damaged: 0 })
  await appendFile(file, '\0\0\0\0\n' + JSON.stringify(row(2)) + '\n')
  const second = await openMetricsLog(file, 2)
  second.log.close()
  expect(second.damaged).toBe(1)
  expect(await Array.fromAsync(readMetrics(file))).toEqual([row(1), row(2)])
})

test('a reader leaves a torn last line out and names a damaged one before it', async () => {
  const file = path()
  await write(file, [row(1)])
  await appendFile(file, '{"kind":"end","st')
  expect(await Array.fromAsync(readMetrics(file))).toEqual([row(1)])
  await appendFile(file, '\n' + JSON.stringify(row(2)) + '\n')
  await expect(Array.fromAsync(readMetrics(file))).rejects.toThrow('Line 2 of')
})

test('a new run starts empty; a file that cannot be written is named', async () => {
  const file = path()
  await write(file, [row(1)])
  await write(file, [])
  expect(await readFile(file, 'utf8')).toBe('')
  await expect(openMetricsLog(join(root, 'no', 'such', 'folder'), null)).rejects.toThrow('cannot be written')
})
