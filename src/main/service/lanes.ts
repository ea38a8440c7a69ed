/**
 * Two engine processes, one a lane: a process that lowered its priority for a background job cannot raise it again, and
 * one that dies takes only its own lane down. Each is started when it is first needed, and again when it is gone.
 */
import { isJobEnd, type JobEvent, type JobSpec } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { forkWorker, startEngineProcess, type EngineProcess } from '../jobs/engine-process.ts'
import { residentOf } from '../jobs/job-death.ts'
import type { Lane } from '../store/queue.ts'

export interface Lanes {
  /** Events of a job up to its end. */
  run(lane: Lane, spec: JobSpec, signal: AbortSignal): AsyncGenerator<JobEvent>
  /** A question to the engine: its one result. Throws what the job failed with. */
  ask(spec: JobSpec, signal?: AbortSignal, onProgress?: (done: number, total: number) => void): Promise<unknown>
  /** Ends a lane's process at once: what runs there ends as failed, or as cancelled where that was asked for. */
  kill(lane: Lane): void
  pid(lane: Lane): number | undefined
  dispose(): void
}

export interface LanesOptions {
  readonly start?: () => EngineProcess
  /** The first interactive run begins, or the last one has ended. */
  readonly onInteractive?: (active: boolean) => void
  /** Milliseconds without work after which a process ends and gives its models' memory back; 0: never. Asked each time. */
  readonly idleMs?: () => number
  /** A process was ended for having nothing to do; bytes it held, where that is known. */
  readonly onUnloaded?: (lane: Lane, bytes: number | null) => void
}

const besideScreens = (): EngineProcess => startEngineProcess(forkWorker({ besideScreens: true }))

export function createLanes({ start = besideScreens, onInteractive, idleMs, onUnloaded }: LanesOptions = {}): Lanes {
  const engines = new Map<Lane, EngineProcess>()
  const busy = new Map<Lane, number>()
  const idle = new Map<Lane, NodeJS.Timeout>()
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

  /** A process without work ends after a while: what its models held is the machine's again. */
  function rest(lane: Lane): void {
    const ms = idleMs?.() ?? 0
    if (ms <= 0 || disposed) return
    const end = (): void => {
      const engine = engines.get(lane)
      if (!engine || engine.ended) return
      const held = engine.pid === undefined ? null : residentOf(engine.pid)
      engines.delete(lane)
      engine.dispose()
      onUnloaded?.(lane, held)
    }
    idle.set(lane, setTimeout(end, ms).unref())
  }

  /** Follows work of a lane, whose process is not ended under it. */
  async function* working(
    lane: Lane,
    spec: JobSpec,
    options: Parameters<EngineProcess['run']>[1],
  ): AsyncGenerator<JobEvent> {
    clearTimeout(idle.get(lane))
    busy.set(lane, (busy.get(lane) ?? 0) + 1)
    try {
      yield* engineOf(lane).run(spec, options)
    } finally {
      const left = busy.get(lane)! - 1
      busy.set(lane, left)
      if (left === 0) rest(lane)
    }
  }

  async function* interactiveRun(spec: JobSpec, signal: AbortSignal): AsyncGenerator<JobEvent> {
    count(1)
    try {
      yield* working('interactive', spec, { signal })
    } finally {
      count(-1)
    }
  }

  return {
    run: (lane, spec, signal) =>
      lane === 'interactive' ? interactiveRun(spec, signal) : working(lane, spec, { signal, background: true }),
    async ask(spec, signal, onProgress) {
      let result: unknown
      for await (const event of working('interactive', spec, signal ? { signal } : {})) {
        if (event.type === 'result') result = event.result
        if (event.type === 'progress') onProgress?.(event.done, event.total)
        if (isJobEnd(event)) throwUnlessDone(event)
      }
      return result
    },
    kill: (lane) => engines.get(lane)?.kill(),
    pid: (lane) => engines.get(lane)?.pid,
    dispose() {
      disposed = true
      for (const timer of idle.values()) clearTimeout(timer)
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
