/** Work on a data set: check it, count it, write it in another form, draw its splits. */
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import type { DatasetWork } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { modelConfigSchema } from '../../shared/model-config.ts'
import { checkDataset } from '../data/check.ts'
import type { CheckedModel } from '../data/check-row.ts'
import { datasetColumns } from '../data/columns.ts'
import { zipFolder } from '../data/archive/zip-write.ts'
import { holdsFolder, isZip, topFolder, unpackArchive } from '../data/archive/unpack.ts'
import { copyDataset } from '../data/formats/copy.ts'
import { openDataset, type Dataset } from '../data/formats/open.ts'
import { createFolderWriter, createTarWriter } from '../data/formats/write.ts'
import { dealSplits, splitDataset } from '../data/split.ts'
import { datasetStats } from '../data/stats.ts'
import { takeDataset } from '../data/take.ts'
import { isImported } from '../checkpoints/open.ts'
import { modelFiles, readJson } from '../model/folder.ts'
import { loadTextTokenizer } from '../model/text-tokenizer.ts'
import type { JobContext } from './context.ts'
import { openFolder, writeTogether } from './output.ts'
import { toldWhile } from './told-while.ts'

interface Watch {
  readonly signal: AbortSignal
  readonly onProgress: (rows: number) => void
}

/** Work on rows; what asks for the columns reads none. */
type RowWork = Exclude<DatasetWork, { do: 'columns' }>

type Doers = {
  readonly [K in RowWork['do']]: (set: Dataset, work: Extract<RowWork, { do: K }>, watch: Watch) => Promise<unknown>
}

const doers: Doers = {
  check: async (set, { model, limit }, watch) => checkDataset(set, { model: await openTexts(model), limit, ...watch }),
  stats: async (set, { model }, watch) => datasetStats(set, { model: await openTexts(model), ...watch }),
  examine: async (set, { model, limit }, watch) => {
    const texts = await openTexts(model)
    const report = await checkDataset(set, { model: texts, limit, ...watch })
    return { report, stats: await datasetStats(set, { model: texts, signal: watch.signal }) }
  },
  take: async (set, { out, mode }, watch) => takeDataset(set, { out, mode, ...watch }),
  deal: async (set, { val, test, seed }, watch) => ({ splits: await dealSplits(set, { val, test, seed, ...watch }) }),
  write: writeSet,
  split: async (set, { val, test, seed }, watch) => {
    const splits = await splitDataset(set, { val, test, seed, ...watch })
    return { path: set.root, rows: splits.train + splits.val + splits.test, splits }
  },
}

export async function* datasetJob(spec: SpecOf<'dataset'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const { work } = spec
  if (work.do === 'columns') {
    yield { type: 'result', result: await datasetColumns(spec.path, work.footer) }
    return
  }
  if (work.do !== 'take') {
    yield* workOn(spec, work, context)
    return
  }
  const { out } = work
  let whole = false
  try {
    for await (const update of workOn(spec, work, context)) {
      whole ||= update.type === 'result'
      yield update
    }
  } finally {
    // A set that was taken in half is none.
    await rm(`${out}.source`, { recursive: true, force: true })
    if (!whole) await rm(out, { recursive: true, force: true })
  }
}

async function* workOn(spec: SpecOf<'dataset'>, work: RowWork, context: JobContext): AsyncGenerator<JobUpdate> {
  const path = work.do === 'take' ? await prepareTake(spec.path, work, context.signal) : spec.path
  const namedIn = work.do === 'take' ? 'dialog' : 'option'
  const set = await openDataset(path, { namedIn, ...(spec.columns ? { columns: spec.columns } : {}) })
  yield { type: 'started', total: 0, detail: set.label }
  let rows = 0
  const doer = doers[work.do] as (set: Dataset, work: RowWork, watch: Watch) => Promise<unknown>
  const running = doer(set, work, { signal: context.signal, onProgress: (n) => (rows = n) })
  let told = 0
  const result = yield* toldWhile(running, () => {
    if (rows === told) return null
    told = rows
    return { type: 'progress', done: rows, total: 0, metrics: {} }
  })
  yield { type: 'result', result }
}

/** The empty folder a set is taken into, and the path to read: of an archive of files, where it was unpacked. */
async function prepareTake(
  path: string,
  { out, mode, folder }: Extract<DatasetWork, { do: 'take' }>,
  signal: AbortSignal,
): Promise<string> {
  const unpacked = `${out}.source`
  // A session that was killed may have left a part.
  for (const rest of [out, unpacked]) await rm(rest, { recursive: true, force: true })
  await mkdir(out, { recursive: true })
  const info = await stat(path).catch(() => null)
  const archive = info?.isFile() === true && (folder || (await isZip(path)) || (await holdsFolder(path)))
  if (!archive) return path
  if (mode === 'refer')
    throw new TandemError(`${basename(path)} is an archive: it cannot be read in place.`, 'Copy it into the studio.')
  await unpackArchive(path, unpacked, { signal })
  return topFolder(unpacked)
}

/** What a check needs of a model: its vocabulary and its lengths, not its weights. */
export async function openTexts(directory: string | null): Promise<CheckedModel | null> {
  if (directory === null) return null
  const config = await readJson(join(directory, modelFiles.config), modelConfigSchema, 'the model config')
  const text = await loadTextTokenizer(join(directory, modelFiles.tokenizer))
  return { config, text, stored: await isImported(directory) }
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
  let copied: Awaited<ReturnType<typeof copyDataset>> = { rows: 0, left: 0, problems: [] }
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
  const { rows, left, problems } = copied
  if (work.pack) {
    const path = `${out}.zip`
    await zipFolder(out, path, watch.signal)
    await rm(out, { recursive: true })
    return { path, format: work.format, rows, files, left, problems: problems.slice(0, 1000) }
  }
  return { path: out, format: work.format, rows, files, left, problems: problems.slice(0, 1000) }
}
