/** Runs one job in the engine process for a command: shows it, lets Ctrl-C cancel it, and returns its result. */
import type { JobSpec } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { startEngineProcess } from '../jobs/engine-process.ts'
import { onInterrupt } from './interrupt.ts'
import type { Live } from './live.ts'
import { note } from './report.ts'

/** Throws a TandemError when the job fails or is stopped; a second Ctrl-C does not wait for the step to end. */
export async function driveJob(spec: JobSpec, live: Live): Promise<unknown> {
  const engine = startEngineProcess()
  const stop = new AbortController()
  let killed = false
  const say = (line: string): void => {
    live.clear()
    note(line)
  }
  const release = onInterrupt(() => {
    if (stop.signal.aborted) {
      killed = true
      return engine.kill()
    }
    say('tandem: stopping after this step (again to stop at once) ...')
    stop.abort()
  })
  let result: unknown
  try {
    for await (const event of engine.run(spec, { signal: stop.signal })) {
      if (event.type === 'cancelled') throw new TandemError('Stopped.', '', 'cancelled')
      if (event.type === 'failed') {
        if (killed) throw new TandemError('Stopped.', '', 'cancelled')
        throw new TandemError(event.message, event.remedy, event.kind, event.stack ? { cause: event.stack } : undefined)
      }
      if (event.type === 'warning') say(`tandem: ${event.message}`)
      else if (event.type === 'result') result = event.result
      else if (event.type !== 'done') live.show(event)
    }
  } finally {
    release()
    live.clear()
    engine.dispose()
  }
  return result
}
