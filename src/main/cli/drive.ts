/** Runs one job in the engine process for a command: shows it, lets Ctrl-C cancel it, and returns its result. */
import type { JobSpec, JobUpdate } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { startEngineProcess } from '../jobs/engine-process.ts'
import { note } from './report.ts'

/** Throws a TandemError when the job fails or is stopped; a second Ctrl-C ends the process at once. */
export async function driveJob(spec: JobSpec, show: (update: JobUpdate) => void): Promise<unknown> {
  const engine = startEngineProcess()
  const stop = new AbortController()
  const interrupt = (): void => {
    if (stop.signal.aborted) process.exit(130)
    note('\ntandem: stopping after this step (again to stop at once) ...')
    stop.abort()
  }
  process.on('SIGINT', interrupt)
  process.on('SIGTERM', interrupt)
  let result: unknown
  try {
    for await (const update of engine.run(spec, { signal: stop.signal })) {
      if (update.type === 'cancelled') throw new TandemError('Stopped.', '', 'cancelled')
      if (update.type === 'failed') {
        throw new TandemError(
          update.message,
          update.remedy,
          update.kind,
          update.stack ? { cause: update.stack } : undefined,
        )
      }
      if (update.type === 'done') break
      if (update.type === 'warning') note(`tandem: ${update.message}`)
      else if (update.type === 'result') result = update.result
      else show(update)
    }
  } finally {
    process.off('SIGINT', interrupt)
    process.off('SIGTERM', interrupt)
    engine.dispose()
  }
  return result
}
