/** What leaves the studio: a run's curves for other tools, and the model or adapter it made as a zip, streamed. */
import { randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, readdir, rm } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { PassThrough } from 'node:stream'
import { Zip, ZipPassThrough } from 'fflate'
import { TandemError } from '../../../shared/errors.ts'
import type { ResultOf } from '../../../shared/ipc.ts'
import { metricsExportResultSchema } from '../../../shared/jobs.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { sftStudioResultSchema } from '../../../shared/studio-training.ts'
import type { HandlerDeps } from '../handlers/deps.ts'
import { folderBytes } from './adopt.ts'

export async function exportModel(
  { store, models }: HandlerDeps,
  job: StudioJob,
): Promise<ResultOf<'training.exportModel'>> {
  const made = sftStudioResultSchema.safeParse(job.result).data?.model
  if (!made)
    throw new TandemError('This run has made no model yet.', 'Let it end, or stop it and resume it to its end.')
  const folder = await models.path(made.id)
  if ((await folderBytes(folder)) > MOST_BYTES)
    throw new TandemError(
      'This model is larger than a zip can be (4 GB).',
      `Copy the folder "${made.id}" out of the studio's data, below models.`,
    )
  const { blob } = await store.blobs.put(zipFolder(folder))
  return { blob, name: `${made.id}.zip` }
}

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

/** Sizes and places in a plain zip have 32 bits. */
const MOST_BYTES = 2 ** 32 - 2 ** 24

/** Weights do not shrink: files are stored as they are. */
function zipFolder(folder: string): PassThrough {
  const out = new PassThrough()
  const zip = new Zip((error, chunk, final) => {
    if (error) out.destroy(error)
    else {
      out.write(chunk)
      if (final) out.end()
    }
  })
  void fill(zip, folder, out).catch((error: unknown) =>
    out.destroy(error instanceof Error ? error : new Error(String(error))),
  )
  return out
}

async function fill(zip: Zip, folder: string, out: PassThrough): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true })
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (!entry.isFile()) continue
    const path = join(entry.parentPath, entry.name)
    const file = new ZipPassThrough(relative(folder, path).split(sep).join('/'))
    zip.add(file)
    for await (const chunk of createReadStream(path)) {
      file.push(new Uint8Array(chunk as Buffer))
      // Whoever stores it sets the pace.
      if (out.writableNeedDrain) await new Promise((resolve) => out.once('drain', resolve))
    }
    file.push(new Uint8Array(0), true)
  }
  zip.end()
}
