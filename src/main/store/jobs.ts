/** Jobs: the record every screen shows, and the order of those that wait. */
import { TandemError } from '../../shared/errors.ts'
import { studioJobSchema, type StudioJob } from '../../shared/studio-jobs.ts'
import type { Database } from './database.ts'
import { createHeld } from './held.ts'

export interface JobStore {
  /** Adds a job; it does not wait until it is put into the order. */
  insert(job: StudioJob): void
  get(id: string): StudioJob
  find(id: string): StudioJob | null
  /** Changes some fields; the record as it is afterwards. */
  update(id: string, change: Partial<StudioJob>): StudioJob
  /** Those that wait in their order, then the rest, newest first. */
  list(): StudioJob[]
  delete(id: string): void
  /** Ids of those that wait, in their order. */
  waiting(): string[]
  /** Puts a job among those that wait: before another one, or last. */
  enqueue(id: string, before?: string | null): void
  dequeue(id: string): void
  /** Shows a change that could not be written as if it were, until the job is written again. In memory alone. */
  hold(id: string, change: Partial<StudioJob>): void
  /** Jobs whose held change is not written yet. */
  held(): string[]
}

interface Row {
  readonly record: string
}

export function createJobStore(db: Database): JobStore {
  const insert = db.prepare('INSERT INTO jobs (id, kind, state, created_at, record) VALUES (?, ?, ?, ?, ?)')
  const change = db.prepare('UPDATE jobs SET state = ?, record = ? WHERE id = ?')
  const one = db.prepare<[string], Row>('SELECT record FROM jobs WHERE id = ?')
  const all = db.prepare<[], Row>('SELECT record FROM jobs ORDER BY position IS NULL, position, created_at DESC, id')
  const order = db.prepare<[], { id: string }>('SELECT id FROM jobs WHERE position IS NOT NULL ORDER BY position')
  const place = db.prepare('UPDATE jobs SET position = ? WHERE id = ?')
  const remove = db.prepare('DELETE FROM jobs WHERE id = ?')

  const holding = createHeld<StudioJob>()
  /** Null for a row this version cannot read: it stays on disk, and keeps nobody from the rest. */
  const read = ({ record }: Row): StudioJob | null => {
    const job = studioJobSchema.safeParse(JSON.parse(record)).data
    return job ? holding.over(record, job) : null
  }
  function find(id: string): StudioJob | null {
    const row = one.get(id)
    return row ? read(row) : null
  }
  function get(id: string): StudioJob {
    const job = find(id)
    if (!job) throw new TandemError('That job is not there any more.', 'Choose another one.')
    return job
  }
  const waiting = (): string[] => order.all().flatMap(({ id }) => (find(id) ? [id] : []))

  return {
    insert: (job) => void insert.run(job.id, job.spec.kind, job.state, job.createdAt, JSON.stringify(job)),
    get,
    find,
    update(id, changes) {
      const after = { ...get(id), ...changes }
      change.run(after.state, JSON.stringify(after), id)
      return after
    },
    list: () => all.all().flatMap((row) => read(row) ?? []),
    delete: (id) => void remove.run(id),
    waiting,
    enqueue: db.transaction((id: string, before: string | null = null) => {
      const rest = waiting().filter((other) => other !== id)
      const at = before === null ? -1 : rest.indexOf(before)
      rest.splice(at < 0 ? rest.length : at, 0, id)
      rest.forEach((each, i) => place.run(i + 1, each))
    }),
    dequeue: (id) => void place.run(null, id),
    hold(id, change) {
      const row = one.get(id)
      if (row) holding.hold(id, row.record, change)
    },
    held: () => holding.ids((id) => one.get(id)?.record),
  }
}
