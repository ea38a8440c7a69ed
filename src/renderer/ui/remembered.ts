/** What this window remembers of its own layout (widths, open panels). Lost storage is no loss: defaults come back. */
import { useCallback, useState } from 'react'

const PREFIX = 'tandem.'

/** The stored value where it has the kind of the default, else the default. */
export function recall<T extends string | number | boolean>(key: string, fallback: T): T {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(PREFIX + key) ?? 'null')
    return typeof stored === typeof fallback ? (stored as T) : fallback
  } catch {
    return fallback
  }
}

export function remember(key: string, value: string | number | boolean): void {
  try {
    localStorage.setItem(PREFIX + key, JSON.stringify(value))
  } catch {
    // A full or forbidden storage costs a remembered width and nothing else.
  }
}

/** State that the next window starts with. */
export function useRemembered<T extends string | number | boolean>(
  key: string,
  fallback: T,
): readonly [T, (value: T) => void] {
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
