/** Work on data sets as jobs: taken in, checked, split, exported. They are short and run beside what trains. */
import { createReadStream, createWriteStream } from 'node:fs'
import { link, mkdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { datasetImportJobSchema } from '../../../shared/dataset-jobs.ts'
import {
  datasetDealSchema,
  datasetExamineSchema,
  datasetTakeSchema,
  datasetWriteSchema,
} from '../../../shared/datasets.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import type { z } from 'zod'
import { planSplits } from '../datasets/edits.ts'
import { locate, readSnapshot, takeSnapshot } from '../datasets/checking.ts'
import { takeIn } from '../datasets/taking.ts'
import type { JobKindDefinition, JobPlace, KindDeps } from './kind.ts'

type ImportSpec = z.infer<typeof datasetImportJobSchema>

/** Findings of one kind that are kept with their rows; all are counted. */
const LISTED = 100_000
const SNAPSHOT = 'rows.json'
const OUT = 'out'

/** A job that is only being asked for has no folder of its own yet. */
const isStarted = ({ id }: JobPlace): boolean => id !== ''

const nameOf = (deps: KindDeps, id: string): string => deps.store.datasets.find(id)?.name ?? 'a data set'

export const datasetImport: JobKindDefinition<'dataset-import'> = {
  light: true,
  title: ({ name, mode, source }) =>
    source.from === 'dataset' && mode === 'refer'
      ? `Read ${name} again`
      : `${mode === 'copy' ? 'Import' : 'Open'} ${name}`,
  async engineSpec(spec, deps, place) {
    if (spec.mode === 'refer' && spec.source.from === 'upload')
      throw new TandemError('What was uploaded cannot be read in place.', 'Copy it into the studio.')
    if (!isStarted(place) && spec.source.from === 'folder') await deps.folders.keep(spec.source.handle)
    const columns = columnsOf(spec, deps)
    return {
      kind: 'dataset',
      path: await sourceOf(spec, deps, place),
      ...(columns ? { columns } : {}),
      work: {
        do: 'take',
        out: join(place.folder, OUT),
        mode: spec.mode,
        folder: spec.source.from === 'upload' && spec.source.folder,
      },
    }
  },
  async result(raw, spec, deps, place) {
    const taken = datasetTakeSchema.parse(raw)
    const again = spec.source.from === 'dataset' && spec.mode === 'refer'
    const id = spec.source.from === 'dataset' && again ? spec.source.dataset : place.id
    const source = await sourceOf(spec, deps, place)
    await takeIn(deps.store, {
      id,
      name: spec.name,
      origin: spec.source.from === 'dataset' ? nameOf(deps, spec.source.dataset) : basename(source),
      mode: spec.mode,
      source,
      columns: columnsOf(spec, deps),
      taken,
      folder: deps.datasets.folderOf(id),
    })
    for (const rest of ['source', OUT]) await rm(join(place.folder, rest), { recursive: true, force: true })
    await deps.datasets.tell(id)
    // Faults are to be known before anybody trains.
    const [model] = await deps.models.list()
    deps.queue({ kind: 'dataset-check', dataset: id, model: model?.id ?? null })
    for (const note of taken.notes) deps.warn(`${note.where}: ${note.message}. ${note.fix}`)
    return { dataset: id, rows: taken.rows, broken: taken.broken }
  },
}

function columnsOf({ source, columns }: ImportSpec, { store }: KindDeps): Record<string, string> | null {
  if (source.from !== 'dataset') return columns ?? null
  const kept = store.datasets.get(source.dataset).columns
  return kept ? { ...kept } : null
}

/** The path to read. An upload is put together in the job's folder on its first start, and its parts go. */
async function sourceOf({ source }: ImportSpec, deps: KindDeps, place: JobPlace): Promise<string> {
  if (source.from === 'folder') return deps.folders.path(source.handle)
  if (source.from === 'dataset') return (await deps.datasets.open(source.dataset)).path
  const name =
    basename(source.name)
      .replace(/[^\p{L}\p{N}._-]+/gu, '-')
      .replace(/^\.+/, '') || 'upload'
  const path = join(place.folder, 'source', name)
  if (!isStarted(place)) {
    for (const part of source.parts) deps.store.blobs.get(part)
    return path
  }
  if (await stat(path).catch(() => null)) return path
  await mkdir(join(place.folder, 'source'), { recursive: true })
  const parts = source.parts.map((part) => deps.store.blobs.get(part).path)
  const whole = `${path}.part`
  await rm(whole, { force: true })
  const linked =
    parts.length === 1 &&
    (await link(parts[0]!, whole).then(
      () => true,
      () => false,
    ))
  if (!linked)
    for (const part of parts)
      await pipeline(createReadStream(part), createWriteStream(whole, { flags: 'a', flush: true }))
  await rename(whole, path)
  await dropParts(source.parts, deps, place.id)
  return path
}

/** Parts are nobody's once they are together, unless another import waits for the same bytes. */
async function dropParts(parts: readonly string[], { store }: KindDeps, own: string): Promise<void> {
  const others = JSON.stringify(store.jobs.list().filter(({ id, state }) => id !== own && state !== 'done'))
  await store.blobs.remove(parts.filter((part) => !others.includes(part)))
}

export const datasetCheck: JobKindDefinition<'dataset-check'> = {
  light: true,
  title: (_, deps) => `Check ${nameOf(deps, _.dataset)}`,
  async engineSpec({ dataset, model }, deps, place) {
    const path = model === null ? null : await deps.models.path(model)
    return {
      kind: 'dataset',
      ...(await heldPath(dataset, deps, place)),
      work: { do: 'examine', model: path, limit: LISTED },
    }
  },
  async result(raw, { dataset, model }, deps, place) {
    const { report, stats } = datasetExamineSchema.parse(raw)
    const snapshot = await readSnapshot(join(place.folder, SNAPSHOT))
    const { rows, errors, warnings, counts, hash, seconds } = report
    const { path: _, ...facts } = stats
    const modelName = (await deps.models.list()).find(({ id }) => id === model)?.name ?? model ?? ''
    const { stand } = snapshot
    const check = { model, modelName, rows, errors, warnings, counts, hash, at: Date.now(), seconds, stand }
    deps.store.together(() => {
      deps.store.datasetRows.setProblems(dataset, locate(snapshot, report.problems))
      deps.store.datasets.update(dataset, { check, stats: { ...facts, stand } })
    })
    await deps.datasets.tell(dataset)
    deps.tellRows(dataset)
    return { dataset, errors, warnings }
  },
  ended: ({ dataset }, deps, place) => letGo(dataset, deps, place),
}

export const datasetSplit: JobKindDefinition<'dataset-split'> = {
  light: true,
  title: (_, deps) => `Split ${nameOf(deps, _.dataset)}`,
  async engineSpec({ dataset, val, test, seed }, deps, place) {
    const set = deps.store.datasets.get(dataset)
    if (!set.editable)
      throw new TandemError(`"${set.name}" is read where it stands.`, 'Copy it into the studio; the copy can be split.')
    return { kind: 'dataset', ...(await heldPath(dataset, deps, place)), work: { do: 'deal', val, test, seed } }
  },
  async result(raw, { dataset }, deps, place) {
    const { splits } = datasetDealSchema.parse(raw)
    const snapshot = await readSnapshot(join(place.folder, SNAPSHOT))
    const dealt = new Map(snapshot.rows.filter(({ whole }) => whole).map(({ key }, i) => [key, splits[i] ?? null]))
    const rows = deps.store.datasetRows.find(dataset, [...dealt.keys()])
    const edit = planSplits(
      'Draw the splits',
      rows.map((row) => [row, dealt.get(row.key) ?? row.split]),
    )
    const { dataset: after } = await deps.datasets.commit(dataset, edit)
    return { dataset, splits: after.splits }
  },
  ended: ({ dataset }, deps, place) => letGo(dataset, deps, place),
}

export const datasetExport: JobKindDefinition<'dataset-export'> = {
  light: true,
  title: (_, deps) => `Export ${nameOf(deps, _.dataset)}`,
  async engineSpec(spec, deps, place) {
    const { dataset, format, pictures, shardRows, shardMb, skipBad, to } = spec
    const out = await exportPlace(spec, deps, place)
    if (to.kind === 'folder' && (await stat(out).catch(() => null)))
      throw new TandemError(`There is a "${to.name}" already.`, 'Choose another name or folder.')
    if (isStarted(place) && to.kind === 'download')
      for (const rest of [out, `${out}.zip`]) await rm(rest, { recursive: true, force: true })
    const shards = { shardRows, shardBytes: shardMb * 1_000_000, pictures }
    return {
      kind: 'dataset',
      ...(await heldPath(dataset, deps, place)),
      work: { do: 'write', out, format, skipBad, ...shards, pack: to.kind === 'download' },
    }
  },
  async result(raw, { dataset, format, to }, deps, _place) {
    const { path, rows, left, files } = datasetWriteSchema.parse(raw)
    if (to.kind === 'folder') return { rows, left, file: null, files: files.length }
    const { blob } = await deps.store.blobs.put(createReadStream(path))
    await rm(path)
    const stem =
      nameOf(deps, dataset)
        .replace(/[^\p{L}\p{N} _-]+/gu, '-')
        .trim() || 'data set'
    const name = format === 'webdataset' ? `${stem} (webdataset).zip` : `${stem}.zip`
    return { rows, left, file: { blob, name }, files: files.length }
  },
  ended: ({ dataset }, deps, place) => letGo(dataset, deps, place),
}

async function exportPlace(
  { to }: StudioJobSpecOf<'dataset-export'>,
  { folders }: KindDeps,
  place: JobPlace,
): Promise<string> {
  if (to.kind === 'download') return join(place.folder, OUT)
  if (/[/\\]|^\.+$/.test(to.name)) throw new TandemError('A folder has one plain name.', 'Leave out slashes.')
  if (!isStarted(place)) await folders.keep(to.handle)
  return join(await folders.path(to.handle), to.name)
}

/** The set written out and held as it is while the engine reads it, its rows noted. */
async function heldPath(
  dataset: string,
  { store, datasets }: KindDeps,
  place: JobPlace,
): Promise<{ path: string; columns?: Record<string, string> }> {
  if (!isStarted(place)) {
    const { rows, broken } = store.datasetRows.counts(store.datasets.get(dataset).id)
    if (rows + broken === 0) throw new TandemError('The data set holds no rows.', 'Add rows first.')
    return datasets.open(dataset)
  }
  const { stand, ...opened } = await datasets.hold(dataset)
  place.held = true
  await takeSnapshot(store.datasetRows, store.datasets.get(dataset), stand, join(place.folder, SNAPSHOT))
  return opened
}

async function letGo(dataset: string, { datasets }: KindDeps, place: JobPlace): Promise<void> {
  if (place.held) datasets.release(dataset)
  await rm(join(place.folder, SNAPSHOT), { force: true })
}
