/**
 * A project as one file (.tandem): a zip with a manifest, the trajectories and every blob they and the documents name.
 * Nothing outside it is needed to open it. Reading trusts nothing: names are checked against the few that may occur,
 * sizes before anything is unpacked and while it is, and every blob against its own name. One entry is held at a time,
 * and no picture at all: they go from file to file.
 */
import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { z } from 'zod'
import { MAX_FILE_BYTES } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import { storedDocumentSchema } from '../../shared/document.ts'
import type { ResultOf } from '../../shared/ipc.ts'
import { runSchema, type Project, type Run } from '../../shared/studio.ts'
import { newId } from '../store/ids.ts'
import type { Store } from '../store/store.ts'
import type { Task } from './tasks.ts'
import { BadZip, ZipFile, type ZipEntry } from './zip-file.ts'
import { zipped, type ZipPart } from './zip.ts'

export const projectVersion = 1
const MANIFEST = 'project.json'
/** What a project file may hold, the same when it is written and when it is read. Bytes as they are unpacked. */
export const projectLimits = {
  /** All of it; a project with thousands of runs has some hundred megabytes. */
  file: MAX_FILE_BYTES,
  files: 200_000,
  /** A manifest of ten thousand runs has 40 MB, the trajectory of the longest run 20. */
  manifest: 256 * 2 ** 20,
  trajectory: 64 * 2 ** 20,
}
export type ProjectLimits = typeof projectLimits
/** More than an entry takes in the file beside its bytes: its headers, and its name twice. */
const ENTRY_BYTES = 512
const BLOB = /^blobs\/([0-9a-f]{64})$/
const TRAJECTORY = /^trajectories\/([0-9a-z-]{1,64})\.tdm$/

export const manifestSchema = z.strictObject({
  format: z.literal('tandem-project'),
  version: z.int().positive(),
  name: z.string().min(1).max(200),
  document: z.string(),
  documents: z.array(storedDocumentSchema),
  runs: z.array(runSchema),
})

/** Writes a project. Throws a TandemError where it is more than can be read again. */
export async function exportProject(
  store: Store,
  id: string,
  task: Task,
  limits: ProjectLimits = projectLimits,
): Promise<ResultOf<'projects.export'>> {
  const project = store.projects.get(id)
  const documents = store.documents.ofProject(id).map((document) => store.documents.open(document))
  const runs = store.runs.ofProject(id).filter((run) => run.state !== 'queued' && run.state !== 'running')
  const manifest = JSON.stringify({
    format: 'tandem-project',
    version: projectVersion,
    name: project.name,
    document: project.document,
    documents,
    runs,
  })
  const parts = within(limits, partsOf(store, manifest, runs, task))
  const { blob } = await store.blobs.put(Readable.from(zipped(parts)), limits.file)
  return { blob, name: `${project.name.replace(/[^\p{L}\p{N} _-]+/gu, '-').trim() || 'project'}.tandem` }
}

async function* partsOf(store: Store, manifest: string, runs: readonly Run[], task: Task): AsyncGenerator<ZipPart> {
  yield { name: MANIFEST, bytes: new TextEncoder().encode(manifest), deflate: true }
  const blobs = [...blobsIn(manifest)]
  const total = blobs.length + runs.length
  let done = 0
  for (const blob of blobs) {
    task.check()
    const found = store.blobs.find(blob)
    if (found) yield { name: `blobs/${blob}`, bytes: await readFile(found.path), deflate: false }
    task.tell(++done / total)
  }
  for (const { id } of runs) {
    task.check()
    if (store.records.has(id)) yield { name: `trajectories/${id}.tdm`, bytes: store.records.bytes(id), deflate: false }
    task.tell(++done / total)
  }
}

/** The parts, as long as they are what `checked` takes. */
async function* within(limits: ProjectLimits, parts: AsyncIterable<ZipPart>): AsyncGenerator<ZipPart> {
  let total = 0
  let files = 0
  for await (const part of parts) {
    total += part.bytes.length + ENTRY_BYTES
    files++
    if (part.bytes.length > mostOf(part.name, limits) || total > limits.file || files > limits.files)
      throw new TandemError(
        'This project is too large for one file.',
        'Delete runs that you no longer need in its history, then export it again.',
      )
    yield part
  }
}

