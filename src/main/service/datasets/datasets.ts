/**
 * Data sets at work: the store has the rows, a copy's `data.jsonl` follows it within half a second and is always written
 * before the engine reads the set. Every change is an edit that can be undone, also after a restart.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Dataset, RowAction } from '../../../shared/dataset-records.ts'
import { TandemError } from '../../../shared/errors.ts'
import type { ParsedArgsOf, ResultOf } from '../../../shared/ipc.ts'
import type { RowChange } from '../../store/dataset-rows.ts'
import type { StoredDataset } from '../../store/datasets.ts'
import { newId } from '../../store/ids.ts'
import type { Store } from '../../store/store.ts'
import type { Publisher } from '../publisher.ts'
import { changeContent, freeId, newRev, planEdit, type PlannedEdit } from './edits.ts'
import { wasChanged, writeDataFile } from './files.ts'
import { addPicture, pictureFile, shownPicture, thumbnail } from './pictures.ts'
import { copyFolder, dropSet } from './taking.ts'

type Changed = ResultOf<'datasets.edit'>

export interface Datasets {
  /** Takes away what an earlier start left half done, and writes out what it did not. */
  start(): void
  list(): Promise<Dataset[]>
  describe(id: string): Promise<Dataset>
  create(name: string): Promise<Dataset>
  rename(id: string, name: string): Promise<Dataset>
  delete(id: string): Promise<void>
  edit(id: string, action: RowAction): Promise<Changed>
  travel(id: string, direction: 'back' | 'forth'): Promise<Changed>
  addRun(args: ParsedArgsOf<'datasets.addRun'>): Promise<ResultOf<'datasets.addRun'>>
  thumbnails(id: string, keys: readonly number[]): Promise<ResultOf<'datasets.thumbnails'>['thumbnails']>
  picture(id: string, key: number, side: 'input' | 'output'): Promise<ResultOf<'datasets.picture'>>
  /** The path the engine opens a set by, everything written out. Throws where it is not there. */
  open(id: string): Promise<{ path: string; columns?: Record<string, string> }>
  /** As `open`; its files stay as they are until `release`. */
  hold(id: string): Promise<{ path: string; columns?: Record<string, string>; stand: string }>
  release(id: string): void
  /** Applies an edit that was made elsewhere, for example by a job. */
  commit(id: string, edit: PlannedEdit | null): Promise<Changed>
  /** Tells every screen how a set is now. */
  tell(id: string): Promise<Dataset>
  folderOf(id: string): string
  stop(): Promise<void>
}

export interface DatasetDeps {
  readonly store: Store
  readonly publisher: Publisher
  /** The studio's data folder. */
  readonly data: string
  /** Whether a file outside a set's folder may be read for it. */
  readonly allowed: (real: string) => Promise<boolean>
}

const WRITE_AFTER_MS = 400
const RETRY_MS = 15_000
/** More changed rows than these are not named one by one. */
const NAMED = 500

