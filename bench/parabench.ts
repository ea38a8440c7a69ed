/**
 * The measured tables of the model that ships: modes x steps on both suites, sampled seeds, and the drag reports, by the
 * exact judge. Every run is a folder under runs/parabench, so the benchmark may be stopped and started again.
 * Usage: node bench/parabench.ts [prompts a run]     writes bench/results/parabench.{json,md}
 */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { BenchComparison, BenchGroup, DragReport } from '../src/shared/bench.ts'
import type { DragResult, SpecOf } from '../src/shared/jobs.ts'
import { dragModes } from '../src/engine/bench/drag.ts'
import { publishedModes, publishedNote, publishedRows } from '../src/shared/bench-published.ts'
import { comparisonTable, dragTable, reportTable } from '../src/engine/bench/report-tables.ts'
import { chooseJudge, compareRuns, makeReport } from '../src/engine/bench/report.ts'
import { writeTable, type Table } from '../src/engine/bench/table.ts'
import { writeFileAtomic } from '../src/engine/files.ts'
import { runJob } from '../src/engine/jobs.ts'
import { createEngineCache } from '../src/engine/jobs/context.ts'
import { openReadRun } from '../src/engine/jobs/parabench-read.ts'
import { median, saveResult } from './lib.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const model = join(root, 'resources', 'models', 'storybook')
const runs = join(root, 'runs', 'parabench')
const results = join(root, 'bench', 'results')
const limit = process.argv[2] ? Number(process.argv[2]) : undefined
const engines = createEngineCache()
const context = { signal: new AbortController().signal, engine: (directory: string) => engines.engine(directory) }

interface Plan {
  readonly name: string
  readonly suite: string
  readonly steps: number
  readonly seeds: number[]
  /** Of the image; the text takes the likeliest token, the default of the published model. */
  readonly temperature: number
}

const plans: readonly Plan[] = [
  ...[16, 8, 4, 32].map((steps) => ({
    name: `storybook-${steps}`,
    suite: 'storybook',
    steps,
    seeds: [1],
    temperature: 0,
  })),
  { name: 'hard-16', suite: 'storybook-hard', steps: 16, seeds: [1], temperature: 0 },
  { name: 'sampled-16', suite: 'storybook', steps: 16, seeds: [1, 2, 3], temperature: 1 },
]

/** Milliseconds an answer, median, by mode. */
type Times = Record<string, number>

async function measure(
  plan: Plan,
): Promise<{ report: DragReport; times: Times; comparison: BenchComparison; tables: Table[] }> {
  const folder = join(runs, plan.name)
  const spec: SpecOf<'parabench-drag'> = {
    kind: 'parabench-drag',
    suite: plan.suite,
    model,
    steps: plan.steps,
    seeds: plan.seeds,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: plan.temperature },
    judge: { kind: 'exact' },
    alongEvery: Math.max(1, plan.steps / 8),
    out: folder,
    ...(limit === undefined ? {} : { limit }),
  }
  let result: DragResult | null = null
  for await (const update of runJob(spec, context)) {
    if (update.type === 'progress' && update.done % 100 === 0) console.error(plan.name, update.done, 'of', update.total)
    if (update.type === 'result') result = update.result as DragResult
  }
  const times: Times = {}
  const tables: Table[] = []
  for (const mode of dragModes) {
    const read = await openReadRun(join(folder, mode))
    times[mode] = median([...read.run.answers.values()].map((answer) => answer.ms))
    if (plan.steps === 16) tables.push(reportTable(makeReport(read, chooseJudge(read.run)), 'markdown'))
  }
  const [sequential, parallel] = await Promise.all(['sequential', 'parallel'].map((m) => openReadRun(join(folder, m))))
  return { report: result!.report, times, comparison: compareRuns(sequential!, parallel!), tables }
}

const columns = [
  'right_image',
  'right_reasoning',
  'text_quality',
  'text_alignment',
  'image_consistency',
  'image_alignment',
  'image_quality',
  'output_alignment',
  'overall',
] as const