const mostOf = (name: string, limits: ProjectLimits): number =>
  name === MANIFEST ? limits.manifest : TRAJECTORY.test(name) ? limits.trajectory : limits.file

export async function importProject(
  store: Store,
  blob: string,
  task: Task,
  limits: ProjectLimits = projectLimits,
): Promise<Project> {
  let file: ZipFile | null = null
  try {
    file = new ZipFile(store.blobs.get(blob).path)
    return await taken(store, file, task, limits)
  } catch (error) {
    if (error instanceof BadZip) throw notAProject()
    throw error
  } finally {
    file?.close()
  }
}

async function taken(store: Store, file: ZipFile, task: Task, limits: ProjectLimits): Promise<Project> {
  const entries = checked(file.entries, limits)
  const listed = entries.get(MANIFEST)
  if (!listed) throw notAProject()
  const manifest = readManifest(file.bytes(listed))
  let done = 0
  for (const entry of entries.values()) {
    task.check()
    task.tell(done++ / entries.size)
    const claimed = BLOB.exec(entry.name)?.[1]
    if (claimed === undefined) continue
    const { blob: actual } = await store.blobs.put(file.stream(entry), entry.size)
    if (actual !== claimed)
      throw new TandemError(
        'A picture in this project file is damaged.',
        'Export the project again, or use another copy.',
      )
  }
  task.check()
  return store.together(() => {
    const { id, document } = store.projects.create(manifest.name)
    // Everything gets an id of its own here: the same file can be opened twice, and beside the project it came from.
    const fresh = new Map<string, string>([[manifest.document, document]])
    for (const entry of manifest.documents) if (!fresh.has(entry.id)) fresh.set(entry.id, newId())
    for (const run of manifest.runs) fresh.set(run.id, newId())
    for (const entry of manifest.documents) store.documents.put(id, storedDocumentSchema.parse(renamed(entry, fresh)))
    for (const old of manifest.runs) {
      const run: Run = { ...runSchema.parse(renamed(old, fresh)), project: id }
      const entry = entries.get(`trajectories/${old.id}.tdm`)
      store.runs.insert({ ...run, hasTrajectory: entry !== undefined })
      if (entry) store.records.finish(run.id, file.bytes(entry))
    }
    return store.projects.get(id)
  })
}

/** Every blob id that occurs anywhere in a text of JSON. */
export const blobsIn = (text: string): Set<string> => new Set(text.match(/(?<=")[0-9a-f]{64}(?=")/g) ?? [])

/** The same value with every string that is an old id replaced by its new one. */
function renamed(value: unknown, ids: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return ids.get(value) ?? value
  if (Array.isArray(value)) return value.map((entry) => renamed(entry, ids))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, renamed(entry, ids)]))
}

function readManifest(bytes: Uint8Array): z.infer<typeof manifestSchema> {
  let raw: unknown
  try {
    raw = JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw notAProject()
  }
  const version = typeof raw === 'object' && raw !== null && 'version' in raw ? raw.version : null
  if (typeof version === 'number' && version > projectVersion)
    throw new TandemError('This project was written by a newer version of Tandem Studio.', 'Update the studio.')
  const parsed = manifestSchema.safeParse(raw)
  if (!parsed.success) throw notAProject()
  return parsed.data
}

const notAProject = (): TandemError =>
  new TandemError(
    'This is not a project of Tandem Studio, or it is damaged.',
    'Choose a .tandem file, or another copy.',
  )

/** What is listed, by name, where it may be in a project and is no larger than a project can be. */
function checked(entries: readonly ZipEntry[], limits: ProjectLimits): ReadonlyMap<string, ZipEntry> {
  let total = 0
  for (const { name, size } of entries) {
    total += size
    if (name !== MANIFEST && !BLOB.test(name) && !TRAJECTORY.test(name))
      throw new TandemError('This project file holds something that does not belong there.', 'Do not open it.')
    if (size > mostOf(name, limits) || total > limits.file || entries.length > limits.files)
      throw new TandemError('This project file unpacks to more than a project can be.', 'Do not open it.')
  }
  return new Map(entries.map((entry) => [entry.name, entry]))
}
