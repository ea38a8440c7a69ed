/** Reports, comparisons and drag reports as tables: what `tandem bench` prints and exports. */
import { accelerationWords } from '../../shared/acceleration.ts'
import {
  dimensionNames,
  type BenchComparison,
  type BenchGroup,
  type BenchReport,
  type BenchSettings,
  type DragReport,
  type Estimate,
} from '../../shared/bench.ts'
import type { VoteReport } from '../../shared/bench-read.ts'
import { publishedNote, publishedRows } from '../../shared/bench-published.ts'
import type { Table, TableFormat } from './table.ts'

const words = (name: string): string => name.replaceAll('_', ' ')
const measureNames = ['right_image', 'right_reasoning', ...dimensionNames, 'overall'] as const

/** `83.3 [80.1, 86.0]`; shares as per cent. */
function interval(estimate: Estimate | null, factor = 1): string {
  if (!estimate) return '-'
  const f = (x: number): string => (x * factor).toFixed(1)
  return `${f(estimate.value)} [${f(estimate.low)}, ${f(estimate.high)}]`
}

const factorOf = (name: string): number => (name.startsWith('right') ? 100 : 1)
const columnName = (name: string): string => (name.startsWith('right') ? `${words(name)} %` : words(name))

/** A CSV has a column a number; the other forms put an interval into one cell. */
function cells(group: BenchGroup, format: TableFormat): string[] {
  const counts = [String(group.prompts), String(group.answers)]
  if (format !== 'csv') return [...counts, ...measureNames.map((name) => interval(group[name], factorOf(name)))]
  return [
    ...counts,
    ...measureNames.flatMap((name) => {
      const e = group[name]
      return e ? [e.value, e.low, e.high].map((x) => String(Number((x * factorOf(name)).toFixed(2)))) : ['', '', '']
    }),
  ]
}

function head(first: string, format: TableFormat): string[] {
  const measures = measureNames.flatMap((name) =>
    format === 'csv' ? [name, `${name}_low`, `${name}_high`] : [columnName(name)],
  )
  return [first, 'prompts', 'answers', ...measures]
}

export function describeSettings({
  suite,
  model,
  adapters,
  mode,
  steps,
  seeds,
  guidance,
  temperatures,
  acceleration,
  limit,
}: BenchSettings): string {
  const guided = guidance.text !== 0 || guidance.image !== 0 ? `, guidance ${guidance.text}/${guidance.image}` : ''
  const seed = seeds.length === 1 ? `seed ${seeds[0]!}` : `seeds ${seeds.join(', ')}`
  const fast = acceleration ? `, accelerated: ${accelerationWords(acceleration)}` : ''
  const part = limit === null ? '' : ` (${limit} prompts)`
  const mounted = adapters.map(({ name, hash, weight }) => `, adapter ${name} ${hash.slice(0, 8)} x ${weight}`).join('')
  return `${suite.name}${part}, ${model.name} ${model.hash.slice(0, 8)}${mounted}, ${mode}, ${steps} steps, ${seed}, temperatures ${temperatures.text}/${temperatures.image}${guided}${fast}`
}

const intervals = '95 % intervals in brackets: cluster bootstrap over prompts and seeds; Wilson for the shares.'

/** What a reader has to know of how an endpoint judged. */
function doubts(unjudged: number, unconfirmed: number): string[] {
  return [
    ...(unjudged > 0 ? [`${unjudged} answers are unjudged and in no number.`] : []),
    ...(unconfirmed > 0
      ? [`Model not confirmed by the endpoint in ${unconfirmed} answers: it did not say which model judged them.`]
      : []),
  ]
}

/** A row a category, the held-out part, the whole, and the published rows for orientation. */
export function reportTable(report: BenchReport, format: TableFormat): Table {
  const groups = Object.entries(report.categories)
  const rows = [head('category', format), ...groups.map(([name, group]) => [name, ...cells(group, format)])]
  if (report.held_out) rows.push(['held out', ...cells(report.held_out, format)])
  rows.push(['all', ...cells(report.overall, format)])
  if (format !== 'csv')
    for (const { model, columns, overall } of publishedRows) {
      const measures = { ...columns, overall }
      const known = measureNames.map((name) =>
        name in measures ? measures[name as keyof typeof measures].toFixed(1) : '',
      )
      rows.push([`${model} *`, '', '', ...known])
    }
  const notes = [`Judge: ${report.judge}. ${intervals}`, `* ${publishedNote}: for orientation only.`]
  const missing = report.expected - report.judged - report.unjudged.length
  if (missing > 0) notes.push(`This run is not finished: ${missing} of ${report.expected} answers are missing.`)
  notes.push(...doubts(report.unjudged.length, report.model_unconfirmed))
  for (const { judge, answers, dimensions } of report.agreement) {
    const each = Object.entries(dimensions).map(
      ([name, d]) => `${words(name)} r = ${d.correlation ?? 'none'}, mean difference ${d.mean_difference}`,
    )
    notes.push(`Agreement with ${judge} over ${answers} answers: ${each.join('; ')}.`)
  }
  if (report.along)
    notes.push(
      `Output alignment along the run: ${report.along.map((p) => `${p.step}: ${p.value.toFixed(1)}`).join(', ')}.`,
    )
  return { title: `ParaBench: ${describeSettings(report.settings)}`, rows, notes }
}

