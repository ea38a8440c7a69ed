/** A set that the engine has read becomes a set of the studio: whole, or not at all. */
import { createReadStream } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { takenRowSchema, type DatasetTake, type TakenRow } from '../../../shared/datasets.ts'
import { lineageSchema } from '../../../shared/dataset-records.ts'
import { newId } from '../../store/ids.ts'
import type { RowContent, RowState } from '../../store/dataset-rows.ts'
import type { StoredDataset } from '../../store/datasets.ts'
import type { Store } from '../../store/store.ts'
import { newRev } from './edits.ts'
import { stampOf, writeDataFile } from './files.ts'

/** Rows put into the store at a time: the service answers in between. */
const BATCH = 1000

export interface TakeRequest {
  readonly id: string
  readonly name: string
  readonly origin: string
  readonly mode: 'copy' | 'refer'
  /** What the person named: a set that is only read is opened by it again. */
  readonly source: string
  readonly columns: Readonly<Record<string, string>> | null
  readonly taken: DatasetTake
  /** Where copies stand. */
  readonly folder: string
}

/** Puts a set in, or new rows into the one of this id. What an earlier session left half done goes first. */
export async function takeIn(store: Store, request: TakeRequest): Promise<void> {
  const { id, mode, taken, folder } = request
  const known = store.datasets.find(id)
  const again = known?.ready === true
  const hidden = again ? newId() : id
  if (known && !again) dropSet(store, id)
  const now = Date.now()
  const base = newId()
  const copy = mode === 'copy'
  const set: StoredDataset = {
    id: hidden,
    name: request.name,
    format: taken.format,
    editable: copy,
    origin: request.origin,
    createdAt: now,
    updatedAt: now,
    root: copy ? folder : taken.root,
    source: copy ? folder : request.source,
    files: copy ? [] : await Promise.all(taken.files.map(async (path) => ({ path, stamp: await stampOf(path) }))),
    // A copy has our own.
    columns: copy ? null : request.columns,
    ready: false,
    base,
    written: base,
    check: null,
    stats: null,
  }
  store.datasets.insert(set)
  try {
    await fill(store, hidden, taken.index)
    if (copy) {
      await mkdir(dirname(folder), { recursive: true })
      await rm(folder, { recursive: true, force: true })
      await rm(taken.index, { force: true })
      await rename(dirname(taken.index), folder)
      await writeDataFile(store.datasetRows, set, () => base)
    }
    store.together(() => {
      if (!again) return store.datasets.update(id, { ready: true })
      store.datasetRows.clear(id)
      store.datasets.forgetEdits(id)
      store.datasets.swapRows(id, hidden)
      store.datasets.delete(hidden)
      const { name, createdAt, check, stats } = known
      // What was found belonged to the files as they were.
      store.datasets.update(id, { ...set, id, name, createdAt, check, stats, ready: true })
    })
  } catch (error) {
    dropSet(store, hidden)
    if (copy) await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Rows, texts, findings, edits and the record. */
export function dropSet(store: Store, id: string): void {
  store.together(() => {
    store.datasetRows.clear(id)
    store.datasets.delete(id)
  })
}

async function fill(store: Store, dataset: string, index: string): Promise<void> {
  let batch: Omit<RowState, 'position'>[] = []
  let from = 1
  const flush = async (): Promise<void> => {
    store.datasetRows.insert(dataset, batch, from)
    from += batch.length
    batch = []
    await new Promise((resolve) => setImmediate(resolve))
  }
  for await (const line of createInterface({ input: createReadStream(index), crlfDelay: Infinity })) {
    batch.push(stateOf(takenRowSchema.parse(JSON.parse(line))))
    if (batch.length >= BATCH) await flush()
  }
  await flush()
}

function stateOf({ id, where, split, extra, ...rest }: TakenRow): Omit<RowState, 'position'> {
  const { lineage: found, ...others } = extra
  const lineage = lineageSchema.safeParse(found)
  const content: RowContent = {
    ...rest,
    // What is no lineage of ours is a column of another tool's.
    extra: lineage.success || found === undefined ? others : extra,
    lineage: lineage.success ? lineage.data : null,
    where,
  }
  return { id, split, marked: false, rev: newRev(), content }
}

export const copyFolder = (data: string, id: string): string => join(data, 'datasets', id)
