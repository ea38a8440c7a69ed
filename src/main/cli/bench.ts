/** `tandem bench`: ParaBench runs, their comparison, reports in every form, and the reasoning-drag report. */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { DragReport } from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import {
  benchCompareResultSchema,
  benchReportResultSchema,
  dragResultSchema,
  estimateResultSchema,
  parabenchResultSchema,
  type SpecOf,
} from '../../shared/jobs.ts'
import type { DecodingMode } from '../../shared/trajectory.ts'
import type { Table, TableFormat } from '../../engine/bench/table.ts'
import { addEngineBench } from './bench-engine.ts'
import { addRunOptions, benchSpec, format, formats, type Format, type RunOptions } from './bench-options.ts'
import { driveJob } from './drive.ts'
import { createLive, metricsLine, type Live } from './live.ts'
import { mode } from './options.ts'
import { note, printJson } from './report.ts'

type ParabenchOptions = RunOptions & { mode: DecodingMode }
type DragOptions = RunOptions & { format: Format }

export function addBenchCommand(program: Command): void {
  const bench = program.command('bench').description('ParaBench: measure text, picture, and how they agree.')
  addRunOptions(
    bench
      .command('parabench')
      .description('Answer and judge a suite. The same command on the same folder goes on where it stopped.')
      .option('--mode <mode>', 'decoding mode', mode, 'parallel'),
  )
    .addHelpText(
      'after',
      `
A judge at a URL speaks the OpenAI chat protocol; its key is read from TANDEM_JUDGE_KEY and from nowhere else.

Examples:
  tandem bench parabench --suite storybook --out runs/parallel
  tandem bench parabench --suite storybook --mode sequential --steps 8 --limit 30 --out runs/quick --json
  tandem bench parabench --suite my-suite --judge https://host/v1 --judge-model some-vision-model --out runs/judged`,
    )
    .action(async (options: ParabenchOptions) => {
      const spec: SpecOf<'parabench'> = { ...benchSpec(options), kind: 'parabench', mode: options.mode }
      if (options.estimate) return sayEstimate(spec, options.json)
      const result = parabenchResultSchema.parse(await driveJob(spec, progress()))
      if (options.json) return printJson(result)
      const { reportTable } = await tables()
      await print(reportTable(result.report, 'text'), 'text')
      process.stdout.write(
        `\n${result.folder}: ${result.answered} answers in ${result.seconds} s, ${result.ms} ms each\n`,
      )
    })

  addRunOptions(
    bench
      .command('drag')
      .description('The same prompts without thinking and with it in three modes: what thinking does to the picture.')
      .option('--format <form>', formats.join(', '), format, 'text'),
  )
    .addHelpText(
      'after',
      '\nOn a folder that is finished nothing is answered again, so the same command writes other formats.\n\nExamples:\n  tandem bench drag --suite storybook --along 4 --out runs/drag\n  tandem bench drag --suite storybook --along 4 --out runs/drag --format latex > drag.tex\n  tandem bench drag --suite storybook-hard --limit 60 --out runs/drag-hard --json',
    )
    .action(async (options: DragOptions) => {
      const spec: SpecOf<'parabench-drag'> = { ...benchSpec(options), kind: 'parabench-drag' }
      if (options.estimate) return sayEstimate(spec, options.json)
      const result = dragResultSchema.parse(await driveJob(spec, progress()))
      if (options.json) return printJson(result)
      if (options.format === 'json') return printJson(result.report)
      const { dragTable } = await tables()
      await print(dragTable(result.report, options.format), options.format)
      if (options.format === 'text') process.stdout.write(worstLines(result.report))
    })

  addEngineBench(bench)

  bench
    .command('compare')
    .description('Paired differences of two runs of one suite: B - A, prompt by prompt and seed by seed.')
    .argument('<a>', 'folder of a run')
    .argument('<b>', 'folder of another')
    .option('--judge <name>', 'the judge whose scores are compared, as a report names it')
    .option('--format <form>', formats.join(', '), format, 'text')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem bench compare runs/sequential runs/parallel\n  tandem bench compare runs/a runs/b --format latex',
    )
    .action(async (a: string, b: string, options: { judge?: string; format: Format; json?: boolean }) => {
      const spec = { kind: 'parabench-compare' as const, a: resolve(a), b: resolve(b), ...judgeName(options) }
      const { comparison } = benchCompareResultSchema.parse(await driveJob(spec, progress()))
      if (options.json || options.format === 'json') return printJson(comparison)
      const { comparisonTable } = await tables()
      await print(comparisonTable(comparison, options.format), options.format)
    })

  bench
    .command('report')
    .description('The report of a run that is there, finished or not.')
    .argument('<dir>', 'folder of a run')
    .option('--judge <name>', 'the judge whose scores are reported')
    .option('--format <form>', formats.join(', '), format, 'text')
    .option('--out <file>', 'write it there instead of printing it')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem bench report runs/parallel --format markdown\n  tandem bench report runs/parallel --format latex --out table.tex',
    )
    .action(async (dir: string, options: { judge?: string; format: Format; out?: string; json?: boolean }) => {
      const spec = { kind: 'parabench-report' as const, run: resolve(dir), ...judgeName(options) }
      const { report } = benchReportResultSchema.parse(await driveJob(spec, progress()))
      const form = options.json ? 'json' : options.format
      if (form === 'json' && !options.out) return printJson(report)
      const { reportTable } = await tables()
      if (!options.out && form !== 'json') return print(reportTable(report, form), form)
      const [{ writeFileAtomic }, { writeTable }] = await Promise.all([
        import('../../engine/files.ts'),
        import('../../engine/bench/table.ts'),
      ])
      const text =
        form === 'json' ? JSON.stringify(report, null, 2) + '\n' : writeTable(reportTable(report, form), form)
      const file = resolve(options.out!)
      await writeFileAtomic(file, text)
      if (options.json) printJson({ file })
      else process.stdout.write(`${file}\n`)
    })
}