/** A row a measure: both means, the difference with its interval, and how many answers went which way. */
export function comparisonTable(comparison: BenchComparison, format: TableFormat): Table {
  const difference = format === 'csv' ? ['difference', 'low', 'high'] : ['B - A']
  const rows = [['part', 'measure', 'A', 'B', ...difference, 'better', 'worse', 'equal']]
  for (const [part, { measures }] of [['all', comparison.overall] as const, ...Object.entries(comparison.categories)])
    for (const [name, { a, b, difference: d, better, worse, equal }] of Object.entries(measures))
      rows.push([
        part,
        columnName(name),
        a.toFixed(1),
        b.toFixed(1),
        ...(format === 'csv' ? [d.value, d.low, d.high].map(String) : [interval(d)]),
        ...[better, worse, equal].map(String),
      ])
  return {
    title: `A: ${describeSettings(comparison.a)}. B: ${describeSettings(comparison.b)}`,
    rows,
    notes: [
      `Paired by prompt and seed: ${comparison.overall.pairs} pairs, ${comparison.unpaired} answers without a partner. Judge: ${comparison.judge}. ${intervals}`,
    ],
  }
}

/** A row a category: how a person's blind votes fell, and how often B won, with its interval. */
export function voteTable(
  { overall, categories, elo, agreement }: VoteReport,
  a: BenchSettings,
  b: BenchSettings,
  seed: number,
  format: TableFormat,
): Table {
  const wins = format === 'csv' ? ['b_wins_%', 'b_wins_%_low', 'b_wins_%_high'] : ['B wins %']
  const rows = [['category', 'prompts', 'pairs', 'A', 'tie', 'both bad', 'B', ...wins]]
  for (const [name, shares] of [...Object.entries(categories), ['all', overall] as const]) {
    const { value, low, high } = shares.win_rate
    const rate = format === 'csv' ? [value, low, high].map((x) => String(Number((100 * x).toFixed(2)))) : null
    rows.push([
      name,
      ...[shares.prompts, shares.pairs, shares.a, shares.tie, shares.both_bad, shares.b].map(String),
      ...(rate ?? [interval(shares.win_rate, 100)]),
    ])
  }
  const number = (x: number | null): string => (x === null ? 'none' : x.toFixed(2))
  return {
    title: `Blind votes. A: ${describeSettings(a)}. B: ${describeSettings(b)}`,
    rows,
    notes: [
      `One person's votes, sides and order drawn from seed ${seed}; a tie or both bad is half a win for each. 95 % intervals in brackets: cluster bootstrap over prompts and seeds.`,
      elo
        ? `Bradley-Terry: B is ${elo.value} points of Elo from A [${elo.low}, ${elo.high}].`
        : 'One of them won every pair: Bradley-Terry has no number for that.',
      ...agreement.map(
        ({ judge, pairs, same, kappa, correlation }) =>
          `Agreement with ${judge} over ${pairs} pairs: the same preference in ${(100 * same).toFixed(1)} %, Cohen's kappa ${number(kappa)}, r = ${number(correlation)}.`,
      ),
    ],
  }
}

/** A row a mode and category: how often thinking made the picture worse, and whether misalignment goes with it. */
export function dragTable(report: DragReport, format: TableFormat): Table {
  const spread = (name: string): string[] => (format === 'csv' ? [name, `${name}_low`, `${name}_high`] : [words(name)])
  const spreadCells = (e: Estimate, factor: number): string[] =>
    format === 'csv'
      ? [e.value, e.low, e.high].map((x) => String(Number((x * factor).toFixed(2))))
      : [interval(e, factor)]
  const rows = [
    [
      'mode',
      'category',
      'prompts',
      ...spread('worse_%'),
      ...spread('better_%'),
      ...spread('change'),
      'r with output alignment',
      'output alignment where worse',
      'elsewhere',
    ],
  ]
  const number = (x: number | null): string => (x === null ? '-' : String(x))
  for (const [mode, { overall, categories }] of Object.entries(report.drag))
    for (const [name, group] of [...Object.entries(categories), ['all', overall] as const])
      rows.push([
        mode,
        name,
        String(group.prompts),
        ...spreadCells(group.worse, 100),
        ...spreadCells(group.better, 100),
        ...spreadCells(group.change, 1),
        number(group.correlation),
        number(group.alignment_worse),
        number(group.alignment_otherwise),
      ])
  const along = Object.entries(report.along).map(
    ([mode, points]) => `${mode} ${points.map((p) => `${p.step}: ${p.value.toFixed(1)}`).join(', ')}`,
  )
  return {
    title: `Reasoning drag: ${describeSettings(report.settings)} against thinking`,
    rows,
    notes: [
      `A picture's score is the mean of its alignment and consistency. Judge: ${report.judge}. ${intervals}`,
      ...doubts(report.unjudged, report.model_unconfirmed),
      ...(along.length > 0 ? [`Output alignment along the run: ${along.join('; ')}.`] : []),
    ],
  }
}
