/** Notes on models and adapters. Where a model goes, its note goes. */
import type { Database } from './database.ts'

export interface ModelNoteStore {
  /** By model id. */
  all(): Map<string, string>
  /** An empty note is none. */
  set(model: string, note: string): void
}

export function createModelNoteStore(db: Database): ModelNoteStore {
  const read = db.prepare<[], { model: string; note: string }>('SELECT model, note FROM model_notes')
  const put = db.prepare('INSERT OR REPLACE INTO model_notes (model, note) VALUES (?, ?)')
  const drop = db.prepare('DELETE FROM model_notes WHERE model = ?')
  return {
    all: () => new Map(read.all().map(({ model, note }) => [model, note])),
    set: (model, note) => void (note === '' ? drop.run(model) : put.run(model, note)),
  }
}
