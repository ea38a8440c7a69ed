/**
 * Changes that could not be written. They are shown as if they were, until their record is written again; in memory
 * alone. Each stands with the record it changes: where that was written since, the change is past.
 */
export interface Held<T extends { readonly id: string }> {
  /** Holds a change of what stands on disk as `record`, over what is held of it already. */
  hold(id: string, record: string, change: Partial<T>): void
  /** What was read from `record`, with what is held of it. */
  over(record: string, value: T): T
  /** Ids whose change is not written yet; `recordOf` is what stands on disk now. */
  ids(recordOf: (id: string) => string | undefined): string[]
}

export function createHeld<T extends { readonly id: string }>(): Held<T> {
  const changes = new Map<string, { readonly record: string; readonly change: Partial<T> }>()
  return {
    hold(id, record, change) {
      const before = changes.get(id)
      changes.set(id, { record, change: before?.record === record ? { ...before.change, ...change } : change })
    },
    over(record, value) {
      const held = changes.get(value.id)
      return held?.record === record ? { ...value, ...held.change } : value
    },
    ids(recordOf) {
      for (const [id, { record }] of changes) if (recordOf(id) !== record) changes.delete(id)
      return [...changes.keys()]
    },
  }
}
