/** `tandem bench`: ParaBench runs, their comparison, reports in every form, and the reasoning-drag report. */
import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { BenchJudge, DragReport } from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import {
  benchCompareResultSchema,
  benchReportResultSchema,
  dragResultSchema,
  estimateResultSchema,
  parabenchResultSchema,
  type AdapterStack,
  type SpecOf,
} from '../../shared/jobs.ts'
import type { PresetName } from '../../shared/acceleration.ts'
import type { DecodingMode } from '../../shared/trajectory.ts'
import type { Table, TableFormat } from '../../engine/bench/table.ts'
import { addEngineBench } from './bench-engine.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive, metricsLine, type Live } from './live.ts'
import { fastOf, guidance, integer, mode, preset, seed, stackedAdapter, stepCount, temperature } from './options.ts'
import { note, printJson } from './report.ts'

interface RunOptions {
  suite: string
  model: string
  adapter: AdapterStack
  mode: DecodingMode
  steps: number
  imageSteps?: number
  fast?: PresetName | true
  seeds: number[]
  judge: string
  judgeModel?: string
  concurrency: number
  rate?: number
  timeout: number
  priceIn?: number
  priceOut?: number
  judgeCache?: string
  limit?: number
  along?: number
  guidanceText: number
  guidanceImage: number
  temperatureText: number
  temperatureImage: number
  out: string
  estimate?: boolean
  json?: boolean
}

const seeds = (text: string): number[] => text.split(',').map(seed)
const count = integer(1, 1_000_000)
function price(text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && value >= 0 && Number.isFinite(value)) return value
  throw new InvalidArgumentError(`"${text}" is not a price in USD per million tokens.`)
}
const formats = ['text', 'markdown', 'csv', 'latex', 'json'] as const
function format(text: string): (typeof formats)[number] {
  const found = formats.find((f) => f === text)
  if (found) return found
  throw new InvalidArgumentError(`"${text}" is not a format. Choose one of ${formats.join(', ')}.`)
}

