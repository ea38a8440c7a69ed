/** Calls that take a while and were given a name: how far they are is told, a few times a second, and they can be stopped. */
import { TandemError } from '../../shared/errors.ts'
import type { Publisher } from './publisher.ts'

export interface Task {
  readonly signal: AbortSignal
  /** 0 to 1; null while it is not known. */
  tell(share: number | null): void
  /** Throws where it was stopped. */
  check(): void
}

export interface Tasks {
  /** Does the work of a call. Without a name nobody asks how far it is, and only the end of the studio stops it. */
  run<T>(name: string | undefined, work: (task: Task) => Promise<T>): Promise<T>
  cancel(name: string): void
}

/** Every event is written to disk before it is told. */
const TELL_MS = 250

export function createTasks(publisher: Publisher, closing: AbortSignal): Tasks {
  const going = new Map<string, AbortController>()

  return {
    async run(name, work) {
      const stop = new AbortController()
      const signal = AbortSignal.any([stop.signal, closing])
      let told = performance.now()
      let open = false
      const task: Task = {
        signal,
        tell(share) {
          const now = performance.now()
          const opens = share === null && !open
          if (name === undefined || (!opens && now - told < TELL_MS)) return
          told = now
          open = share === null
          publisher.say('task.progress', { task: name, share: share === null ? null : Math.min(1, share) })
        },
        check() {
          if (signal.aborted) throw new TandemError('Stopped.', '', 'cancelled')
        },
      }
      if (name !== undefined) going.set(name, stop)
      try {
        return await work(task)
      } finally {
        if (name !== undefined) going.delete(name)
      }
    },
    cancel: (name) => going.get(name)?.abort(),
  }
}
