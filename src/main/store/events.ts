/**
 * Events, numbered without a gap across restarts. They are written before they are told, so a screen that was away asks
 * for what it missed; only the latest are kept, and who was away longer starts over.
 */
import type { Database } from './database.ts'

export interface StoredEvent {
  readonly seq: number
  readonly name: string
  readonly payload: unknown
}

export interface EventStore {
  last(): number
  append(name: string, payload: unknown): number
  /** Events after `seq`; null where they are not all there any more. */
  since(seq: number): StoredEvent[] | null
}

const KEPT = 2000
const TRIM_EVERY = 256

export function createEventStore(db: Database): EventStore {
  const insert = db.prepare('INSERT INTO events (name, payload) VALUES (?, ?)')
  const last = db.prepare<[], { seq: number | null }>("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
  const after = db.prepare<[number], { seq: number; name: string; payload: string }>(
    'SELECT seq, name, payload FROM events WHERE seq > ? ORDER BY seq',
  )
  const first = db.prepare<[], { seq: number | null }>('SELECT min(seq) AS seq FROM events')
  const trim = db.prepare('DELETE FROM events WHERE seq <= ?')
  const end = (): number => last.get()?.seq ?? 0
  return {
    last: end,
    append(name, payload) {
      const seq = Number(insert.run(name, JSON.stringify(payload)).lastInsertRowid)
      if (seq % TRIM_EVERY === 0) trim.run(seq - KEPT)
      return seq
    },
    since(seq) {
      const now = end()
      if (seq === now) return []
      const oldest = first.get()?.seq ?? now + 1
      if (seq > now || seq < oldest - 1) return null
      return after.all(seq).map((row) => ({ ...row, payload: JSON.parse(row.payload) as unknown }))
    },
  }
}
