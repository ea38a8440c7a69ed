/** Data sets: the record of each, the log of its edits with a cursor, and the places a person chose. */
import type { DatasetCheck, DatasetFacts } from '../../shared/dataset-records.ts'
import type { FormatName } from '../../shared/datasets.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Database } from './database.ts'
import type { RowChange } from './dataset-rows.ts'

/** What is kept of a set. Paths never leave the service. */
export interface StoredDataset {
  readonly id: string
  readonly name: string
  readonly format: FormatName
  readonly editable: boolean
  readonly origin: string
  readonly createdAt: number
  readonly updatedAt: number
  /** What its pictures' names are relative to. */
  readonly root: string
  /** The path it is opened by: of a copy its root. */
  readonly source: string
  /** Of a set that is only read: its files with what they were then. */
  readonly files: readonly { readonly path: string; readonly stamp: string }[]
  /** Parquet columns by the person's choice. */
  readonly columns: Readonly<Record<string, string>> | null
  /** It is whole: until then nobody sees it, and a start without it takes it away. */
  readonly ready: boolean
  /** How it stood before the first edit that is kept. */
  readonly base: string
  /** The stand that data.jsonl was last written for. */
  readonly written: string
  readonly check: DatasetCheck | null
  readonly stats: DatasetFacts | null
}

export interface DatasetEdit {
  readonly name: string
  readonly stand: string
  readonly changes: readonly RowChange[]
}

export interface DatasetStore {
  list(): StoredDataset[]
  find(id: string): StoredDataset | null
  /** Throws where it is not there. */
  get(id: string): StoredDataset
  insert(set: StoredDataset): void
  update(id: string, change: Partial<StoredDataset>): void
  delete(id: string): void
  /** How the set stands now, and what undo and redo would do. */
  stand(id: string): { readonly stand: string; readonly undo: string | null; readonly redo: string | null }
  /** Puts an edit at the cursor; what was undone goes, and what lies further back than can be undone. */
  append(id: string, edit: DatasetEdit): void
  /** The edit that undo or redo would apply, with the cursor moved past it; null where there is none. */
  step(id: string, direction: 'back' | 'forth'): DatasetEdit | null
  forgetEdits(id: string): void

  /** Other rows instead of its own: those of a set that was read beside it, which goes. */
  swapRows(id: string, from: string): void

  keepPlace(handle: string, path: string): void
  place(handle: string): string | null
}

/** As many as a document's. */
const UNDO_DEPTH = 400

export function createDatasetStore(db: Database): DatasetStore {
  const all = db.prepare<[], { record: string }>('SELECT record FROM datasets ORDER BY created_at DESC, id DESC')
  const one = db.prepare<[string], { record: string }>('SELECT record FROM datasets WHERE id = ?')
  const insert = db.prepare('INSERT INTO datasets (id, created_at, cursor, record) VALUES (?, ?, 0, ?)')
  const update = db.prepare('UPDATE datasets SET record = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM datasets WHERE id = ?')
  const cursorOf = db.prepare<[string], { cursor: number }>('SELECT cursor FROM datasets WHERE id = ?')
  const setCursor = db.prepare('UPDATE datasets SET cursor = ? WHERE id = ?')
  const nameAt = db.prepare<[string, number], { name: string; stand: string }>(
    'SELECT name, stand FROM dataset_edits WHERE dataset = ? AND number = ?',
  )
  const editAt = db.prepare<[string, number], { name: string; stand: string; changes: string }>(
    'SELECT name, stand, changes FROM dataset_edits WHERE dataset = ? AND number = ?',
  )
  const addEdit = db.prepare('INSERT INTO dataset_edits (dataset, number, name, stand, changes) VALUES (?, ?, ?, ?, ?)')
  const dropFrom = db.prepare('DELETE FROM dataset_edits WHERE dataset = ? AND number >= ?')
  const dropBefore = db.prepare('DELETE FROM dataset_edits WHERE dataset = ? AND number < ?')
  const lastBefore = db.prepare<[string, number], { stand: string }>(
    'SELECT stand FROM dataset_edits WHERE dataset = ? AND number < ? ORDER BY number DESC LIMIT 1',
  )
  const moveRows = db.prepare('UPDATE dataset_rows SET dataset = ? WHERE dataset = ?')
  const addPlace = db.prepare('INSERT OR REPLACE INTO places (handle, path) VALUES (?, ?)')
  const placeByHandle = db.prepare<[string], { path: string }>('SELECT path FROM places WHERE handle = ?')

  const read = ({ record }: { record: string }): StoredDataset => JSON.parse(record) as StoredDataset

  function find(id: string): StoredDataset | null {
    const row = one.get(id)
    return row ? read(row) : null
  }
  function get(id: string): StoredDataset {
    const set = find(id)
    if (!set) throw new TandemError('That data set is not there any more.', 'Choose another one.')
    return set
  }
  const cursor = (id: string): number => cursorOf.get(id)?.cursor ?? 0

  return {
    list: () => all.all().map(read),
    find,
    get,
    insert: (set) => void insert.run(set.id, set.createdAt, JSON.stringify(set)),
    update: (id, change) => void update.run(JSON.stringify({ ...get(id), ...change }), id),
    delete: (id) => void remove.run(id),
    stand(id) {
      const at = cursor(id)
      const done = nameAt.get(id, at - 1)
      return {
        stand: done?.stand ?? get(id).base,
        undo: done?.name ?? null,
        redo: nameAt.get(id, at)?.name ?? null,
      }
    },
    append: db.transaction((id: string, { name, stand, changes }: DatasetEdit) => {
      const at = cursor(id)
      dropFrom.run(id, at)
      addEdit.run(id, at, name, stand, JSON.stringify(changes))
      setCursor.run(at + 1, id)
      const first = at + 1 - UNDO_DEPTH
      if (first <= 0) return
      const before = lastBefore.get(id, first)
      if (before) update.run(JSON.stringify({ ...get(id), base: before.stand }), id)
      dropBefore.run(id, first)
    }),
    step: db.transaction((id: string, direction: 'back' | 'forth') => {
      const at = cursor(id)
      const row = editAt.get(id, direction === 'back' ? at - 1 : at)
      if (!row) return null
      setCursor.run(direction === 'back' ? at - 1 : at + 1, id)
      return { name: row.name, stand: row.stand, changes: JSON.parse(row.changes) as RowChange[] }
    }),
    forgetEdits: db.transaction((id: string) => {
      dropFrom.run(id, 0)
      setCursor.run(0, id)
    }),
    swapRows: (id, from) => void moveRows.run(id, from),
    keepPlace: (handle, path) => void addPlace.run(handle, path),
    place: (handle) => placeByHandle.get(handle)?.path ?? null,
  }
}
