/**
 * The measured ParaBench tables as README and model card quote them, taken from bench/results/parabench.json alone, so that
 * no number is copied by hand. A test holds both to it.
 * Usage: node bench/parabench-quote.ts     rewrites what stands between the marks
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { format, resolveConfig } from 'prettier'
import { z } from 'zod'
import {
  benchGroupSchema,
  benchSettingsSchema,
  dimensionNames,
  dragGroupSchema,
  type BenchGroup,
  type DragGroup,
  type Estimate,
} from '../src/shared/bench.ts'
import { writeFileAtomic } from '../src/engine/files.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
export const quotedIn = ['README.md', 'resources/models/storybook/README.md'] as const
const resultsPath = join(root, 'bench', 'results', 'parabench.json')

/** What stands between them is written by this program. */
export const marks = {
  begin: '<!-- measured: bench/parabench-quote.ts -->',
  end: '<!-- /measured -->',
} as const

const resultsSchema = z.looseObject({
  runs: z.record(
    z.string(),
    z.looseObject({
      settings: benchSettingsSchema,
      judge: z.string(),
      modes: z.record(z.string(), benchGroupSchema),
      /** Over all categories, by mode. */
      drag: z.record(z.string(), dragGroupSchema),
    }),
  ),
})
export type Measured = z.infer<typeof resultsSchema>['runs']
type Run = Measured[string]

export const readMeasured = async (): Promise<Measured> =>
  resultsSchema.parse(JSON.parse(await readFile(resultsPath, 'utf8'))).runs

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

/** As Markdown, in the form the repository's formatter leaves it. */
export async function quote(measured: Measured): Promise<string> {
  const of = (name: string): Run => {
    const run = measured[name]
    if (!run) throw new Error(`bench/results/parabench.json has no run ${name}`)
    return run
  }
  const steps = [4, 8, 16, 32].map((count) => of(`storybook-${count}`))
  const [hard, sampled] = [of('hard-16'), of('sampled-16')]
  const { settings, judge } = steps[0]!
  const prompts = steps[0]!.modes['parallel']?.prompts ?? 0
  const text = `Suite \`storybook\`, ${prompts} prompts that no training sample has, weights ${settings.model.hash.slice(0, 8)}, judge: ${judge}, seed ${settings.seeds.join(', ')},
temperatures 0. Shares in per cent, dimensions 0 to 100, 95 % intervals in brackets. Every category, both suites and how it
was measured: bench/results/parabench.md, docs/parabench.md.

${scoreTable(steps)}

Suite \`storybook-hard\`: combinations of sprite and operation, and two or three operations in one instruction, that no
training sample has (${hard.modes['parallel']?.prompts ?? 0} prompts, ${hard.settings.steps} steps).

${scoreTable([hard])}

Reasoning drag at 16 steps: the share of answers whose picture is worse, or better, with thinking than without it, and the
mean change of the picture's score.

${dragTable([
  ['storybook', of('storybook-16')],
  [
    `storybook, seeds ${sampled.settings.seeds.join(', ')}, image temperature ${sampled.settings.temperatures.image}`,
    sampled,
  ],
  ['storybook-hard', hard],
])}
`
  const config = await resolveConfig(join(root, 'README.md'))
  return format(text, { ...config, parser: 'markdown' })
}

/** The text with what is measured between its marks. */
export function withQuote(text: string, quoted: string): string {
  const [from, to] = [text.indexOf(marks.begin), text.indexOf(marks.end)]
  if (from < 0 || to < from) throw new Error(`the marks "${marks.begin}" and "${marks.end}" are missing`)
  return `${text.slice(0, from)}${marks.begin}\n\n${quoted}\n${text.slice(to)}`
}

if (import.meta.main) {
  const quoted = await quote(await readMeasured())
  for (const name of quotedIn) {
    const path = join(root, name)
    await writeFileAtomic(path, withQuote(await readFile(path, 'utf8'), quoted))
    console.error(`wrote ${name}`)
  }
}
