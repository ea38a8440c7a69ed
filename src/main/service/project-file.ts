/**
 * A project as one file (.tandem): a zip with a manifest, the trajectories and every blob they and the documents name.
 * Nothing outside it is needed to open it. Reading trusts nothing: names are checked against the few that may occur,
 * sizes before anything is unpacked, and every blob against its own name.
 */
import { readFile } from 'node:fs/promises'
import { unzip, type AsyncZippable } from 'fflate'
import { z } from 'zod'
import { TandemError } from '../../shared/errors.ts'
import { storedDocumentSchema } from '../../shared/document.ts'
import type { ResultOf } from '../../shared/ipc.ts'
import { runSchema, type Project, type Run } from '../../shared/studio.ts'
import { newId } from '../store/ids.ts'
import type { Store } from '../store/store.ts'
import { packed } from './zip.ts'

export const projectVersion = 1
const MANIFEST = 'project.json'
/** Unpacked; a project with thousands of runs has some hundred megabytes. */
const MAX_BYTES = 2 ** 31 - 1
const MAX_FILES = 200_000
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

export async function exportProject(store: Store, id: string): Promise<ResultOf<'projects.export'>> {
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
  const files: AsyncZippable = { [MANIFEST]: [new TextEncoder().encode(manifest), { level: 6 }] }
  for (const blob of blobsIn(manifest)) {
    const found = store.blobs.find(blob)
    // Pictures are packed already.
    if (found) files[`blobs/${blob}`] = [await readFile(found.path), { level: 0 }]
  }
  for (const run of runs)
    if (store.records.has(run.id)) files[`trajectories/${run.id}.tdm`] = [store.records.bytes(run.id), { level: 0 }]
  const { blob } = await store.blobs.put(await packed(files))
  return { blob, name: `${project.name.replace(/[^\p{L}\p{N} _-]+/gu, '-').trim() || 'project'}.tandem` }
}

export async function importProject(store: Store, blob: string): Promise<Project> {
  const files = await unpacked(await readFile(store.blobs.get(blob).path))
  const text = files[MANIFEST]
  if (!text) throw notAProject()
  const manifest = readManifest(text)
  for (const [name, bytes] of Object.entries(files)) {
    const claimed = BLOB.exec(name)?.[1]
    if (claimed === undefined) continue
    const { blob: actual } = await store.blobs.put(bytes)
    if (actual !== claimed)
      throw new TandemError(
        'A picture in this project file is damaged.',
        'Export the project again, or use another copy.',
      )
  }
  return store.together(() => {
    const { id, document } = store.projects.create(manifest.name)
    // Everything gets an id of its own here: the same file can be opened twice, and beside the project it came from.
    const fresh = new Map<string, string>([[manifest.document, document]])
    for (const entry of manifest.documents) if (!fresh.has(entry.id)) fresh.set(entry.id, newId())
    for (const run of manifest.runs) fresh.set(run.id, newId())
    for (const entry of manifest.documents) store.documents.put(id, storedDocumentSchema.parse(renamed(entry, fresh)))
    for (const old of manifest.runs) {
      const run: Run = { ...runSchema.parse(renamed(old, fresh)), project: id }
      const bytes = files[`trajectories/${old.id}.tdm`]
      store.runs.insert({ ...run, hasTrajectory: bytes !== undefined })
      if (bytes) store.records.finish(run.id, bytes)
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

/** Unpacks what may be in a project and nothing else. */
function unpacked(bytes: Uint8Array): Promise<Record<string, Uint8Array>> {
  let total = 0
  let count = 0
  let refusal: TandemError | null = null
  return new Promise((resolve, reject) => {
    const filter = ({ name, originalSize }: { name: string; originalSize: number }): boolean => {
      total += originalSize
      count++
      if (name !== MANIFEST && !BLOB.test(name) && !TRAJECTORY.test(name))
        refusal ??= new TandemError('This project file holds something that does not belong there.', 'Do not open it.')
      if (total > MAX_BYTES || count > MAX_FILES)
        refusal ??= new TandemError('This project file unpacks to more than a project can be.', 'Do not open it.')
      return refusal === null
    }
    unzip(bytes, { filter }, (error, files) => {
      if (refusal) reject(refusal)
      else if (error) reject(notAProject())
      else resolve(files)
    })
  })
}
