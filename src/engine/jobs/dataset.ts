/** Work on a data set: check it, count it, write it in another form, draw its splits. */
import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { DatasetWork } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { modelConfigSchema } from '../../shared/model-config.ts'
import { checkDataset } from '../data/check.ts'
import type { CheckedModel } from '../data/check-row.ts'
import { copyDataset } from '../data/formats/copy.ts'
import { openDataset, type Dataset } from '../data/formats/open.ts'
import { createFolderWriter, createTarWriter } from '../data/formats/write.ts'
import { splitDataset } from '../data/split.ts'
import { datasetStats } from '../data/stats.ts'
import { modelFiles, readJson } from '../model/folder.ts'
import { loadTextTokenizer } from '../model/text-tokenizer.ts'
import type { JobContext } from './context.ts'
import { openFolder, writeTogether } from './output.ts'

/** How often rows are told while they are counted. */
const TELL_EVERY_MS = 200

interface Watch {
  readonly signal: AbortSignal
  readonly onProgress: (rows: number) => void
}

type Doers = {
  readonly [K in DatasetWork['do']]: (
    set: Dataset,
    work: Extract<DatasetWork, { do: K }>,
    watch: Watch,
  ) => Promise<unknown>
}

const doers: Doers = {
  check: async (set, { model, limit }, watch) => checkDataset(set, { model: await openTexts(model), limit, ...watch }),
  stats: async (set, { model }, watch) => datasetStats(set, { model: await openTexts(model), ...watch }),
  write: writeSet,
  split: async (set, { val, test, seed }, watch) => {
    const splits = await splitDataset(set, { val, test, seed, ...watch })
    return { path: set.root, rows: splits.train + splits.val + splits.test, splits }
  },
}

export async function* datasetJob(spec: SpecOf<'dataset'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const set = await openDataset(spec.path, spec.columns ? { columns: spec.columns } : {})
  yield { type: 'started', total: 0, detail: set.label }
  let rows = 0
  const doer = doers[spec.work.do] as (set: Dataset, work: DatasetWork, watch: Watch) => Promise<unknown>
  const running = doer(set, spec.work, { signal: context.signal, onProgress: (n) => (rows = n) })
  const ended = running.then(
    () => true,
    () => true,
  )
  let told = 0
  while (!(await Promise.race([ended, pause()]))) {
    if (rows === told) continue
    told = rows
    yield { type: 'progress', done: rows, total: 0, metrics: {} }
  }
  yield { type: 'result', result: await running }
}

const pause = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), TELL_EVERY_MS))

/** What a check needs of a model: its vocabulary and its lengths, not its weights. */
export async function openTexts(directory: string | null): Promise<CheckedModel | null> {
  if (directory === null) return null
  const config = await readJson(join(directory, modelFiles.config), modelConfigSchema, 'the model config')
  return { config, text: await loadTextTokenizer(join(directory, modelFiles.tokenizer)) }
}

async function writeSet(set: Dataset, work: Extract<DatasetWork, { do: 'write' }>, watch: Watch): Promise<unknown> {
  const out = resolve(work.out)
  const there = await stat(out).catch(() => null)
  if (there && !(there.isDirectory() && (await readdir(out)).length === 0))
    throw new TandemError(
      there.isDirectory() ? `${basename(out)} already holds files.` : `${basename(out)} is not a folder.`,
      'Choose another folder, or empty this one first.',
    )
  const parent = await openFolder(dirname(out))
  let files: string[] = []
  let copied: Awaited<ReturnType<typeof copyDataset>> = { rows: 0, problems: [] }
  try {
    await writeTogether(out, async (temporary) => {
      const writer =
        work.format === 'quadruplets' ? await createFolderWriter(temporary) : createTarWriter(temporary, work)
      try {
        copied = await copyDataset(set, writer, { skipBad: work.skipBad, ...watch })
        files = await writer.close()
      } catch (error) {
        await writer.abandon()
        throw error
      }
    })
  } finally {
    await parent.abandon()
  }
  const { rows, problems } = copied
  return { path: out, format: work.format, rows, files, left: problems.length, problems: problems.slice(0, 1000) }
}
