/** Results written before reasons named their dimension, and before models were confirmed, still open and join new ones. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { benchReportSchema, type BenchSettings, type DimensionScores } from '../../shared/bench.ts'
import { loadWorld } from '../data/world/world.ts'
import { makeReport } from './report.ts'
import { reportTable } from './report-tables.ts'
import { openRun, readRun, type ScoreRecord } from './run-folder.ts'
import { readSuite } from './suite.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-run-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const judge = 'vision-1 at host, prompts 1'
const scores: DimensionScores = {
  text_quality: 75,
  text_alignment: 75,
  image_consistency: 75,
  image_alignment: 75,
  image_quality: 100,
  output_alignment: 75,
}
const scored = (id: string, more: Partial<ScoreRecord>): ScoreRecord => ({
  kind: 'score',
  id,
  seed: 1,
  judge,
  scores,
  reasons: [],
  ...more,
})

test('old and new reasons stand in one run; the report counts what was not judged and not confirmed', async () => {
  const suite = await readSuite('storybook', await loadWorld())
  const [first, second, third, fourth] = suite.prompts.map(({ id }) => id)
  const settings: BenchSettings = {
    suite: { name: 'storybook', hash: suite.hash },
    model: { name: 'made-up', hash: '0123456789' },
    adapters: [],
    mode: 'parallel',
    steps: 4,
    seeds: [1],
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
    limit: null,
    alongEvery: null,
  }
  const file = {
    format: 'tandem-bench-run' as const,
    version: 1 as const,
    settings,
    suite: 'storybook',
    provider: 'cpu',
  }
  const old = ['text_quality 4: a word is broken', 'image_quality 5: clean']
  const named = [{ dimension: 'text_quality' as const, why: 'a word is broken' }]
  const run = await openRun(folder, file)
  run.add(scored(first!, { reasons: old }))
  run.add(scored(second!, { reasons: named, unnamed: 6 }))
  run.add(scored(third!, { scores: null, reasons: ['text_quality: the endpoint failed (500), 5 times.'] }))
  run.add(scored(fourth!, { reasons: named, unnamed: 1 }))
  run.close()

  const read = await readRun(folder)
  expect([...read.scores.get(judge)!.values()].map(({ reasons }) => reasons)).toEqual([
    old,
    named,
    ['text_quality: the endpoint failed (500), 5 times.'],
    named,
  ])
  const report = benchReportSchema.parse(makeReport({ run: read, suite }, judge))
  expect(report).toMatchObject({ judged: 3, model_unconfirmed: 2, unjudged: [{ id: third }] })
  expect(reportTable(report, 'text').notes).toEqual(
    expect.arrayContaining([
      '1 answers are unjudged and in no number.',
      expect.stringContaining('Model not confirmed by the endpoint in 2 answers') as string,
    ]),
  )
  const { model_unconfirmed: _, ...before } = report
  expect(benchReportSchema.parse(before)).toEqual({ ...report, model_unconfirmed: 0 })
})
