/** Work that is no generator, with what a job says while it goes on. */
import type { JobUpdate } from '../../shared/jobs.ts'

const TELL_EVERY_MS = 200

/** Yields what `tell` has to say, now and then and only where it has, until the work is over; its result or its failure. */
export async function* toldWhile<T>(running: Promise<T>, tell: () => JobUpdate | null): AsyncGenerator<JobUpdate, T> {
  const ended = running.then(
    () => true,
    () => true,
  )
  while (!(await Promise.race([ended, pause()]))) {
    const update = tell()
    if (update) yield update
  }
  return running
}

const PARTS = 100

/** The same of work that says what it does, and what share of that is done, 0 to 1. */
export function toldShares<T>(
  work: (tell: (what: string, share: number) => void) => Promise<T>,
): AsyncGenerator<JobUpdate, T> {
  let now: JobUpdate | null = null
  const running = work((what, share) => {
    const done = Math.floor(PARTS * share)
    now = { type: 'loading', what: `${what}, ${done} %`, part: Math.min(PARTS, done + 1), parts: PARTS }
  })
  return toldWhile(running, () => {
    const told = now
    now = null
    return told
  })
}

const pause = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), TELL_EVERY_MS))
