/** A run's curves for other tools. The model it made is exported as any other of the library. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ResultOf } from '../../../shared/ipc.ts'
import { metricsExportResultSchema } from '../../../shared/jobs.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import type { HandlerDeps } from '../handlers/deps.ts'

/** Written by the engine, then taken into the store. */
export async function exportMetrics(
  { store, jobs, lanes, work }: HandlerDeps,
  job: StudioJob,
  form: 'csv' | 'tensorboard',
): Promise<ResultOf<'training.exportMetrics'>> {
  const out = join(work, `metrics-${randomBytes(6).toString('hex')}`)
  try {
    await mkdir(out, { recursive: true })
    const made = await lanes.ask({ kind: 'metrics-export', run: jobs.folder(job.id), form, out })
    const { file } = metricsExportResultSchema.parse(made)
    const { blob } = await store.blobs.put(createReadStream(file))
    // TensorBoard knows its files by their names; a person knows a table by its run.
    return { blob, name: form === 'csv' ? `${fileName(job.title)}.csv` : basename(file) }
  } finally {
    await rm(out, { recursive: true, force: true })
  }
}

const fileName = (title: string): string =>
  title
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60) || 'run'
