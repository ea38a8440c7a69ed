/**
 * The report of a run: everything in it follows from the answers and their scores, so a run that was killed and taken up
 * again gives the same report, byte for byte. Times are no part of it.
 */
import {
  dimensionNames,
  type BenchComparison,
  type BenchReport,
  type Difference,
  type Dimension,
  type Reason,
} from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import { byPrompt, summarise, summariseCategories, toEstimate, type Judged } from './group.ts'
import { clusterBootstrap, correlation, type Interval } from './intervals.ts'
import { answerKey, type RunContent, type ScoreRecord } from './run-folder.ts'
import { limitPrompts, type Prompt, type Suite } from './suite.ts'

/** What a run and its suite say together. The suite must be the one the run was made with. */
export interface ReadRun {
  readonly run: RunContent
  readonly suite: Suite
}

/** Refuses a suite that has changed since. */
export function checkSuite({ run, suite }: ReadRun): void {
  if (run.file.settings.suite.hash === suite.hash) return
  throw new TandemError(
    `The suite ${suite.file.name} has changed since this run.`,
    'Run it again into another folder, or bring the suite back as it was.',
  )
}

/** The judge a report is about: the one asked for, or the run's only one. */
export function chooseJudge(run: RunContent, asked?: string): string {
  const judges = [...run.scores.keys()]
  if (asked !== undefined) {
    if (judges.includes(asked)) return asked
    throw new TandemError(
      `No judge "${asked}" has marked this run.`,
      `Choose one of: ${judges.join('; ') || 'none yet'}.`,
    )
  }
  if (judges.length === 0)
    throw new TandemError('Nothing of this run has been judged.', 'Run the command again to go on.')
  return judges.length === 1 ? judges[0]! : (judges.find((name) => name.startsWith('exact')) ?? judges[0]!)
}

/** Answers with scores, in the order of the suite and the seeds, whatever order they came in. */
function scoresInOrder({ run, suite }: ReadRun, judge: string): { prompt: Prompt; record: ScoreRecord }[] {
  const own = run.scores.get(judge) ?? new Map<string, ScoreRecord>()
  const { limit, seeds } = run.file.settings
  return limitPrompts(suite, limit).flatMap((prompt) =>
    seeds.flatMap((seed) => {
      const record = own.get(answerKey({ id: prompt.id, seed }))
      return record ? [{ prompt, record }] : []
    }),
  )
}

/** What was judged, in order. */
export function judgedRows(read: ReadRun, judge: string): Judged[] {
  return scoresInOrder(read, judge).flatMap(({ prompt, record }) =>
    record.scores
      ? [
          {
            id: prompt.id,
            seed: record.seed,
            category: prompt.category,
            heldOut: prompt.sample?.heldOut ?? false,
            scores: record.scores,
            right: record.right,
          },
        ]
      : [],
  )
}

export const reasonText = (reason: Reason): string => (typeof reason === 'string' ? reason : reason.why)

/**
 * What could not be judged, with the reasons: answers that the judge has no scores for, and the suite's faulty lines, which
 * count under every seed whatever the limit, since nobody can say which of them it would have left out.
 */
export function unjudgedRows(read: ReadRun, judge: string): BenchReport['unjudged'] {
  const { seeds } = read.run.file.settings
  return [
    ...scoresInOrder(read, judge).flatMap(({ record }) =>
      record.scores ? [] : [{ id: record.id, seed: record.seed, reason: record.reasons.map(reasonText).join(' ') }],
    ),
    ...read.suite.faulty.flatMap(({ id, reason }) => seeds.map((seed) => ({ id, seed, reason }))),
  ]
}

/** How many judged answers have a score of which the endpoint did not say which model gave it. */
export const unconfirmed = (read: ReadRun, judge: string): number =>
  scoresInOrder(read, judge).filter(({ record }) => record.scores && record.unnamed !== undefined).length

/** Output Alignment at each recorded step, averaged over the answers. */
export function alongRun(read: ReadRun, judge: string): NonNullable<BenchReport['along']> | null {
  const records = scoresInOrder(read, judge).map((s) => s.record)
  const steps = [...new Set(records.flatMap((r) => (r.along ?? []).map(([step]) => step)))].sort((a, b) => a - b)
  if (steps.length === 0) return null
  const clusters = byPrompt(records.filter((r) => r.along)).map((own) =>
    own.map((r) => {
      const values = new Map(r.along)
      return steps.map((step) => values.get(step) ?? null)
    }),
  )
  const { columns } = clusterBootstrap(clusters, steps.length)
  return steps.flatMap((step, i) => {
    const estimate = toEstimate(columns[i]!)
    return estimate ? [{ step, ...estimate }] : []
  })
}

export function makeReport(read: ReadRun, judge: string): BenchReport {
  checkSuite(read)
  const rows = judgedRows(read, judge)
  const heldOut = rows.filter((row) => row.heldOut)
  const { limit, seeds } = read.run.file.settings
  return {
    format: 'tandem-bench-report',
    version: 1,
    settings: read.run.file.settings,
    judge,
    expected: (limitPrompts(read.suite, limit).length + read.suite.faulty.length) * seeds.length,
    judged: rows.length,
    unjudged: unjudgedRows(read, judge),
    model_unconfirmed: unconfirmed(read, judge),
    overall: summarise(rows),
    categories: summariseCategories(rows, read.suite.file.categories),
    held_out: heldOut.length > 0 && heldOut.length < rows.length ? summarise(heldOut) : null,
    along: alongRun(read, judge),
    agreement: [...read.run.scores.keys()].filter((other) => other !== judge).map((other) => agree(read, rows, other)),
  }
}

