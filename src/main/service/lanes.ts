/**
 * Two engine processes, one a lane: a process that lowered its priority for a background job cannot raise it again, and
 * one that dies takes only its own lane down. Each is started when it is first needed, and again when it is gone.
 */
import { isJobEnd, type JobEvent, type JobSpec } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { forkWorker, startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import type { Lane } from '../store/queue.ts'

export interface Lanes {
  /** Events of a job up to its end. */
  run(lane: Lane, spec: JobSpec, signal: AbortSignal): AsyncGenerator<JobEvent>
  /** A question to the engine: its one result. Throws what the job failed with. */
  ask(spec: JobSpec, signal?: AbortSignal): Promise<unknown>
  /** Ends a lane's process at once: what runs there ends as failed, or as cancelled where that was asked for. */
  kill(lane: Lane): void
  pid(lane: Lane): number | undefined
  dispose(): void
}

export interface LanesOptions {
  readonly start?: () => EngineProcess
  /** The first interactive run begins, or the last one has ended. */
  readonly onInteractive?: (active: boolean) => void
}

const besideScreens = (): EngineProcess => startEngineProcess(forkWorker({ besideScreens: true }))

export function createLanes({ start = besideScreens, onInteractive }: LanesOptions = {}): Lanes {
  const engines = new Map<Lane, EngineProcess>()
  let disposed = false
  let interactive = 0

  function engineOf(lane: Lane): EngineProcess {
    // A question that was waiting must not start a process that nobody ends.
    if (disposed) throw new TandemError('The studio is closing.', 'Open it again.', 'cancelled')
    const known = engines.get(lane)
    if (known && !known.ended) return known
    const made = start()
    engines.set(lane, made)
    if (lane === 'background') made.giveWay(interactive > 0)
    return made
  }

  /** Background work waits between its steps while somebody waits for a run. */
  function count(by: 1 | -1): void {
    interactive += by
    if (interactive > 1 || (interactive === 1 && by === -1)) return
    engines.get('background')?.giveWay(interactive > 0)
    onInteractive?.(interactive > 0)
  }

  async function* interactiveRun(spec: JobSpec, signal: AbortSignal): AsyncGenerator<JobEvent> {
    count(1)
    try {
      yield* engineOf('interactive').run(spec, { signal })
    } finally {
      count(-1)
    }
  }

  return {
    run: (lane, spec, signal) =>
      lane === 'interactive' ? interactiveRun(spec, signal) : engineOf(lane).run(spec, { signal, background: true }),
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
