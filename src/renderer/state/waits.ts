/**
 * Work that a person waits for: after a second it is named on the screen, with how far it is where that is known, until it
 * ends; and it can be stopped as long as stopping leaves nothing half done.
 */
import { create } from 'zustand'
import { TandemError } from '../../shared/errors.ts'
import type { Wait } from '../ui/feedback.tsx'
import { api } from '../api.ts'
import { newId } from '../ids.ts'

export const useWaits = create<{ readonly waits: readonly Wait[] }>(() => ({ waits: [] }))

/** Sooner than this nothing is said: most work is over by then. */
const QUIET_MS = 1000
let next = 0

export interface Waiting {
  /** Of the work, for calls of the service that can be stopped and tell how far they are. */
  readonly task: string
  readonly signal: AbortSignal
  /** Throws where it was stopped meanwhile. */
  readonly check: () => void
  /** What follows happens whole: from here on it cannot be stopped. Throws where it was. */
  readonly commit: () => void
}

/** Does the work and returns what it made. `words`: what happens, as in "Opening scene.png". */
export async function waitFor<T>(words: string, work: (waiting: Waiting) => Promise<T>): Promise<T> {
  const id = `wait-${next++}`
  const task = newId()
  const stop = new AbortController()
  const cancel = (): void => {
    stop.abort()
    change({ stopping: true, onCancel: null })
    // The failure of the call that was stopped is what tells its end.
    api.call('tasks.cancel', { task }).catch(() => undefined)
  }
  let wait: Wait = { id, words, share: null, stopping: false, onCancel: cancel }
  const change = (by: Partial<Wait>): void => {
    wait = { ...wait, ...by }
    const { waits } = useWaits.getState()
    if (waits.some((other) => other.id === id))
      useWaits.setState({ waits: waits.map((other) => (other.id === id ? wait : other)) })
  }
  const timer = setTimeout(() => useWaits.setState({ waits: [...useWaits.getState().waits, wait] }), QUIET_MS)
  const unlisten = api.on('task.progress', (told) => {
    if (told.task === task) change({ share: told.share })
  })
  const check = (): void => {
    if (stop.signal.aborted) throw new TandemError('Stopped.', '', 'cancelled')
  }
  try {
    return await work({
      task,
      signal: stop.signal,
      check,
      commit() {
        check()
        change({ onCancel: null })
      },
    })
  } finally {
    clearTimeout(timer)
    unlisten()
    useWaits.setState({ waits: useWaits.getState().waits.filter((other) => other.id !== id) })
  }
}

/** Whether the person stopped it: no news, and no error. */
export const wasStopped = (error: unknown): boolean => error instanceof TandemError && error.kind === 'cancelled'
