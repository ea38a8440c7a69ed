/**
 * The measured tables of the model that ships, by the exact judge: modes x steps on both suites, modes x steps x seeds of
 * sampled pictures, and the drag reports. What bench/results/parabench.json holds already is not measured again. Every run
 * is a folder under runs/parabench and every plan that ends is written down at once, so this may be stopped, or killed,
 * anywhere and started again.
 *
 * Usage: node bench/parabench.ts [--only NAME,...] [--list] [--limit PROMPTS]
 *   --list   only says which cells (a mode under a seed) are there and how many are left
 *   --only   these plans alone, also where bench/results holds them; `wall` times the storybook suite as one run
 *   --limit  a trial with so many prompts: printed, nothing under bench/results changes
 * In the background: nice -n 19 node bench/parabench.ts. Times of answers are then left out, as they are of what was resumed.
 */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { getPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import type { BenchGroup } from '../src/shared/bench.ts'
import type { DragResult, ParabenchResult } from '../src/shared/jobs.ts'
import { dragModes } from '../src/engine/bench/drag.ts'
import { summarise } from '../src/engine/bench/group.ts'
import { comparisonTable, dragTable, reportTable } from '../src/engine/bench/report-tables.ts'
import { compareRuns, judgedRows, makeReport } from '../src/engine/bench/report.ts'
import { readSuite, type Suite } from '../src/engine/bench/suite.ts'
import { writeTable } from '../src/engine/bench/table.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { writeFileAtomic } from '../src/engine/files.ts'
import { runJob } from '../src/engine/jobs.ts'
import { createEngineCache } from '../src/engine/jobs/context.ts'
import { exactJudge } from '../src/engine/jobs/parabench-answer.ts'
import { openReadRun } from '../src/engine/jobs/parabench-read.ts'
import { median, saveResult } from './lib.ts'
import { keptDetail, writePage } from './parabench-page.ts'
import { cellsOf, isKept, isOpen, plans, specOf, type Plan } from './parabench-plan.ts'
import { pagePath, readMeasured, type Measured, type MeasuredRun } from './parabench-results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const model = join(root, 'resources', 'models', 'storybook')
const { values } = parseArgs({
  options: { only: { type: 'string' }, list: { type: 'boolean' }, limit: { type: 'string' } },
})
const limit = values.limit === undefined ? undefined : Number(values.limit)
if (limit !== undefined && !(Number.isInteger(limit) && limit > 0)) throw new Error('--limit is a number of prompts')
const only = values.only?.split(',')
const unknown = only?.find((name) => name !== 'wall' && !plans.some((plan) => plan.name === name))
if (unknown) throw new Error(`no plan ${unknown}; there are ${plans.map(({ name }) => name).join(', ')} and wall`)
const runs = join(root, 'runs', limit === undefined ? 'parabench' : `parabench-limit-${limit}`)
/** Work of low priority waits for others, and its times say nothing. */
const waits = getPriority() > 0

const stop = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort())
const engines = createEngineCache()
const context = { signal: stop.signal, engine: (directory: string) => engines.engine(directory) }
const world = await loadWorld()
const suites = new Map<string, Suite>()
for (const name of new Set(plans.map((plan) => plan.suite))) suites.set(name, await readSuite(name, world))
const suiteOf = (plan: Plan): Suite => suites.get(plan.suite)!
const { name, hash } = (await engines.engine(model)).model
const kept = (plan: Plan, measured: Measured): boolean => isKept(plan, measured, suiteOf(plan), { name, hash })

/** One line a plan, one a cell of those that are not there; how many cells are left. */
async function list(): Promise<void> {
  const measured = await readMeasured()
  let left = 0
  for (const plan of plans) {
    if (limit === undefined && kept(plan, measured)) {
      console.log(`${plan.name.padEnd(14)} in bench/results`)
      continue
    }
    const cells = await cellsOf(plan, suiteOf(plan), runs, limit)
    left += cells.filter(isOpen).length
    console.log(`${plan.name.padEnd(14)} ${cells.filter(isOpen).length} of ${cells.length} cells left`)
    for (const { mode, seed, done, of } of cells)
      console.log(`  ${mode.padEnd(14)} seed ${seed}  ${done < of ? `${done} of ${of} answers` : 'done'}`)
  }
  console.log(`${left} cells left`)
}