export function addBenchCommand(program: Command): void {
  const bench = program.command('bench').description('ParaBench: measure text, picture, and how they agree.')
  addRunOptions(
    bench
      .command('parabench')
      .description('Answer and judge a suite. The same command on the same folder goes on where it stopped.')
      .option('--mode <mode>', 'decoding mode', mode, 'parallel')
      .option('--estimate', 'only say what judging at an endpoint would ask for'),
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
    .action(async (options: RunOptions) => {
      const spec: SpecOf<'parabench'> = {
        ...benchSpec(options),
        kind: 'parabench',
        mode: options.mode,
        ...(options.estimate ? { estimateOnly: true } : {}),
      }
      if (options.estimate) {
        if (spec.judge.kind === 'exact')
          throw new TandemError('The exact judge costs nothing.', 'Use --estimate with --judge URL.')
        const { estimate } = estimateResultSchema.parse(await driveJob(spec, progress()))
        if (options.json) return printJson(estimate)
        const { describeEstimate } = await import('../../engine/bench/endpoint/cost.ts')
        process.stdout.write(describeEstimate(estimate) + '\n')
        return
      }
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
      .description('The same prompts without thinking and with it in three modes: what thinking does to the picture.'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  tandem bench drag --suite storybook --along 4 --out runs/drag\n  tandem bench drag --suite storybook-hard --limit 60 --out runs/drag-hard --json',
    )
    .action(async (options: RunOptions) => {
      const spec: SpecOf<'parabench-drag'> = { ...benchSpec(options), kind: 'parabench-drag' }
      const result = dragResultSchema.parse(await driveJob(spec, progress()))
      if (options.json) return printJson(result)
      const { dragTable } = await tables()
      await print(dragTable(result.report, 'text'), 'text')
      process.stdout.write(worstLines(result.report))
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
    .action(
      async (a: string, b: string, options: { judge?: string; format: (typeof formats)[number]; json?: boolean }) => {
        const spec = { kind: 'parabench-compare' as const, a: resolve(a), b: resolve(b), ...judgeName(options) }
        const { comparison } = benchCompareResultSchema.parse(await driveJob(spec, progress()))
        if (options.json || options.format === 'json') return printJson(comparison)
        const { comparisonTable } = await tables()
        await print(comparisonTable(comparison, options.format), options.format)
      },
    )

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
    .action(
      async (
        dir: string,
        options: { judge?: string; format: (typeof formats)[number]; out?: string; json?: boolean },
      ) => {
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
      },
    )
}

/** What a run and a drag report have in common. */
function addRunOptions(command: Command): Command {
  return command
    .requiredOption('--suite <name>', 'a folder with suite.json, or one that ships: storybook, storybook-hard')
    .requiredOption('--out <dir>', 'folder of the run')
    .option('--model <dir>', 'model folder', shippedModel)
    .option('--adapter <dir[:weight]>', 'an adapter on the model, with how much of it; repeatable', stackedAdapter, [])
    .option('--steps <n>', 'denoising steps', stepCount, 16)
    .option('--image-steps <n>', 'how many of its steps update the image (default: all)', stepCount)
    .option(
      '--fast [preset]',
      'give up a little for speed: fast (the default) or fastest; docs/acceleration.md says how much',
      preset,
    )
    .option('--seeds <list>', 'seeds, separated by commas', seeds, [1])
    .option('--limit <n>', 'only so many prompts, in turn from each category', count)
    .option('--judge <who>', 'exact, or the base URL of an endpoint', 'exact')
    .option('--judge-model <name>', 'the model an endpoint is asked for')
    .option('--concurrency <n>', 'requests to the endpoint at once', integer(1, 64), 4)
    .option('--rate <n>', 'most requests to the endpoint a minute', integer(1, 100_000))
    .option('--timeout <seconds>', 'how long to wait for an answer of the endpoint', integer(1, 3600), 60)
    .option('--price-in <usd>', 'price of a million tokens sent, for the estimate', price)
    .option('--price-out <usd>', 'price of a million tokens answered', price)
    .option('--judge-cache <dir>', "folder of the endpoint's answers, shared by runs")
    .option('--along <k>', 'also measure output alignment at every k-th step', integer(1, 4096))
    .option('--guidance-text <x>', 'guidance of the reasoning', guidance, 0)
    .option('--guidance-image <x>', 'guidance of the image', guidance, 0)
    .option('--temperature-text <x>', 'temperature of the reasoning', temperature, 0)
    .option('--temperature-image <x>', 'temperature of the image', temperature, 0)
    .option('--json', 'print one JSON object')
}

function benchSpec(options: RunOptions): Omit<SpecOf<'parabench-drag'>, 'kind'> {
  return {
    suite: options.suite,
    model: options.model,
    ...(options.adapter.length > 0 ? { adapters: options.adapter } : {}),
    steps: options.steps,
    ...(options.imageSteps === undefined ? {} : { imageSteps: options.imageSteps }),
    ...fastOf(options.fast),
    seeds: options.seeds,
    guidance: { text: options.guidanceText, image: options.guidanceImage },
    temperatures: { text: options.temperatureText, image: options.temperatureImage },
    judge: judgeOf(options),
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    ...(options.along === undefined ? {} : { alongEvery: options.along }),
    out: resolve(options.out),
  }
}

function judgeOf(options: RunOptions): BenchJudge {
  if (options.judge === 'exact') return { kind: 'exact' }
  if (!/^https?:\/\//.test(options.judge))
    throw new TandemError(`"${options.judge}" is no judge.`, 'Give "exact" or a URL such as https://host/v1.')
  if (options.judgeModel === undefined)
    throw new TandemError('An endpoint has to be told which model to ask.', 'Add --judge-model NAME.')
  const { priceIn, priceOut } = options
  return {
    kind: 'endpoint',
    url: options.judge,
    model: options.judgeModel,
    concurrency: options.concurrency,
    ...(options.rate === undefined ? {} : { requestsPerMinute: options.rate }),
    timeoutSeconds: options.timeout,
    ...(priceIn === undefined && priceOut === undefined
      ? {}
      : { prices: { input: priceIn ?? 0, output: priceOut ?? 0 } }),
    ...(options.judgeCache === undefined ? {} : { cache: resolve(options.judgeCache) }),
  }
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
