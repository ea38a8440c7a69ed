/**
 * Where the screens' memory of how they were left is kept: with the service, a quarter of a second after a change, and at
 * once when the page goes. The service writes it to disk before it answers, so that a kill costs no more than that.
 */
import type { LayoutEntries, LayoutValue } from '../../shared/ipc-layout.ts'
import { restoreRemembered } from '../ui/remembered.ts'

const WAIT_MS = 250
/** While something changes all the time (a picture is panned) it is stored this often. */
const LONGEST_WAIT_MS = 1000
const RETRY_MS = 2000

export type SendLayout = (entries: Record<string, LayoutValue | null>) => Promise<unknown>

export interface Remembering {
  /** Sends what waits. */
  readonly flush: () => void
}

/** Fills the screens' memory with what was kept and stores every change of it by `send`. */
export function keepRemembered(stored: LayoutEntries, send: SendLayout): Remembering {
  const waiting = new Map<string, LayoutValue | null>()
  let timer: ReturnType<typeof setTimeout> | null = null
  let since = 0

  function plan(ms: number): void {
    const now = Date.now()
    if (timer === null) since = now
    else clearTimeout(timer)
    timer = setTimeout(flush, Math.max(0, Math.min(ms, since + LONGEST_WAIT_MS - now)))
  }

  function flush(): void {
    if (timer !== null) clearTimeout(timer)
    timer = null
    if (waiting.size === 0) return
    const entries = Object.fromEntries(waiting)
    waiting.clear()
    send(entries).catch(() => {
      // The service is away: what did not change since waits for it.
      for (const [key, value] of Object.entries(entries)) if (!waiting.has(key)) waiting.set(key, value)
      timer ??= setTimeout(flush, RETRY_MS)
    })
  }

  restoreRemembered(stored, (key, value) => {
    waiting.set(key, value)
    plan(WAIT_MS)
  })
  return { flush }
}
