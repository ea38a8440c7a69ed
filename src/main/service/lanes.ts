/**
 * Two engine processes, one a lane: a process that lowered its priority for a background job cannot raise it again, and
 * one that dies takes only its own lane down. Each is started when it is first needed, and again when it is gone.
 */
import { isJobEnd, type JobEvent, type JobSpec } from '../../shared/jobs.ts'
import type { ControlAction } from '../../shared/training.ts'
import { TandemError } from '../../shared/errors.ts'
import { startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import type { Lane } from '../store/queue.ts'

export interface Lanes {
  /** Events of a job up to its end. */
  run(lane: Lane, spec: JobSpec, signal: AbortSignal, jobId?: string): AsyncGenerator<JobEvent>
  /** Asks a training run in a lane for something between its steps. False where no such job runs. */
  control(lane: Lane, jobId: string, action: ControlAction): boolean
  /** A question to the engine: its one result. Throws what the job failed with. */
  ask(spec: JobSpec, signal?: AbortSignal): Promise<unknown>
  /** Ends a lane's process at once: what runs there ends as failed, or as cancelled where that was asked for. */
  kill(lane: Lane): void
  pid(lane: Lane): number | undefined
  dispose(): void
}

export function createLanes(start: () => EngineProcess = startEngineProcess): Lanes {
  const engines = new Map<Lane, EngineProcess>()
  let disposed = false

  function engineOf(lane: Lane): EngineProcess {
    // A question that was waiting must not start a process that nobody ends.
    if (disposed) throw new TandemError('The studio is closing.', 'Open it again.', 'cancelled')
    const known = engines.get(lane)
    if (known && !known.ended) return known
    const made = start()
    engines.set(lane, made)
    return made
  }

  return {
    run: (lane, spec, signal, jobId) =>
      engineOf(lane).run(spec, { signal, background: lane === 'background', ...(jobId ? { jobId } : {}) }),
    control: (lane, jobId, action) => engines.get(lane)?.control(jobId, action) ?? false,
    async ask(spec, signal) {
      let result: unknown
      for await (const event of engineOf('interactive').run(spec, signal ? { signal } : {})) {
        if (event.type === 'result') result = event.result
        if (isJobEnd(event)) throwUnlessDone(event)
      }
      return result
    },
    kill: (lane) => engines.get(lane)?.kill(),
    pid: (lane) => engines.get(lane)?.pid,
    dispose() {
      disposed = true
      for (const engine of engines.values()) engine.dispose()
      engines.clear()
    },
  }
}

function throwUnlessDone(event: Extract<JobEvent, { type: 'done' | 'cancelled' | 'failed' }>): void {
  if (event.type === 'failed') {
    const cause = event.stack ? { cause: event.stack } : undefined
    throw new TandemError(event.message, event.remedy, event.kind, cause)
  }
  if (event.type === 'cancelled') throw new TandemError('Stopped.', '', 'cancelled')
}
