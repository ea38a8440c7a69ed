/** The order of what waits, on disk: a restart goes on where the queue stood. */
import type { Database } from './database.ts'

export type Lane = 'interactive' | 'background'
export interface Waiting {
  readonly run: string
  readonly lane: Lane
}

export interface QueueStore {
  /** In the order they are to run. */
  list(): Waiting[]
  add(run: string, lane: Lane): void
  remove(run: string): void
  /** Before another one of the queue, or last. */
  move(run: string, before: string | null): void
}

export function createQueueStore(db: Database): QueueStore {
  const all = db.prepare<[], Waiting & { position: number }>('SELECT run, lane, position FROM queue ORDER BY position')
  const put = db.prepare('INSERT OR REPLACE INTO queue (run, lane, position) VALUES (?, ?, ?)')
  const move = db.prepare('UPDATE queue SET position = ? WHERE run = ?')
  const remove = db.prepare('DELETE FROM queue WHERE run = ?')
  const end = (): number => (all.all().at(-1)?.position ?? 0) + 1
  return {
    list: () => all.all().map(({ run, lane }) => ({ run, lane })),
    add: (run, lane) => void put.run(run, lane, end()),
    remove: (run) => void remove.run(run),
    move: db.transaction((run: string, before: string | null) => {
      const rest = all.all().filter((entry) => entry.run !== run)
      const at = before === null ? rest.length : rest.findIndex((entry) => entry.run === before)
      const order = rest.map((entry) => entry.run)
      order.splice(at < 0 ? rest.length : at, 0, run)
      order.forEach((id, i) => move.run(i + 1, id))
    }),
  }
}
