/**
 * A data set with settings and scripts for the public MMaDA-Parallel trainers: shards and a config for M (accelerate with
 * DeepSpeed), rows and a pre-tokenising script for A (FSDP). The settings are the paper's; what has to be filled in
 * stands in one place of each script. Written whole or not at all.
 */
import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { datasetWriteSchema, type DatasetWork } from '../../shared/datasets.ts'
import { writeFileAtomic } from '../../engine/files.ts'
import { writeTogether } from '../../engine/jobs/output.ts'
import { clusterFiles } from './train-cluster-files.ts'
import { driveJob } from './drive.ts'
import { createLive } from './live.ts'

export interface ClusterExport {
  readonly path: string
  readonly rows: number
  /** Rows A's pre-tokeniser is given: edits of the training split. */
  readonly edits: number
  readonly files: readonly string[]
}

export async function exportForCluster(dataset: string, out: string): Promise<ClusterExport> {
  const there = await stat(out).catch(() => null)
  if (there && !(there.isDirectory() && (await readdir(out)).length === 0))
    throw new TandemError(`${basename(out)} already holds files.`, 'Choose another folder.')
  let made: Omit<ClusterExport, 'path'> = { rows: 0, edits: 0, files: [] }
  await writeTogether(out, async (temporary) => {
    const { rows } = await write(dataset, join(temporary, 'shards'), 'webdataset')
    await write(dataset, join(temporary, 'quadruplets'), 'quadruplets')
    const edits = await editsOf(join(temporary, 'quadruplets/data.jsonl'))
    if (edits.length === 0)
      throw new TandemError('The data set has no edit in its training split.', 'Add rows with an input picture.')
    const texts = { ...clusterFiles({ rows, edits: edits.length }), 'A/rows/train.jsonl': edits.join('\n') + '\n' }
    for (const folder of ['M', 'A', 'A/rows']) await mkdir(join(temporary, folder), { recursive: true })
    for (const [name, text] of Object.entries(texts)) await writeFileAtomic(join(temporary, name), text)
    made = { rows, edits: edits.length, files: Object.keys(texts) }
  })
  return { path: out, ...made }
}

async function write(dataset: string, out: string, format: 'webdataset' | 'quadruplets'): Promise<{ rows: number }> {
  const work: DatasetWork = {
    do: 'write',
    out,
    format,
    skipBad: false,
    shardRows: 2000,
    shardBytes: 1_000_000_000,
    pictures: 'jpeg',
  }
  const result = await driveJob({ kind: 'dataset', path: dataset, work }, createLive())
  return datasetWriteSchema.parse(result)
}

/** Lines of the folder's rows that edit and train, as they are. */
async function editsOf(path: string): Promise<string[]> {
  const lines = (await readFile(path, 'utf8')).split('\n').filter((line) => line.trim() !== '')
  return lines.filter((line) => {
    const row = JSON.parse(line) as { input_image?: unknown; split?: unknown }
    return Boolean(row.input_image) && (row.split === undefined || row.split === null || row.split === 'train')
  })
}
