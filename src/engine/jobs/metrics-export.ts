/** The curves of a training run for other tools: a table as CSV, or an event file as TensorBoard reads it. */
import { createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { runFiles } from '../../shared/training.ts'
import { asWrite } from '../files.ts'
import { csvLines } from '../train/metrics-csv.ts'
import { readMetrics } from '../train/metrics-log.ts'
import { eventFileName, eventRecords } from '../train/tensorboard.ts'
import type { JobContext } from './context.ts'
import { openFolder } from './output.ts'

/** The file is the caller's to move: it is written where nobody looks for it yet. */
export async function* metricsExportJob(
  { run, form, out }: SpecOf<'metrics-export'>,
  _context: JobContext,
): AsyncGenerator<JobUpdate> {
  const path = join(run, runFiles.metrics)
  const info = await stat(path).catch(() => null)
  if (!info?.isFile()) throw new TandemError('This run has no curves yet.', 'Wait for its first step.')
  const { path: folder } = await openFolder(out)
  const started = (info.birthtimeMs > 0 ? info.birthtimeMs : info.mtimeMs) / 1000
  const rows = readMetrics(path)
  const file = resolve(folder, form === 'csv' ? 'metrics.csv' : eventFileName(started))
  const chunks = form === 'csv' ? csvLines(rows) : eventRecords(rows, started)
  await asWrite(basename(file), () => pipeline(Readable.from(chunks), createWriteStream(file, { flags: 'wx' })))
  yield { type: 'result', result: { file } }
}
