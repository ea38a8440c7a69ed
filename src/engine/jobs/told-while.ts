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

const pause = (): Promise<false> => new Promise((resolve) => setTimeout(() => resolve(false), TELL_EVERY_MS))