/** How two judges of the same answers agree. */
function agree(read: ReadRun, rows: readonly Judged[], other: string): BenchReport['agreement'][number] {
  const others = new Map(judgedRows(read, other).map((row) => [answerKey(row), row]))
  const both = rows.flatMap((row) => {
    const twin = others.get(answerKey(row))
    return twin ? [[row, twin] as const] : []
  })
  const dimensions = dimensionNames.flatMap((name) => {
    const pairs = both.flatMap(([a, b]) => {
      const [x, y] = [a.scores[name], b.scores[name]]
      return x === null || y === null ? [] : [[x, y] as const]
    })
    if (pairs.length === 0) return []
    const r = correlation(pairs)
    return [
      [
        name,
        {
          correlation: r === null ? null : Number(r.toFixed(3)),
          mean_difference: Number((pairs.reduce((sum, [x, y]) => sum + y - x, 0) / pairs.length).toFixed(2)),
        },
      ] as const,
    ]
  })
  return { judge: other, answers: both.length, dimensions: Object.fromEntries(dimensions) }
}

type Measure = Dimension | 'right_image' | 'right_reasoning'
const measureNames: readonly Measure[] = ['right_image', 'right_reasoning', ...dimensionNames]

/** One answer's value of a measure, 0..100; null where it does not apply. */
function valueOf(row: Judged, measure: Measure): number | null {
  const thinks = row.scores.text_quality !== null
  if (measure === 'right_image') return row.right ? 100 * Number(row.right.image) : null
  if (measure === 'right_reasoning') return row.right && thinks ? 100 * Number(row.right.reasoning) : null
  return row.scores[measure]
}

/** Paired differences b - a over the answers that both runs have judged: same prompt, same seed, same judge. */
export function compareRuns(a: ReadRun, b: ReadRun, asked?: string): BenchComparison {
  checkSuite(a)
  checkSuite(b)
  if (a.suite.hash !== b.suite.hash)
    throw new TandemError('The two runs are of different suites.', 'Compare runs of the same suite.')
  const judge = chooseJudge(a.run, asked)
  if (!b.run.scores.has(judge))
    throw new TandemError(`The second run has no scores by "${judge}".`, 'Judge both with the same judge.')
  const others = new Map(judgedRows(b, judge).map((row) => [answerKey(row), row]))
  const ownCount = others.size
  const rows = judgedRows(a, judge)
  const pairs = rows.flatMap((row): [Judged, Judged][] => {
    const twin = others.get(answerKey(row))
    return twin ? [[row, twin]] : []
  })
  if (pairs.length === 0)
    throw new TandemError('The two runs have no prompt and seed in common.', 'Give both the same --seeds.')
  const inCategory = (category: string): [Judged, Judged][] => pairs.filter(([row]) => row.category === category)
  return {
    format: 'tandem-bench-comparison',
    version: 1,
    judge,
    a: a.run.file.settings,
    b: b.run.file.settings,
    unpaired: rows.length + ownCount - 2 * pairs.length,
    overall: differences(pairs),
    categories: Object.fromEntries(
      a.suite.file.categories
        .filter((category) => inCategory(category).length > 0)
        .map((category) => [category, differences(inCategory(category))]),
    ),
  }
}

/** A pair's values in some columns: null where a column does not apply to both. */
interface Paired {
  readonly id: string
  readonly columns: readonly (readonly [a: number, b: number] | null)[]
}

function differences(pairs: readonly [Judged, Judged][]): BenchComparison['overall'] {
  const pairedIn = (names: readonly Measure[]): Paired[] =>
    pairs.map(([a, b]) => ({
      id: a.id,
      columns: names.map((name) => {
        const [x, y] = [valueOf(a, name), valueOf(b, name)]
        return x === null || y === null ? null : ([x, y] as const)
      }),
    }))
  const thinks = pairs.every(([a, b]) => a.scores.text_quality !== null && b.scores.text_quality !== null)
  const entries = [
    ...measureNames.map((name) => [name, difference(pairedIn([name]))] as const),
    // As in a report: the mean of the column means.
    ...(thinks ? [['overall', difference(pairedIn(dimensionNames))] as const] : []),
  ]
  const measures = Object.fromEntries(entries.flatMap(([name, d]) => (d ? [[name, d] as const] : [])))
  return { pairs: pairs.length, measures }
}

/** The mean over the columns' mean differences; an answer is better or worse by the mean of its own columns. */
function difference(all: readonly Paired[]): Difference | null {
  const rows = all.filter((row) => row.columns.some((c) => c !== null))
  const width = rows[0]?.columns.length
  if (width === undefined) return null
  const mean = (pick: (pair: readonly [number, number]) => number, resamples?: number): Interval =>
    clusterBootstrap(
      byPrompt(rows).map((own) => own.map((row) => row.columns.map((c) => c && pick(c)))),
      width,
      resamples === undefined ? {} : { resamples },
    ).mean
  const changes = rows.map(({ columns }) => columns.reduce((sum, c) => sum + (c ? c[1] - c[0] : 0), 0))
  const count = (is: (change: number) => boolean): number => changes.filter(is).length
  return {
    // Only the difference needs its interval.
    a: toEstimate(mean(([x]) => x, 1))!.value,
    b: toEstimate(mean(([, y]) => y, 1))!.value,
    difference: toEstimate(mean(([x, y]) => y - x))!,
    better: count((c) => c > 1e-9),
    worse: count((c) => c < -1e-9),
    equal: count((c) => Math.abs(c) <= 1e-9),
  }
}
