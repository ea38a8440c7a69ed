/**
 * Questions about ParaBench runs on disk, finished or not, and about suites: what the studio's bench screen shows.
 * Nothing is answered, sent or changed.
 */
import { join, resolve } from 'node:path'
import { readFile, readdir } from 'node:fs/promises'
import { dragReportSchema, type DragReport } from '../../shared/bench.ts'
import type { BenchQuestion, SuiteInfo, VoteReport } from '../../shared/bench-read.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { chooseJudge, compareRuns, judgedRows, makeReport, type ReadRun } from '../bench/report.ts'
import { comparisonTable, dragTable, reportTable, voteTable } from '../bench/report-tables.ts'
import { answerKey, hasRun, readRun, runFiles } from '../bench/run-folder.ts'
import { faultWords, limitPrompts, readSuite, suitesFolder, type Suite } from '../bench/suite.ts'
import { writeTable, type Table, type TableFormat } from '../bench/table.ts'
import { reportVotes } from '../bench/votes.ts'
import { loadWorld } from '../data/world/world.ts'
import { findAnswer, pageOfAnswers } from './bench-answers.ts'
import { dragFile } from './parabench-drag.ts'
import { openReadRun } from './parabench-read.ts'

export async function* benchReadJob({ ask }: SpecOf<'bench-read'>): AsyncGenerator<JobUpdate> {
  yield { type: 'result', result: await answerTo(ask) }
}

type Of<W extends BenchQuestion['what']> = Extract<BenchQuestion, { what: W }>

function answerTo(ask: BenchQuestion): Promise<unknown> {
  switch (ask.what) {
    case 'report':
      return report(ask)
    case 'comparison':
      return comparison(ask).then((comparison) => ({ comparison }))
    case 'answers':
      return pageOfAnswers(ask)
    case 'answer':
      return findAnswer(ask)
    case 'table':
      return table(ask)
    case 'pairs':
      return commonPairs(ask)
    case 'votes':
      return votes(ask)
    case 'votes-table':
      return votesTable(ask)
    case 'suite':
      return suiteInfo(ask.suite).then((suite) => ({ suite }))
    case 'suites':
      return shippedSuites().then((suites) => ({ suites }))
  }
}

async function report({ run: folder, judge }: Of<'report'>): Promise<unknown> {
  // One that waits, or whose model is still being opened.
  if (!(await hasRun(folder))) return { report: null, judges: [], answered: 0 }
  const read = await openReadRun(folder)
  const judges = [...read.run.scores.keys()]
  const answered = read.run.answers.size
  if (judges.length === 0) return { report: null, judges, answered }
  return { report: makeReport(read, chooseJudge(read.run, judge)), judges, answered }
}

async function comparison({ a, b, judge }: Of<'comparison'>): Promise<ReturnType<typeof compareRuns>> {
  const [first, second] = await Promise.all([openReadRun(a), openReadRun(b)])
  return compareRuns(first, second, judge)
}

async function readDrag(folder: string): Promise<DragReport> {
  const text = await readFile(join(folder, dragFile), 'utf8').catch(() => {
    throw new TandemError('The report is written when all four runs are there.', 'Wait for its end, or let it go on.')
  })
  return dragReportSchema.parse(JSON.parse(text))
}

interface Made {
  readonly data: object
  readonly table: (format: TableFormat) => Table
  /** For the file, without ending. */
  readonly name: string
}

/** A report in the form it leaves in, with a name for the file. */
async function table(ask: Of<'table'>): Promise<{ text: string; name: string }> {
  const { data, table, name } = await made(ask)
  const { form } = ask
  const text = form === 'json' ? `${JSON.stringify(data, null, 2)}\n` : writeTable(table(form), form)
  return { text, name }
}