function line(name: string, group: BenchGroup, ms: number): string[] {
  const cell = (column: (typeof columns)[number]): string => {
    const e = group[column]
    const f = (x: number): string => (x * (column.startsWith('right') ? 100 : 1)).toFixed(1)
    return e ? `${f(e.value)} [${f(e.low)}, ${f(e.high)}]` : '-'
  }
  return [name, ...columns.map(cell), ms.toFixed(0)]
}

const head = ['steps, mode', ...columns.map((c) => c.replace('_', ' ') + (c.startsWith('right') ? ' %' : '')), 'ms']

await mkdir(runs, { recursive: true })
const measured = new Map<string, Awaited<ReturnType<typeof measure>>>()
for (const plan of plans) {
  const began = performance.now()
  measured.set(plan.name, await measure(plan))
  console.error(plan.name, 'took', ((performance.now() - began) / 1000).toFixed(0), 's')
}
await engines.dispose()

const sections: string[] = []
for (const [title, names] of [
  ['Modes and steps', plans.filter((p) => p.temperature === 0 && p.suite === 'storybook').map((p) => p.name)],
  ['Held-out combinations and compositions', ['hard-16']],
  ['Sampled pictures, three seeds', ['sampled-16']],
] as const) {
  const chosen = [...names].sort(
    (a, b) => measured.get(a)!.report.settings.steps - measured.get(b)!.report.settings.steps,
  )
  const rows = chosen.flatMap((name) => {
    const { report, times } = measured.get(name)!
    return Object.entries(report.modes).map(([mode, group]) =>
      line(`${report.settings.steps}, ${mode}`, group, times[mode]!),
    )
  })
  const { suite, model: of, seeds, temperatures } = measured.get(chosen[0]!)!.report.settings
  const what = `${suite.name}, ${of.name} ${of.hash.slice(0, 8)}, seeds ${seeds.join(', ')}, temperatures ${temperatures.text}/${temperatures.image}`
  sections.push(writeTable({ title: `${title} (${what})`, rows: [head, ...rows], notes: [] }, 'markdown'))
}
for (const name of ['storybook-16', 'hard-16', 'sampled-16'])
  sections.push(writeTable(dragTable(measured.get(name)!.report, 'markdown'), 'markdown'))
sections.push(writeTable(comparisonTable(measured.get('storybook-16')!.comparison, 'markdown'), 'markdown'))
for (const name of ['storybook-16', 'hard-16'])
  sections.push(...measured.get(name)!.tables.map((table) => writeTable(table, 'markdown')))
const published = [
  `Published (${publishedNote}): ${publishedRows.map((r) => `${r.model} ${r.overall}`).join(', ')}.`,
  `Published, Table 10 (text / image / output alignment): ${publishedModes.map((m) => `${m.mode} ${m.text_alignment}/${m.image_alignment}/${m.output_alignment}`).join(', ')}.`,
].join('\n')
await writeFileAtomic(
  join(results, 'parabench.md'),
  `# ParaBench of the model that ships, by the exact judge\n\nRemade by \`node bench/parabench.ts\`; formulas in docs/parabench.md. ms: median time of an answer on this machine.\n\n${sections.join('\n')}\n${published}\n`,
)
await saveResult('parabench', {
  ...(limit === undefined ? {} : { limit }),
  runs: Object.fromEntries(
    [...measured].map(([name, { report, times, comparison }]) => [
      name,
      {
        settings: report.settings,
        judge: report.judge,
        ms: times,
        modes: report.modes,
        // By category it stands in the Markdown file.
        drag: Object.fromEntries(Object.entries(report.drag).map(([mode, { overall }]) => [mode, overall])),
        along: report.along,
        parallel_minus_sequential: comparison.overall,
      },
    ]),
  ),
})
console.log(join(results, 'parabench.md'))
