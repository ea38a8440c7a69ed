/** `tandem train export-metrics` and `tandem train export-config`: a run's curves for other tools, a data set for a cluster. */
import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { TandemError } from '../../shared/errors.ts'
import { runFiles } from '../../shared/training.ts'
import { printJson } from './report.ts'

interface MetricsOptions {
  csv?: string
  tensorboard?: string
  json?: boolean
}

export function addTrainExports(train: Command): void {
  train
    .command('export-metrics')
    .description('Write the curves of a run as CSV, or as an event file for TensorBoard.')
    .argument('<run>', 'folder of the run')
    .option('--csv <file>', 'the CSV file to write')
    .option('--tensorboard <dir>', 'the folder to write an event file into')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  tandem train export-metrics runs/mine --csv mine.csv\n  tandem train export-metrics runs/mine --tensorboard logs/mine',
    )
    .action(exportMetrics)
  train
    .command('export-config')
    .description('Write a data set, settings and scripts as the public MMaDA-Parallel trainers read them.')
    .argument('<dataset>', 'data set in any format that can be read')
    .requiredOption('--out <dir>', 'folder to make')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  tandem train export-config quadruplets --out cluster')
    .action(async (dataset: string, options: { out: string; json?: boolean }) => {
      const { exportForCluster } = await import('./train-cluster.ts')
      const made = await exportForCluster(resolve(dataset), resolve(options.out))
      if (options.json) printJson(made)
      else process.stdout.write(`${made.path}\n`)
    })
}

async function exportMetrics(run: string, { csv, tensorboard, json }: MetricsOptions): Promise<void> {
  if (csv === undefined && tensorboard === undefined)
    throw new TandemError('Nothing is to be written.', 'Give --csv FILE or --tensorboard DIR.')
  const path = join(run, runFiles.metrics)
  const info = await stat(path).catch(() => null)
  if (!info?.isFile())
    throw new TandemError(`There is no ${runFiles.metrics} in ${basename(resolve(run))}.`, 'Give the folder of a run.')
  const { readMetrics } = await import('../../engine/train/metrics-log.ts')
  const written: Record<string, string> = {}
  if (csv !== undefined) {
    const { csvLines } = await import('../../engine/train/metrics-csv.ts')
    written['csv'] = await writeStream(resolve(csv), csvLines(readMetrics(path)))
  }
  if (tensorboard !== undefined) {
    const { eventFileName, eventRecords } = await import('../../engine/train/tensorboard.ts')
    const started = info.birthtimeMs > 0 ? info.birthtimeMs / 1000 : info.mtimeMs / 1000
    const file = join(resolve(tensorboard), eventFileName(started))
    written['tensorboard'] = await writeStream(file, eventRecords(readMetrics(path), started))
  }
  if (json) printJson(written)
  else process.stdout.write(Object.values(written).join('\n') + '\n')
}

/** A file written as it comes, beside its place, and renamed there when it is whole. */
async function writeStream(path: string, chunks: AsyncIterable<string | Uint8Array>): Promise<string> {
  const { asWrite, makeFolder } = await import('../../engine/files.ts')
  await makeFolder(dirname(path))
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`)
  await asWrite(basename(path), async () => {
    try {
      await pipeline(Readable.from(chunks), createWriteStream(temporary, { flags: 'wx', flush: true }))
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
  return path
}
