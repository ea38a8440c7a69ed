/** `tandem dataset`: check a set of quadruplets, count it, bring it in, take it out, draw its splits. */
import { resolve } from 'node:path'
import { InvalidArgumentError, type Command } from 'commander'
import type { z } from 'zod'
import {
  checkReportSchema,
  datasetSplitSchema,
  datasetStatsSchema,
  datasetWriteSchema,
  problemSeverity,
  rowFields,
  type CheckReport,
  type DatasetStats,
  type DatasetWork,
  type RowField,
} from '../../shared/datasets.ts'
import { driveJob } from './drive.ts'
import { shippedModel } from './installation.ts'
import { createLive } from './live.ts'
import { integer, real, seed } from './options.ts'
import { exitCodes, printJson } from './report.ts'

/** Problems of one kind printed for a person; --json has more. */
const SHOWN = { error: 20, warning: 3 } as const
const LISTED = 1000

interface Common {
  columns?: Partial<Record<RowField, string>>
  json?: boolean
}
interface WriteOptions extends Common {
  out: string
  skipBad?: boolean
  webdataset?: boolean
  shardRows?: number
  shardMb?: number
  pictures?: 'jpeg' | 'keep'
}

export function addDatasetCommand(program: Command): void {
  const dataset = program
    .command('dataset')
    .description('Data sets of quadruplets: folders, webdataset tars, parquet, records of MMaDA-Parallel-A.')
  const command = (name: string, what: string): Command =>
    dataset
      .command(`${name} <dir>`)
      .description(what)
      .option('--columns <list>', 'columns of a parquet file: input_image=src,instruction=prompt', columns)
      .option('--json', 'print one JSON object')

  command('check', 'Name every row that is wrong, with the cause and what to do. Exit code 2 when there are errors.')
    .option('--model <dir>', 'model folder whose words and lengths count', shippedModel)
    .option('--no-model', 'check neither words nor lengths')
    .option('--limit <n>', 'problems of each kind that are listed', integer(1, 1_000_000), LISTED)
    .addHelpText(
      'after',
      '\nExamples:\n  tandem dataset check quadruplets\n  tandem dataset check shards --no-model --json',
    )
    .action(async (dir: string, options: Common & { model: string | false; limit: number }) => {
      const job = { do: 'check', model: options.model || null, limit: options.limit } as const
      const report = await work(dir, options, job, checkReportSchema)
      if (report.errors > 0) process.exitCode = exitCodes.input
      if (options.json) printJson(report)
      else process.stdout.write(checkText(report))
    })

  command('stats', 'Rows, splits, lengths of texts, words and sizes of pictures.')
    .option('--model <dir>', 'count lengths in the tokens of this model')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem dataset stats quadruplets\n  tandem dataset stats train.parquet --json',
    )
    .action(async (dir: string, options: Common & { model?: string }) => {
      const stats = await work(dir, options, { do: 'stats', model: options.model ?? null }, datasetStatsSchema)
      if (options.json) printJson(stats)
      else process.stdout.write(statsText(stats))
    })

  command('import', 'Write a set in any format as a quadruplet folder.')
    .requiredOption('--out <dir>', 'a new or empty folder')
    .option('--skip-bad', 'leave out rows that cannot be read, and name them')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem dataset import shards --out quadruplets\n  tandem dataset import train.parquet --columns input_image=src,output_image=tgt --out quadruplets',
    )
    .action((dir: string, options: WriteOptions) => write(dir, options, 'quadruplets'))

  command('export', 'Write a set as webdataset tars for a cluster trainer, or as a quadruplet folder.')
    .requiredOption('--out <dir>', 'a new or empty folder')
    .option('--webdataset', 'tars instead of a quadruplet folder')
    .option('--shard-rows <n>', 'most rows of a tar', integer(1, 10_000_000), 10_000)
    .option('--shard-mb <n>', 'most megabytes of a tar', integer(1, 1_000_000), 1000)
    .option('--pictures <form>', 'jpeg, as the public trainers read them, or keep', pictures, 'jpeg')
    .option('--skip-bad', 'leave out rows that cannot be read, and name them')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem dataset export quadruplets --webdataset --out shards\n  tandem dataset export quadruplets --webdataset --shard-rows 2000 --pictures keep --out shards',
    )
    .action((dir: string, options: WriteOptions) =>
      write(dir, options, options.webdataset ? 'webdataset' : 'quadruplets'),
    )

  command('split', 'Draw the splits of a quadruplet folder anew; rows that share a picture stay together.')
    .option('--val <share>', 'share that validates, 0 to 0.9', real(0, 0.9), 0.05)
    .option('--test <share>', 'share that is kept out of training', real(0, 0.9), 0)
    .option('--seed <n>', 'seed of the draw', seed, 0)
    .addHelpText(
      'after',
      '\nExamples:\n  tandem dataset split quadruplets --val 0.1\n  tandem dataset split quadruplets --val 0.05 --test 0.05 --seed 3 --json',
    )
    .action(async (dir: string, options: Common & { val: number; test: number; seed: number }) => {
      const { val, test, seed: drawn } = options
      const result = await work(dir, options, { do: 'split', val, test, seed: drawn }, datasetSplitSchema)
      if (options.json) printJson(result)
      else process.stdout.write(`${counted(result.splits)}\n`)
    })
}

