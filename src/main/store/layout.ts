/**
 * How the screens were left (see ipc-layout.ts), beside the preferences, in the same table under a prefix of its own.
 * What belongs to a document goes with it.
 */
import { layoutEntriesSchema, type LayoutEntries, type LayoutValue } from '../../shared/ipc-layout.ts'
import type { Database } from './database.ts'

export interface LayoutStore {
  get(): LayoutEntries
  /** Sets what is given; null forgets. */
  set(entries: Readonly<Record<string, LayoutValue | null>>): void
  /** Forgets what is kept for a document: the keys that end in its id. */
  forget(document: string): void
}

const PREFIX = 'layout.'

export function createLayoutStore(db: Database): LayoutStore {
  const read = db.prepare<[], { key: string; value: string }>(
    `SELECT substr(key, ${PREFIX.length + 1}) AS key, value FROM preferences WHERE key GLOB '${PREFIX}*'`,
  )
  const write = db.prepare(`INSERT OR REPLACE INTO preferences (key, value) VALUES ('${PREFIX}' || ?, ?)`)
  const drop = db.prepare(`DELETE FROM preferences WHERE key = '${PREFIX}' || ?`)
  return {
    get() {
      const entries: LayoutEntries = {}
      for (const { key, value } of read.all()) {
        const one = layoutEntriesSchema.safeParse({ [key]: JSON.parse(value) as unknown })
        if (one.success) Object.assign(entries, one.data)
      }
      return entries
    },
    set: db.transaction((entries: Readonly<Record<string, LayoutValue | null>>) => {
      for (const [key, value] of Object.entries(entries)) {
        if (value === null) drop.run(key)
        else write.run(key, JSON.stringify(value))
      }
    }),
    forget(document) {
      for (const { key } of read.all()) if (key.endsWith(`.${document}`)) drop.run(key)
    },
  }
}
