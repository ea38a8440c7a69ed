/** Opening a ParaRL run takes many rollouts, for a scale and a choice of prompts: it is said how far that is. */
import type { JobUpdate } from '../../shared/jobs.ts'
import type { RlConfig } from '../../shared/rl.ts'
import type { JobContext } from './context.ts'
import { openRl, type OpenedRl } from './pararl-open.ts'
import type { Note } from './pararl-start.ts'
import { toldWhile } from './told-while.ts'

const PARTS = 100

/** Null when it was stopped. */
export async function* opening(
  config: RlConfig,
  directory: string,
  note: Note,
  context: JobContext,
): AsyncGenerator<JobUpdate, OpenedRl | null> {
  let now: JobUpdate | null = null
  const tell = (what: string, share: number): void => {
    const done = Math.floor(PARTS * share)
    now = { type: 'loading', what: `${what}, ${done} %`, part: Math.min(PARTS, done + 1), parts: PARTS }
  }
  try {
    const opened = yield* toldWhile(openRl(config, directory, note, { ...context, tell }), () => {
      const told = now
      now = null
      return told
    })
    if (!context.signal.aborted) return opened
    await opened.dispose()
    return null
  } catch (error) {
    if (context.signal.aborted) return null
    throw error
  }
}
