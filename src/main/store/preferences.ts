/** What a person set once and wants everywhere. A field that no longer reads falls back to its default. */
import { preferencesSchema, type Preferences } from '../../shared/studio.ts'
import type { Database } from './database.ts'

export interface PreferenceStore {
  get(): Preferences
  set(preferences: Preferences): void
}

export function createPreferenceStore(db: Database): PreferenceStore {
  const read = db.prepare<[], { key: string; value: string }>('SELECT key, value FROM preferences')
  const write = db.prepare('INSERT OR REPLACE INTO preferences (key, value) VALUES (?, ?)')
  return {
    get() {
      const known: Record<string, unknown> = {}
      for (const { key, value } of read.all()) {
        const one = preferencesSchema.safeParse({ [key]: JSON.parse(value) as unknown })
        if (one.success) known[key] = one.data[key as keyof Preferences]
      }
      return preferencesSchema.parse(known)
    },
    set: db.transaction((preferences: Preferences) => {
      for (const [key, value] of Object.entries(preferences)) write.run(key, JSON.stringify(value))
    }),
  }
}
