/** The page of measured tables says what the results say, and the script knows what is there and what is left. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openRun } from '../src/engine/bench/run-folder.ts'
import { limitPrompts, readSuite, type Suite } from '../src/engine/bench/suite.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { exactJudge } from '../src/engine/jobs/parabench-answer.ts'
import { keptDetail, writePage } from './parabench-page.ts'
import { cellsOf, isKept, isOpen, plans, specOf } from './parabench-plan.ts'
import { pagePath, readMeasured } from './parabench-results.ts'

let suite: Suite
let runs: string
beforeAll(async () => {
  suite = await readSuite('storybook', await loadWorld())
  runs = await mkdtemp(join(tmpdir(), 'tandem-plans-'))
})
afterAll(() => rm(runs, { recursive: true, force: true }))
const planOf = (name: string): (typeof plans)[number] => plans.find((plan) => plan.name === name)!

test('the page is made of the results, and keeps what belongs to a plan that was not measured again', async () => {
  const [measured, page] = [await readMeasured(), await readFile(pagePath, 'utf8')]
  expect(writePage(measured, (name) => keptDetail(page, name))).toBe(page)
  const other = writePage(measured, (name) => (name === 'hard-16' ? 'measured anew' : keptDetail(page, name)))
  expect(keptDetail(other, 'hard-16')).toBe('measured anew')
  expect(keptDetail(other, 'storybook-16')).toBe(keptDetail(page, 'storybook-16'))
  expect(keptDetail(page, 'storybook-16')).toContain('Reasoning drag')
})

test('seeds of their own, where there are any, stand row by row', async () => {
  const measured = await readMeasured()
  const sampled = measured['sampled-16']!
  const page = writePage({ ...measured, 'sampled-16': { ...sampled, seeds: { 2: sampled.modes } } }, () => null)
  expect(page).toMatch(/\| 16, parallel, seed 2 \|/)
})

test('every mode is measured at every step count under every seed', () => {
  const sampled = plans.filter(({ temperature }) => temperature > 0)
  expect(sampled.map(({ steps, seeds }) => [steps, seeds.length])).toEqual([
    [16, 3],
    [8, 3],
    [4, 3],
    [32, 3],
  ])
  expect(new Set(plans.map(({ name }) => name)).size).toBe(plans.length)
})

test('a plan is there while suite, model, settings and judge are those of now', async () => {
  const measured = await readMeasured()
  const plan = planOf('storybook-16')
  const run = measured['storybook-16']!
  const { model } = run.settings
  expect(isKept(plan, measured, suite, model)).toBe(true)
  expect(isKept(plan, measured, suite, { ...model, hash: 'other' })).toBe(false)
  expect(isKept(plan, measured, { ...suite, hash: 'other' }, model)).toBe(false)
  expect(isKept(plan, { 'storybook-16': { ...run, judge: 'exact 0' } }, suite, model)).toBe(false)
  expect(isKept(planOf('storybook-8'), { 'storybook-8': run }, suite, model)).toBe(false)
  expect(isKept(plan, {}, suite, model)).toBe(false)
  const { seeds: _, ...whole } = measured['sampled-16']!
  const seeded = { ...whole, seeds: { 1: whole.modes } }
  expect(isKept(planOf('sampled-16'), { 'sampled-16': whole }, suite, model)).toBe(false)
  expect(isKept(planOf('sampled-16'), { 'sampled-16': seeded }, suite, model)).toBe(true)
})

test('a cell counts what its folder holds', async () => {
  const plan = planOf('sampled-4')
  expect((await cellsOf(plan, suite, runs, 6)).filter(isOpen)).toHaveLength(12)
  const { steps, seeds, guidance, temperatures, alongEvery, out } = specOf(plan, 'model', runs, 6)
  const run = await openRun(join(out, 'parallel'), {
    format: 'tandem-bench-run',
    version: 1,
    settings: {
      suite: { name: 'storybook', hash: suite.hash },
      model: { name: 'storybook', hash: 'some' },
      adapters: [],
      mode: 'parallel',
      steps,
      seeds,
      guidance,
      temperatures,
      limit: 6,
      alongEvery: alongEvery!,
    },
    suite: 'storybook',
    provider: 'cpu',
  })
  for (const [i, { id }] of limitPrompts(suite, 6).entries())
    for (const seed of i < 2 ? [2, 3] : [3])
      run.add({ kind: 'score', id, seed, judge: exactJudge, scores: null, reasons: ['made up'] })
  run.close()
  const parallel = (await cellsOf(plan, suite, runs, 6)).filter(({ mode }) => mode === 'parallel')
  expect(parallel.map(({ seed, done, of }) => [seed, done, of])).toEqual([
    [1, 0, 6],
    [2, 2, 6],
    [3, 6, 6],
  ])
  expect(parallel.filter(isOpen)).toHaveLength(2)
})
