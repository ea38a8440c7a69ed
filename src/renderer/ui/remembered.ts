/**
 * What the screens remember of how they were left (widths, open panels, where they look). It is there before the first
 * screen is drawn and kept by whoever restored it; where nobody did, in a test for example, it lasts as long as the page.
 */
import { useCallback, useState } from 'react'

export type Remembered = string | number | boolean

let entries: ReadonlyMap<string, Remembered> = new Map()
let keep: (key: string, value: Remembered | null) => void = () => undefined
const listeners = new Set<() => void>()

/** Takes in what was kept, and where changes go from now on. */
export function restoreRemembered(
  stored: Readonly<Record<string, Remembered>>,
  onChange: (key: string, value: Remembered | null) => void,
): void {
  entries = new Map(Object.entries(stored))
  keep = onChange
  for (const listener of listeners) listener()
}

/** For stores that are made before anything is restored: told when it is. */
export function whenRestored(listener: () => void): void {
  listeners.add(listener)
}

/** The kept value where it has the kind of the default, else the default. */
export function recall<T extends Remembered>(key: string, fallback: T): T {
  const stored = entries.get(key)
  return typeof stored === typeof fallback ? (stored as T) : fallback
}

/** Keeps a value; null forgets it. */
export function remember(key: string, value: Remembered | null): void {
  if ((entries.get(key) ?? null) === value) return
  const next = new Map(entries)
  if (value === null) next.delete(key)
  else next.set(key, value)
  entries = next
  keep(key, value)
}

/** State that the next window starts with. */
export function useRemembered<T extends Remembered>(key: string, fallback: T): readonly [T, (value: T) => void] {
  const [value, setValue] = useState<T>(() => recall(key, fallback))
  const set = useCallback(
    (next: T) => {
      setValue(next)
      remember(key, next)
    },
    [key],
  )
  return [value, set]
}