async function work<T>(dir: string, options: Common, job: DatasetWork, schema: z.ZodType<T>): Promise<T> {
  const named = options.columns ? { columns: options.columns } : {}
  return schema.parse(await driveJob({ kind: 'dataset', path: resolve(dir), ...named, work: job }, createLive()))
}

async function write(dir: string, options: WriteOptions, format: 'quadruplets' | 'webdataset'): Promise<void> {
  const job = {
    do: 'write',
    out: resolve(options.out),
    format,
    skipBad: options.skipBad === true,
    shardRows: options.shardRows ?? 1,
    shardBytes: (options.shardMb ?? 1) * 1_000_000,
    pictures: options.pictures ?? 'keep',
  } as const
  const result = await work(dir, options, job, datasetWriteSchema)
  if (options.json) return printJson(result)
  const left = result.left > 0 ? `, ${result.left} left out` : ''
  process.stdout.write(problemLines(result.problems) + `${result.path}: ${result.rows} rows${left}\n`)
}

function columns(text: string): Partial<Record<RowField, string>> {
  const pairs = text.split(',').map((part) => /^\s*([a-z_]+)\s*=\s*(.+?)\s*$/.exec(part))
  if (pairs.some((pair) => pair === null))
    throw new InvalidArgumentError(`"${text}" is not FIELD=COLUMN,..., for example input_image=src.`)
  const named = pairs.map((pair) => [pair![1]!, pair![2]!] as const)
  const unknown = named.find(([field]) => !rowFields.some((known) => known === field))
  if (unknown)
    throw new InvalidArgumentError(`a row has no field "${unknown[0]}": name one of ${rowFields.join(', ')}.`)
  return Object.fromEntries(named)
}

function pictures(text: string): 'jpeg' | 'keep' {
  if (text === 'jpeg' || text === 'keep') return text
  throw new InvalidArgumentError(`"${text}" is neither jpeg nor keep.`)
}

const counted = (counts: object): string =>
  Object.entries(counts)
    .filter(([, n]) => n !== 0)
    .map(([name, n]) => `${name} ${n}`)
    .join(', ')

function problemLines(problems: CheckReport['problems']): string {
  const shown = new Map<string, number>()
  const lines: string[] = []
  for (const { code, where, id, message, fix } of problems) {
    const count = (shown.get(code) ?? 0) + 1
    shown.set(code, count)
    const most = SHOWN[problemSeverity[code]]
    const place = id && !where.endsWith(id) ? `${where} (${id})` : where
    if (count <= most) lines.push(`  ${code}: ${place}: ${message}. ${fix}\n`)
    else if (count === most + 1) lines.push(`  ${code}: and more (--json lists them)\n`)
  }
  return lines.join('')
}

function checkText(report: CheckReport): string {
  const { errors, warnings, rows, format, splits } = report
  const verdict = errors > 0 ? 'Training cannot start.' : 'Ready for training.'
  const total = (n: number, word: string): string => `${n} ${word}${n === 1 ? '' : 's'}`
  const kinds = counted(report.counts)
  return (
    `${format}: ${total(rows, 'row')} (${counted(splits)}), ${report.seconds} s\n` +
    `${total(errors, 'error')}, ${total(warnings, 'warning')}${kinds ? `: ${kinds}` : ''}\n` +
    problemLines(report.problems) +
    `${verdict}\n`
  )
}

function statsText(stats: DatasetStats): string {
  const spread = (name: 'instruction' | 'reasoning'): string => {
    const s = stats[name]
    return s ? `${name}: ${s.min} to ${s.max} ${stats.unit}, median ${s.median}, 95 % below ${s.p95}\n` : ''
  }
  const top = (list: readonly [string, number][], n: number): string =>
    list
      .slice(0, n)
      .map(([name, count]) => `${name} (${count})`)
      .join(', ')
  return (
    `${stats.format}: ${stats.rows} rows (${counted(stats.splits)}); ${stats.edits} edits, ${stats.generations} generations\n` +
    (stats.unreadable > 0 ? `${stats.unreadable} rows cannot be read: run "tandem dataset check"\n` : '') +
    spread('instruction') +
    spread('reasoning') +
    `${stats.distinctWords} words: ${top(stats.words, 12)}\n` +
    `pictures: ${top(stats.sizes, 5)}; ${(stats.bytes / 1e6).toFixed(1)} MB\n`
  )
}
