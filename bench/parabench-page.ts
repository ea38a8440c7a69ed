/**
 * bench/results/parabench.md: the grids from parabench.json, and what only a whole run can say (by category, compared),
 * which stands between marks of its plan and stays as it is until that plan is measured again.
 */
import type { BenchGroup } from '../src/shared/bench.ts'
import { publishedModes, publishedNote, publishedRows } from '../src/shared/bench-published.ts'
import { dimensionNames } from '../src/shared/bench.ts'
import { writeTable } from '../src/engine/bench/table.ts'
import { plans } from './parabench-plan.ts'
import type { Measured, MeasuredRun } from './parabench-results.ts'

const columns = ['right_image', 'right_reasoning', ...dimensionNames, 'overall'] as const
const names = columns.map((c) => c.replace('_', ' ') + (c.startsWith('right') ? ' %' : ''))

function scoreCells(group: BenchGroup): string[] {
  return columns.map((column) => {
    const e = group[column]
    const f = (x: number): string => (x * (column.startsWith('right') ? 100 : 1)).toFixed(1)
    return e ? `${f(e.value)} [${f(e.low)}, ${f(e.high)}]` : '-'
  })
}

function describe({ settings: { suite, model, seeds, temperatures } }: MeasuredRun): string {
  return `${suite.name}, ${model.name} ${model.hash.slice(0, 8)}, seeds ${seeds.join(', ')}, temperatures ${temperatures.text}/${temperatures.image}`
}

/** A row a step count and mode; nothing where nothing was measured. */
function grid(title: string, runs: readonly MeasuredRun[]): string[] {
  if (runs.length === 0) return []
  const rows = runs.flatMap(({ settings, modes, ms }) =>
    Object.entries(modes).map(([mode, group]) => [
      `${settings.steps}, ${mode}`,
      ...scoreCells(group),
      ms?.[mode]?.toFixed(0) ?? '-',
    ]),
  )
  return [
    writeTable(
      { title: `${title} (${describe(runs[0]!)})`, rows: [['steps, mode', ...names, 'ms'], ...rows], notes: [] },
      'markdown',
    ),
  ]
}

/** A row a step count, mode and seed. */
function bySeed(title: string, runs: readonly MeasuredRun[]): string {
  const rows = runs.flatMap(({ settings, seeds = {} }) =>
    Object.entries(seeds).flatMap(([seed, modes]) =>
      Object.entries(modes).map(([mode, group]) => [`${settings.steps}, ${mode}, seed ${seed}`, ...scoreCells(group)]),
    ),
  )
  return writeTable({ title, rows: [['steps, mode, seed', ...names], ...rows], notes: [] }, 'markdown')
}

/** Between these stands what belongs to one plan alone. */
const markOf = (name: string): readonly [string, string] => [`<!-- ${name} -->`, `<!-- /${name} -->`]

/** What an earlier page says of a plan. */
export function keptDetail(page: string, name: string): string | null {
  const [begin, end] = markOf(name)
  const [from, to] = [page.indexOf(begin), page.indexOf(end)]
  return from < 0 || to < from ? null : page.slice(from + begin.length, to).trim()
}

/** `detail`: what belongs to a plan alone, as Markdown; null where there is none. */
export function writePage(measured: Measured, detail: (name: string) => string | null): string {
  const runsOf = (prefix: string): MeasuredRun[] =>
    Object.entries(measured)
      .filter(([name]) => name.startsWith(prefix))
      .map(([, run]) => run)
      .sort((a, b) => a.settings.steps - b.settings.steps)
  const sampled = runsOf('sampled-')
  const seeded = sampled.filter(({ seeds }) => seeds !== undefined)
  const sections = [
    ...grid('Modes and steps', runsOf('storybook-')),
    ...grid('Held-out combinations and compositions', runsOf('hard-')),
    ...grid('Sampled pictures, three seeds', sampled),
    ...(seeded.length > 0 ? [bySeed('Sampled pictures, seed by seed', seeded)] : []),
    ...plans.flatMap(({ name }) => {
      const own = detail(name)?.trim() ?? ''
      const [begin, end] = markOf(name)
      return own === '' ? [] : [`${begin}\n\n${own}\n\n${end}\n`]
    }),
    writeTable(
      {
        title: `Published (${publishedNote})`,
        rows: [
          ['model', ...dimensionNames.map((name) => name.replace('_', ' ')), 'overall'],
          ...publishedRows.map(({ model, columns: own, overall }) => [
            model,
            ...dimensionNames.map((name) => own[name].toFixed(1)),
            overall.toFixed(1),
          ]),
        ],
        notes: [],
      },
      'markdown',
    ),
    `Published, Table 10 (text / image / output alignment): ${publishedModes.map((m) => `${m.mode} ${m.text_alignment}/${m.image_alignment}/${m.output_alignment}`).join(', ')}.\n`,
  ]
  return `# ParaBench of the model that ships, by the exact judge

Remade by \`node bench/parabench.ts\`; formulas in docs/parabench.md. ms: median time of an answer on this machine, left out
where it gave way to other work or was stopped in between. At temperature 0 every seed gives the same answers, so seeds are those of sampled pictures.

${sections.join('\n')}`
}