/** Runs what is left of a plan; null when it was stopped. Answers are timed where all of them are given in one go. */
async function measure(plan: Plan): Promise<{ run: MeasuredRun; detail: string } | null> {
  const folder = join(runs, plan.name)
  const timed = !waits && (await cellsOf(plan, suiteOf(plan), runs, limit)).every(({ done }) => done === 0)
  let result: DragResult | null = null
  for await (const update of runJob(specOf(plan, model, runs, limit), context)) {
    if (update.type === 'progress' && update.done % 100 === 0) console.error(plan.name, update.done, 'of', update.total)
    if (update.type === 'result') result = update.result as DragResult
  }
  if (!result) return null
  const { report } = result
  const ms: Record<string, number> = {}
  const seeds: Record<string, Record<string, BenchGroup>> = {}
  const tables: string[] = []
  for (const mode of dragModes) {
    const read = await openReadRun(join(folder, mode))
    ms[mode] = median([...read.run.answers.values()].map((answer) => answer.ms))
    const rows = judgedRows(read, exactJudge)
    for (const seed of plan.seeds) (seeds[seed] ??= {})[mode] = summarise(rows.filter((row) => row.seed === seed))
    if (plan.temperature === 0)
      tables.push(writeTable(reportTable(makeReport(read, exactJudge), 'markdown'), 'markdown'))
  }
  const [sequential, parallel] = await Promise.all(['sequential', 'parallel'].map((m) => openReadRun(join(folder, m))))
  const comparison = compareRuns(sequential!, parallel!)
  const detail = [
    writeTable(dragTable(report, 'markdown'), 'markdown'),
    ...(plan.name === 'storybook-16' ? [writeTable(comparisonTable(comparison, 'markdown'), 'markdown')] : []),
    ...tables,
  ]
  return {
    run: {
      settings: report.settings,
      judge: report.judge,
      ...(timed ? { ms } : {}),
      modes: report.modes,
      ...(plan.seeds.length > 1 ? { seeds } : {}),
      drag: Object.fromEntries(Object.entries(report.drag).map(([mode, { overall }]) => [mode, overall])),
      along: report.along,
      parallel_minus_sequential: comparison.overall,
    },
    detail: plan.steps === 16 ? detail.join('\n') : '',
  }
}

/** Writes a plan down beside what is there already. */
async function keep(plan: Plan, { run, detail }: { run: MeasuredRun; detail: string }): Promise<void> {
  const measured = { ...(await readMeasured()), [plan.name]: run }
  const page = await readFile(pagePath, 'utf8')
  await saveResult('parabench', { runs: measured })
  await writeFileAtomic(
    pagePath,
    writePage(measured, (name) => (name === plan.name ? detail : keptDetail(page, name))),
  )
}

/** The storybook suite as somebody runs it: one mode, one seed, 16 steps, from an empty folder to the report. */
async function timeOneRun(): Promise<void> {
  if (waits) throw new Error('a run of low priority waits for others: start it without nice')
  const out = await mkdtemp(join(tmpdir(), 'tandem-wall-'))
  const { suite, steps, seeds, guidance, temperatures, judge } = specOf(plans[0]!, model, out)
  try {
    // Opening the model is part of a run; it was opened here to know its hash.
    await engines.dispose()
    const fresh = createEngineCache()
    const began = performance.now()
    const spec = {
      kind: 'parabench',
      mode: 'parallel',
      suite,
      model,
      steps,
      seeds,
      guidance,
      temperatures,
      judge,
      out,
    } as const
    let result: ParabenchResult | null = null
    const own = { signal: stop.signal, engine: (directory: string) => fresh.engine(directory) }
    for await (const update of runJob({ ...spec, ...(limit === undefined ? {} : { limit }) }, own))
      if (update.type === 'result') result = update.result as ParabenchResult
    const seconds = Number(((performance.now() - began) / 1000).toFixed(1))
    await fresh.dispose()
    if (!result) return
    const { report, ms } = result
    console.log(`wall: ${report.judged} prompts in ${seconds} s, ${ms} ms an answer in the median`)
    if (limit !== undefined) return
    const wall = { suite, prompts: report.judged, mode: spec.mode, steps, seed: seeds[0]!, judge: report.judge }
    await saveResult('parabench-wall', { ...wall, model: hash, seconds, ms })
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

if (values.list) await list()
else {
  await mkdir(runs, { recursive: true })
  for (const plan of plans) {
    if (only ? !only.includes(plan.name) : limit === undefined && kept(plan, await readMeasured())) continue
    const began = performance.now()
    const done = await measure(plan)
    if (!done) break
    console.error(plan.name, 'took', ((performance.now() - began) / 1000).toFixed(0), 's of this start')
    if (limit === undefined) await keep(plan, done)
    else console.log(writePage({ [plan.name]: done.run }, () => done.detail))
  }
  if (only?.includes('wall') && !stop.signal.aborted) await timeOneRun()
}
await engines.dispose()