async function made({ of, runs, judge }: Of<'table'>): Promise<Made> {
  const [first, second] = runs
  if (of === 'comparison') {
    if (second === undefined) throw new TandemError('A comparison needs two runs.', 'Choose another one as well.')
    const data = await comparison({ what: 'comparison', a: first!, b: second, judge })
    const name = `${data.a.suite.name}-${data.a.mode}-against-${data.b.mode}`
    return { data, table: (format) => comparisonTable(data, format), name }
  }
  if (of === 'drag') {
    const data = await readDrag(first!)
    return { data, table: (format) => dragTable(data, format), name: `${data.settings.suite.name}-drag` }
  }
  const read = await openReadRun(first!)
  const data = makeReport(read, chooseJudge(read.run, judge))
  const { suite, mode, steps } = data.settings
  return { data, table: (format) => reportTable(data, format), name: `${suite.name}-${mode}-${steps}` }
}

async function commonPairs({ a, b }: Of<'pairs'>): Promise<unknown> {
  const [first, second] = await Promise.all([openReadRun(a), openReadRun(b)])
  if (first.suite.hash !== second.suite.hash)
    throw new TandemError('The two runs are of different suites.', 'Choose two runs of the same suite.')
  const pairs = [...first.run.answers.values()].filter((answer) => second.run.answers.has(answerKey(answer)))
  if (pairs.length === 0)
    throw new TandemError('The two runs have no prompt and seed in common.', 'Choose runs with the same seeds.')
  const pictureOf = (read: ReadRun, name: string): Promise<Buffer> =>
    readFile(join(read.run.path, runFiles.answers, `${name}.png`)).catch(() => Buffer.alloc(0))
  const marked = []
  for (const a of pairs) {
    const b = second.run.answers.get(answerKey(a))!
    const [one, two] = await Promise.all([pictureOf(first, a.name), pictureOf(second, b.name)])
    marked.push({ id: a.id, seed: a.seed, same: a.reasoning === b.reasoning && one.equals(two) })
  }
  return { pairs: marked }
}

async function votes({ a, b, votes: cast }: Of<'votes'>): Promise<VoteReport> {
  const [first, second] = await Promise.all([openReadRun(a), openReadRun(b)])
  const categories = new Map(first.suite.prompts.map(({ id, category }) => [id, category]))
  const judges = [...first.run.scores.keys()].filter((judge) => second.run.scores.has(judge))
  return reportVotes(
    cast,
    (id) => categories.get(id) ?? '',
    judges.map((judge) => ({ judge, a: judgedRows(first, judge), b: judgedRows(second, judge) })),
  )
}

async function votesTable({
  a,
  b,
  votes: cast,
  seed,
  form,
}: Of<'votes-table'>): Promise<{ text: string; name: string }> {
  const report = await votes({ what: 'votes', a, b, votes: cast })
  const [first, second] = await Promise.all([readRun(a), readRun(b)])
  const [of, against] = [first.file.settings, second.file.settings]
  const text =
    form === 'json'
      ? `${JSON.stringify({ a: of, b: against, seed, ...report, votes: cast }, null, 2)}\n`
      : writeTable(voteTable(report, of, against, seed, form), form)
  return { text, name: `${of.suite.name}-votes-${of.mode}-${against.mode}` }
}

/** What a suite is, after all of it was checked. */
async function suiteInfo(nameOrFolder: string): Promise<SuiteInfo> {
  return described(await readSuite(nameOrFolder, await loadWorld()))
}

async function shippedSuites(): Promise<SuiteInfo[]> {
  const names = (await readdir(suitesFolder).catch(() => [])).sort()
  return Promise.all(names.map((name) => suiteInfo(resolve(suitesFolder, name))))
}

function described(suite: Suite): SuiteInfo {
  const { file, prompts, hash } = suite
  const all = limitPrompts(suite, null)
  return {
    id: file.name,
    name: file.name,
    title: file.title,
    description: file.description ?? '',
    source: file.source ?? '',
    license: file.license ?? '',
    hash,
    categories: file.categories.map((name) => ({ name, prompts: all.filter((p) => p.category === name).length })),
    prompts: prompts.length,
    faults: faultWords(suite),
    exact: prompts.every(({ sample }) => sample !== null),
  }
}