export function createDatasets({ store, publisher, data, allowed }: DatasetDeps): Datasets {
  const { datasets, datasetRows: rows } = store
  const timers = new Map<string, NodeJS.Timeout>()
  const writing = new Map<string, Promise<void>>()
  const held = new Map<string, number>()
  const cacheOf = (id: string): string => join(data, 'cache', 'thumbnails', id)
  const folderOf = (id: string): string => copyFolder(data, id)

  /** A set that is whole. */
  function get(id: string): StoredDataset {
    const set = datasets.get(id)
    if (!set.ready) throw new TandemError('That data set is not there any more.', 'Choose another one.')
    return set
  }

  function editable(id: string): StoredDataset {
    const set = get(id)
    if (set.editable) return set
    throw new TandemError(
      `"${set.name}" is read where it stands and cannot be changed.`,
      'Copy it into the studio; the copy can be edited.',
    )
  }

  async function describe(id: string): Promise<Dataset> {
    const { name, format, editable, origin, createdAt, updatedAt, check, stats, ...set } = get(id)
    return {
      id,
      name,
      format,
      editable,
      origin,
      createdAt,
      updatedAt,
      check,
      stats,
      ...rows.counts(id),
      ...datasets.stand(id),
      changed: await wasChanged(set),
    }
  }

  async function tell(id: string): Promise<Dataset> {
    const dataset = await describe(id)
    publisher.publish('dataset.changed', { dataset })
    return dataset
  }

  /** Changes rows and says so; `change` also moves the log of edits. */
  async function change(
    id: string,
    changes: readonly RowChange[],
    direction: 'forth' | 'back',
    log: () => void,
  ): Promise<Changed> {
    const moved = changes.some(({ before, after }) => before === null || after === null)
    const keys = moved || changes.length > NAMED ? null : changes.map(({ key }) => key)
    publisher.publishWith(() => {
      rows.apply(id, changes, direction)
      log()
      datasets.update(id, { updatedAt: Date.now() })
      return { dataset: id, rows: keys }
    }, 'dataset.rows')
    writeSoon(id)
    return { dataset: await tell(id), rows: changes.slice(0, NAMED).map(({ key }) => key) }
  }

  async function commit(id: string, edit: PlannedEdit | null): Promise<Changed> {
    if (!edit || edit.changes.length === 0) return { dataset: await describe(id), rows: [] }
    const { name, changes, marksOnly } = edit
    const stand = marksOnly ? datasets.stand(id).stand : newId()
    return change(id, changes, 'forth', () => datasets.append(id, { name, stand, changes }))
  }

  function writeSoon(id: string, ms = WRITE_AFTER_MS): void {
    clearTimeout(timers.get(id))
    timers.set(
      id,
      setTimeout(() => void write(id).catch((error: unknown) => sayUnwritten(id, error)), ms),
    )
  }

  function sayUnwritten(id: string, error: unknown): void {
    const words = error instanceof TandemError ? error : null
    publisher.say('notice', {
      message: words?.message ?? 'The data set could not be written.',
      remedy: words?.remedy ?? 'Its changes are safe in the studio; writing is tried again.',
    })
    writeSoon(id, RETRY_MS)
  }

  /** Writes a copy's file if it is out of date. One at a time for a set. */
  function write(id: string): Promise<void> {
    clearTimeout(timers.get(id))
    const before = writing.get(id) ?? Promise.resolve()
    const work = before
      .catch(() => undefined)
      .then(async () => {
        const set = datasets.find(id)
        if (!set?.ready || !set.editable || held.has(id)) return
        if (datasets.stand(id).stand === set.written) return
        const written = await writeDataFile(rows, set, () => datasets.stand(id).stand)
        if (datasets.find(id)) datasets.update(id, { written })
      })
    writing.set(id, work)
    return work
  }

  async function open(id: string): Promise<{ path: string; columns?: Record<string, string> }> {
    const { source, columns } = get(id)
    await write(id)
    return { path: source, ...(columns ? { columns: { ...columns } } : {}) }
  }

  async function fileOf(id: string, name: string | null): Promise<string | null> {
    return pictureFile(get(id).root, name, allowed)
  }

  return {
    folderOf,
    start() {
      for (const set of datasets.list()) {
        if (set.ready) {
          if (set.editable && datasets.stand(set.id).stand !== set.written) writeSoon(set.id)
          continue
        }
        try {
          dropSet(store, set.id)
        } catch {
          // The store cannot be written now: the set is not shown, and is dropped at a later start.
          continue
        }
        void rm(folderOf(set.id), { recursive: true, force: true }).catch(() => undefined)
      }
    },
    list: async () => Promise.all(datasets.list().flatMap(({ id, ready }) => (ready ? [describe(id)] : []))),
    describe,
    async create(name) {
      const id = newId()
      const now = Date.now()
      const root = folderOf(id)
      await mkdir(root, { recursive: true })
      const base = newId()
      await writeDataFile(rows, { id, root }, () => base)
      datasets.insert({
        id,
        name,
        format: 'quadruplets',
        editable: true,
        origin: 'made here',
        createdAt: now,
        updatedAt: now,
        root,
        source: root,
        files: [],
        columns: null,
        ready: true,
        base,
        written: base,
        check: null,
        stats: null,
      })
      return tell(id)
    },
    rename(id, name) {
      get(id)
      datasets.update(id, { name })
      return tell(id)
    },
    async delete(id) {
      const { editable: own } = get(id)
      clearTimeout(timers.get(id))
      await writing.get(id)?.catch(() => undefined)
      publisher.publishWith(() => {
        dropSet(store, id)
        return { dataset: id }
      }, 'dataset.removed')
      if (own) await rm(folderOf(id), { recursive: true, force: true })
      await rm(cacheOf(id), { recursive: true, force: true })
    },
    async edit(id, action) {
      const set = action.do === 'mark' ? get(id) : editable(id)
      if (action.do !== 'picture') return commit(id, planEdit(rows, id, action))
      const row = rows.get(id, action.row)
      if (row.content.broken) throw new TandemError('That line is no row.', 'Delete it, or mend it where it came from.')
      if (action.blob === null && action.side === 'output')
        throw new TandemError('A row needs its output picture.', 'Replace it, or delete the row.')
      const name = action.blob === null ? null : await addPicture(set.root, store.blobs.get(action.blob), action.side)
      const what = action.blob === null ? 'Take the input picture away' : `Replace the ${action.side} picture`
      const changed = changeContent(rows.get(id, action.row), { [action.side]: name })
      return commit(id, { name: what, changes: [changed], marksOnly: false })
    },
    travel(id, direction) {
      get(id)
      const edit = datasets.step(id, direction)
      if (!edit) throw new TandemError(`There is nothing to ${direction === 'back' ? 'undo' : 'redo'}.`, '')
      return change(id, edit.changes, direction, () => undefined)
    },
    async addRun({ dataset, run: runId, instruction, reasoning, output, split }) {
      const set = editable(dataset)
      const run = store.runs.get(runId)
      const blob = output ?? run.picture?.blob
      if (blob === undefined) throw new TandemError('This run has no picture yet.', 'Wait for its end.')
      if (run.settings.task === 'edit' && !run.input)
        throw new TandemError('The picture this run began with is not kept.', 'Run the edit again here.')
      const input = run.input && (await addPicture(set.root, store.blobs.get(run.input.blob), 'input'))
      const drawn = await addPicture(set.root, store.blobs.get(blob), 'output')
      const lineage = {
        run: run.id,
        model: run.modelName || run.settings.model,
        modelHash: run.modelHash,
        seed: run.seed,
        picture: output === null ? ('result' as const) : ('document' as const),
      }
      const stem = `run-${run.seed}`
      const after = {
        position: rows.ends(dataset).last + 1,
        id: rows.hasId(dataset, stem) ? freeId(rows, dataset, `${stem}-1`) : stem,
        split,
        marked: false,
        rev: newRev(),
        content: { instruction, reasoning, input, output: drawn, extra: {}, broken: null, lineage, where: null },
      }
      const key = rows.newKey()
      const { dataset: changed } = await commit(dataset, {
        name: 'Add a run',
        changes: [{ key, before: null, after }],
        marksOnly: false,
      })
      return { dataset: changed, row: key }
    },
    async thumbnails(id, keys) {
      const small = async (name: string | null): Promise<Uint8Array | null> => {
        const path = await fileOf(id, name)
        return path === null ? null : thumbnail(path, cacheOf(id))
      }
      return Promise.all(
        rows.find(id, keys).map(async ({ key, content }) => ({
          row: key,
          input: await small(content.input),
          output: await small(content.output),
        })),
      )
    },
    async picture(id, key, side) {
      const name = rows.get(id, key).content[side]
      if (name === null) throw new TandemError('This row has no such picture.', '')
      return shownPicture(await fileOf(id, name), name)
    },
    open,
    async hold(id) {
      for (;;) {
        const opened = await open(id)
        const { stand } = datasets.stand(id)
        const { editable: own, written } = get(id)
        // Changed in the moment since: what is written is not what is noted.
        if (own && written !== stand && !held.has(id)) continue
        held.set(id, (held.get(id) ?? 0) + 1)
        return { ...opened, stand: own ? written : stand }
      }
    },
    release(id) {
      const count = (held.get(id) ?? 1) - 1
      if (count > 0) return void held.set(id, count)
      held.delete(id)
      if (datasets.find(id)) writeSoon(id)
    },
    commit,
    tell,
    async stop() {
      held.clear()
      for (const timer of timers.values()) clearTimeout(timer)
      // What cannot be written now is written at the next start: the store has it.
      await Promise.all(datasets.list().map(({ id }) => write(id).catch(() => undefined)))
    },
  }
}
