/** Opening a ParaRL run takes many rollouts, for a scale and a choice of prompts: it is said how far that is. */
import type { JobUpdate } from '../../shared/jobs.ts'
import type { RlConfig } from '../../shared/rl.ts'
import type { JobContext } from './context.ts'
import { openRl, type OpenedRl } from './pararl-open.ts'
import type { Note } from './pararl-start.ts'
import { toldShares } from './told-while.ts'

/** Null when it was stopped. */
export async function* opening(
  config: RlConfig,
  directory: string,
  note: Note,
  context: JobContext,
): AsyncGenerator<JobUpdate, OpenedRl | null> {
  try {
    const opened = yield* toldShares((tell) => openRl(config, directory, note, { ...context, tell }))
    if (!context.signal.aborted) return opened
    await opened.dispose()
    return null
  } catch (error) {
    if (context.signal.aborted) return null
    throw error
  }
}
