/**
 * The measured ParaBench tables as README and model card quote them, and the times docs/parabench.md quotes, taken from
 * bench/results alone, so that no number is copied by hand. A test holds all of them to it.
 * Usage: node bench/parabench-quote.ts     rewrites what stands between the marks
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { dimensionNames, type BenchGroup, type DragGroup, type Estimate } from '../src/shared/bench.ts'
import { writeFileAtomic } from '../src/engine/files.ts'
import {
  readJudgeTimes,
  readMeasured,
  readWall,
  type JudgeTimes,
  type Measured,
  type MeasuredRun as Run,
  type Wall,
} from './parabench-results.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

interface Marks {
  readonly begin: string
  readonly end: string
}

/** What stands between them is written by this program. */
export const marks: Marks = { begin: '<!-- measured: bench/parabench-quote.ts -->', end: '<!-- /measured -->' }

const columns = ['right_image', 'right_reasoning', ...dimensionNames, 'overall'] as const

function cell(estimate: Estimate | null, factor: number): string {
  if (!estimate) return '-'
  const f = (x: number): string => (x * factor).toFixed(1)
  return `${f(estimate.value)} (${f(estimate.low)}${estimate.low < 0 ? ' to ' : '-'}${f(estimate.high)})`
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map((_, i) => (i < 2 ? '---' : '--:')), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')

const scoreCells = (group: BenchGroup): string[] =>
  columns.map((name) => cell(group[name], name.startsWith('right') ? 100 : 1))

const scoreTable = (runs: readonly Run[]): string =>
  table(
    ['steps', 'mode', ...columns.map((name) => name.replaceAll('_', ' '))],
    runs.flatMap(({ settings, modes }) =>
      Object.entries(modes).map(([mode, group]) => [String(settings.steps), mode, ...scoreCells(group)]),
    ),
  )

function dragRow(what: string, mode: string, group: DragGroup): string[] {
  const r = group.correlation === null ? '-' : group.correlation.toFixed(2)
  return [what, mode, cell(group.worse, 100), cell(group.better, 100), cell(group.change, 1), r]
}

const dragTable = (runs: readonly (readonly [string, Run])[]): string =>
  table(
    ['suite', 'mode', 'worse %', 'better %', 'change', 'r with output alignment'],
    runs.flatMap(([what, { drag }]) => Object.entries(drag).map(([mode, group]) => dragRow(what, mode, group))),
  )

export const asFormatted = async (text: string): Promise<string> =>
  format(text, { ...(await resolveConfig(join(root, 'README.md'))), parser: 'markdown' })

/** The tables, as Markdown in the form the repository's formatter leaves it. */
export async function quote(measured: Measured): Promise<string> {
  const of = (name: string): Run => {
    const run = measured[name]
    if (!run) throw new Error(`bench/results/parabench.json has no run ${name}`)
    return run
  }
  const steps = [4, 8, 16, 32].map((count) => of(`storybook-${count}`))
  const [hard, sampled] = [of('hard-16'), of('sampled-16')]
  // Step counts join as they are measured.
  const seeded = [4, 8, 16, 32].flatMap((count) => measured[`sampled-${count}`] ?? [])
  const { settings, judge } = steps[0]!
  const prompts = steps[0]!.modes['parallel']?.prompts ?? 0
  const sampling = `seeds ${sampled.settings.seeds.join(', ')}, image temperature ${sampled.settings.temperatures.image}`
  return asFormatted(`Suite \`storybook\`, ${prompts} prompts that no training sample has, weights ${settings.model.hash.slice(0, 8)}, judge: ${judge}, seed ${settings.seeds.join(', ')},
temperatures 0 (every seed gives the same answers). Shares in per cent, dimensions 0 to 100, 95 % intervals in brackets. Every
category, both suites, each seed and how it was measured: bench/results/parabench.md, docs/parabench.md.

${scoreTable(steps)}

The same with sampled pictures: ${sampling}.

${scoreTable(seeded)}

Suite \`storybook-hard\`: combinations of sprite and operation, and two or three operations in one instruction, that no
training sample has (${hard.modes['parallel']?.prompts ?? 0} prompts, ${hard.settings.steps} steps).

${scoreTable([hard])}

Reasoning drag at 16 steps: the share of answers whose picture is worse, or better, with thinking than without it, and the
mean change of the picture's score.

${dragTable([
  ['storybook', of('storybook-16')],
  [`storybook, ${sampling}`, sampled],
  ['storybook-hard', hard],
])}
`)
}

/** How long the judge and a whole run take, as sentences. */
export async function quoteTimes(judge: JudgeTimes, wall: Wall | null, measured: Measured): Promise<string> {
  const ms = ({ median, p99 }: JudgeTimes['ms']): string =>
    `${median.toFixed(1)} ms in the median (99 %: ${p99.toFixed(1)} ms)`
  const reasons = judge.ms_with_reasons ? `, ${ms(judge.ms_with_reasons)} with its reasons` : ''
  const { modes, ms: times } = measured['storybook-16']!
  const [prompts, answer] = [modes['parallel']!.prompts, times!['parallel']!]
  const whole = wall
    ? `The ${wall.suite} suite (${wall.prompts} prompts, ${wall.mode}, seed ${wall.seed}, ${wall.steps} steps, judge: ${wall.judge}) takes ${wall.seconds.toFixed(0)} s on ${wall.threads} threads of ${wall.cpu}, from an empty folder to the report (\`bench/results/parabench-wall.json\`, remade by \`node bench/parabench.ts --only wall\`).`
    : `The storybook suite as one run is timed by \`node bench/parabench.ts --only wall\` into \`bench/results/parabench-wall.json\`, which is not there yet; by the median answer in parallel at 16 steps, ${answer.toFixed(0)} ms, its ${prompts} prompts take ${((prompts * answer) / 1000).toFixed(0)} s.`
  return asFormatted(`A judgement takes ${ms(judge.ms)}${reasons} (\`bench/results/soak-judge.json\`). ${whole}\n`)
}

/** Every text that quotes, with what belongs between its marks. */
export async function quotes(): Promise<{ file: string; quoted: string }[]> {
  const measured = await readMeasured()
  const tables = await quote(measured)
  const times = await quoteTimes(await readJudgeTimes(), await readWall(), measured)
  return [
    { file: 'README.md', quoted: tables },
    { file: 'resources/models/storybook/README.md', quoted: tables },
    { file: 'docs/parabench.md', quoted: times },
  ]
}

/** The text with what is measured between its marks; a text may hold several pairs that differ in how they begin. */
export function withQuote(text: string, quoted: string, { begin, end }: Marks = marks): string {
  const from = text.indexOf(begin)
  const to = from < 0 ? -1 : text.indexOf(end, from)
  if (to < 0) throw new Error(`the marks "${begin}" and "${end}" are missing`)
  return `${text.slice(0, from)}${begin}\n\n${quoted}\n${text.slice(to)}`
}

if (import.meta.main) {
  for (const { file, quoted } of await quotes()) {
    const path = join(root, file)
    await writeFileAtomic(path, withQuote(await readFile(path, 'utf8'), quoted))
    console.error(`wrote ${file}`)
  }
}
