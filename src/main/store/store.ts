/** The store as one thing: the only place that talks to SQLite. Opened once, by the service. */
import { join } from 'node:path'
import { keepBackups } from './backups.ts'
import { createBlobStore, type BlobStore } from './blobs.ts'
import { openDatabase, type OpenedDatabase } from './database.ts'
import { createDatasetRowStore, type DatasetRowStore } from './dataset-rows.ts'
import { createDatasetStore, type DatasetStore } from './datasets.ts'
import { createDocumentStore, type DocumentStore } from './documents.ts'
import { createEventStore, type EventStore } from './events.ts'
import { createJobStore, type JobStore } from './jobs.ts'
import { createLayoutStore, type LayoutStore } from './layout.ts'
import { createModelNoteStore, type ModelNoteStore } from './model-notes.ts'
import { createPreferenceStore, type PreferenceStore } from './preferences.ts'
import { createProjectStore, type ProjectStore } from './projects.ts'
import { createQueueStore, type QueueStore } from './queue.ts'
import { createRecordStore, type RecordStore } from './records.ts'
import { createRunStore, type RunStore } from './runs.ts'
import { createStudyStore, type StudyStore } from './studies.ts'

export interface Store {
  readonly projects: ProjectStore
  readonly documents: DocumentStore
  readonly runs: RunStore
  readonly records: RecordStore
  readonly queue: QueueStore
  readonly jobs: JobStore
  readonly modelNotes: ModelNoteStore
  readonly datasets: DatasetStore
  readonly datasetRows: DatasetRowStore
  readonly studies: StudyStore
  readonly blobs: BlobStore
  readonly events: EventStore
  readonly preferences: PreferenceStore
  readonly layout: LayoutStore
  /** Name of the damaged database that was met and put aside, if one was. */
  readonly setAside: string | null
  /** When the copy was made that took its place; null where there was none. */
  readonly restored: number | null
  /** Keeps copies of the database fresh until the store is closed. */
  keepBackups(failed: (error: unknown) => void): void
  /** What projects take on the disk: pictures, and what the database holds. */
  bytes(): number
  /** Several changes as one: all of them are on disk, or none. */
  together<T>(work: () => T): T
  close(): void
}

export const openStore = (folder: string): Store => storeOn(openDatabase(folder), folder)

/** The store on a database that is open. */
export function storeOn({ db, setAside, restored }: OpenedDatabase, folder: string): Store {
  let stopBackups = (): void => undefined
  const blobs = createBlobStore(db, join(folder, 'blobs'))
  const pragma = (name: string): number => db.pragma(name, { simple: true }) as number
  return {
    projects: createProjectStore(db),
    documents: createDocumentStore(db),
    runs: createRunStore(db),
    records: createRecordStore(db),
    queue: createQueueStore(db),
    jobs: createJobStore(db),
    modelNotes: createModelNoteStore(db),
    datasets: createDatasetStore(db),
    datasetRows: createDatasetRowStore(db),
    studies: createStudyStore(db),
    blobs,
    events: createEventStore(db),
    preferences: createPreferenceStore(db),
    layout: createLayoutStore(db),
    setAside,
    restored,
    keepBackups(failed) {
      stopBackups = keepBackups(db, folder, failed)
    },
    // Pages of what was deleted are used again: they are no burden.
    bytes: () => blobs.totalBytes() + (pragma('page_count') - pragma('freelist_count')) * pragma('page_size'),
    together: (work) => db.transaction(work)(),
    close() {
      stopBackups()
      db.close()
    },
  }
}