/** Says what judging would ask for; nothing is answered or sent. */
async function sayEstimate(spec: SpecOf<'parabench'> | SpecOf<'parabench-drag'>, json = false): Promise<void> {
  if (spec.judge.kind === 'exact')
    throw new TandemError('The exact judge costs nothing.', 'Use --estimate with --judge URL.')
  const { estimate } = estimateResultSchema.parse(await driveJob(spec, progress()))
  if (json) return printJson(estimate)
  const { describeEstimate } = await import('../../engine/bench/endpoint/cost.ts')
  process.stdout.write(describeEstimate(estimate) + '\n')
}

const judgeName = ({ judge }: { judge?: string }): { judge?: string } => (judge === undefined ? {} : { judge })

const tables = () => import('../../engine/bench/report-tables.ts')

async function print(table: Table, format: TableFormat): Promise<void> {
  const { writeTable } = await import('../../engine/bench/table.ts')
  process.stdout.write(writeTable(table, format))
}

/** Where to look first. */
function worstLines({ worst }: DragReport): string {
  if (worst.length === 0) return '\nNo picture got worse.\n'
  const lines = worst
    .slice(0, 5)
    .map(
      (w) => `  ${w.change.toFixed(1).padStart(6)}  ${w.mode}  ${w.id} seed ${w.seed}: ${w.trajectories.join(' -> ')}`,
    )
  return `\nPictures that lost most:\n${lines.join('\n')}\n`
}

/** A bar on a terminal; a line now and then in a log. */
function progress(): Live {
  if (process.stderr.isTTY) return createLive()
  let last = performance.now()
  return {
    clear: () => undefined,
    show(update) {
      if (update.type === 'started') note(`${update.total} answers: ${update.detail}`)
      if (update.type !== 'progress' || performance.now() - last < 15_000) return
      last = performance.now()
      note(`${update.done}/${update.total}  ${metricsLine(update.metrics)}`)
    },
  }
}
