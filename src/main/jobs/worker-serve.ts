/**
 * Serves jobs: commands in, events out, over whatever carries them. The engine process serves its parent with it; a test
 * serves itself in one process. Two lanes: a background job waits between its steps while an interactive one is active.
 */
import {
  jobCommandSchema,
  type AdapterStack,
  type JobCommand,
  type JobEnd,
  type JobEvent,
  type JobSpec,
  type JobUpdate,
} from '../../shared/jobs.ts'
import type { ProviderName } from '../../shared/providers.ts'
import type { ControlAction } from '../../shared/training.ts'
import { TandemError } from '../../shared/errors.ts'
import { runJob } from '../../engine/jobs.ts'
import { createEngineCache, hostGone } from '../../engine/jobs/context.ts'
import type { EngineChannel } from './engine-process.ts'
import { saysOutOfMemory } from './explain-death.ts'
import { deathEnd, freeMemoryNow } from './job-death.ts'

export interface JobHost {
  send(event: JobEvent): void
  /** The niceness that suits what runs now; absent where several share the process. */
  setNiceness?(value: number): void
  /** Everything is closed: the process may end. */
  onDisposed?(): void
}

export interface JobServer {
  receive(message: unknown): void
  /** The host died: jobs stop at their next step and keep what can be taken up again; then everything is closed. */
  abandon(): void
}

const BACKGROUND_NICENESS = 10
/**
 * Steps told and not dealt with while the next one is computed. Without a bound a run goes hundreds of steps ahead of a busy
 * studio: it shows and records them long after, and a cancel comes too late for them.
 */
const AHEAD = 1

interface RunningJob {
  readonly stop: AbortController
  /** Asked for and not yet looked at. */
  readonly asked: ControlAction[]
  readonly background: boolean
  /** Steps told that nobody has dealt with yet. */
  untaken: number
  readonly ended: Promise<void>
}

export function serveJobs(host: JobHost): JobServer {
  const engines = createEngineCache()
  const running = new Map<string, RunningJob>()
  let turn = Promise.withResolvers<void>()
  /** An interactive job goes on in another process. */
  let elsewhere = false

  /** Lets waiting background jobs look again. */
  function passTurn(): void {
    turn.resolve()
    turn = Promise.withResolvers()
  }

  const interactive = (): boolean => [...running.values()].some((job) => !job.background)

  function settleNiceness(): void {
    if (running.size > 0) host.setNiceness?.(interactive() ? 0 : BACKGROUND_NICENESS)
  }

  const mustWait = ({ background, untaken }: Pick<RunningJob, 'background' | 'untaken'>): boolean =>
    untaken > AHEAD || (background && (elsewhere || interactive()))

  async function work(
    { jobId, spec, judgeKey }: Extract<JobCommand, { type: 'run' }>,
    signal: AbortSignal,
    job: Pick<RunningJob, 'background' | 'asked' | 'untaken'>,
  ): Promise<void> {
    let seq = 0
    let complete = false
    const publish = (update: JobUpdate | JobEnd): void => host.send({ jobId, seq: seq++, ...update })
    const lease = engines.lease()
    let end: JobEnd
    try {
      const context = {
        signal,
        judgeKey,
        engine: (directory: string, adapters?: AdapterStack, provider?: ProviderName) =>
          lease.engine(directory, adapters, provider),
        isWarm: (directory: string, adapters?: AdapterStack, provider?: ProviderName) =>
          engines.isWarm(directory, adapters, provider),
        controls: () => job.asked.splice(0),
      }
      for await (const update of runJob(spec, context)) {
        if (update.type === 'step') job.untaken++
        publish(update)
        complete ||= update.type === 'result'
        // Give the channel its turn: a cancel that is waiting is read before the next step.
        await new Promise((resolve) => setImmediate(resolve))
        while (mustWait(job) && !signal.aborted) await turn.promise
      }
      end = signal.aborted && !complete ? { type: 'cancelled' } : { type: 'done' }
    } catch (error) {
      end = signal.aborted && isStop(error) ? { type: 'cancelled' } : failure(error, spec)
    }
    await lease.release()
    publish(end)
  }

  function start(command: Extract<JobCommand, { type: 'run' }>): void {
    const { jobId, background } = command
    const stop = new AbortController()
    const { promise: ended, resolve } = Promise.withResolvers<void>()
    const job: RunningJob = { stop, asked: [], background, untaken: 0, ended }
    running.set(jobId, job)
    settleNiceness()
    void work(command, stop.signal, job).finally(() => {
      running.delete(jobId)
      settleNiceness()
      passTurn()
      resolve()
    })
  }

  function taken(job: RunningJob | undefined): void {
    if (job) job.untaken--
    passTurn()
  }

  async function close(reason?: string): Promise<void> {
    for (const { stop } of running.values()) stop.abort(reason)
    passTurn()
    await Promise.all([...running.values()].map((job) => job.ended))
    await engines.dispose()
    host.onDisposed?.()
  }

  return {
    receive(message) {
      const parsed = jobCommandSchema.safeParse(message)
      if (!parsed.success) return refuse(host, message, parsed.error.message)
      const command = parsed.data
      if (command.type === 'run') start(command)
      else if (command.type === 'dispose') void close()
      else if (command.type === 'control') running.get(command.jobId)?.asked.push(command.action)
      else if (command.type === 'taken') taken(running.get(command.jobId))
      else if (command.type === 'giveWay') {
        elsewhere = command.on
        if (!elsewhere) passTurn()
      } else {
        running.get(command.jobId)?.stop.abort()
        passTurn()
      }
    },
    abandon: () => void close(hostGone),
  }
}

/** A command that is not understood still gets its answer, as far as it says for which job it was. */
function refuse(host: JobHost, message: unknown, why: string): void {
  const jobId = typeof message === 'object' && message !== null && 'jobId' in message ? message.jobId : null
  if (typeof jobId !== 'string') return
  host.send({
    jobId,
    seq: 0,
    type: 'failed',
    message: 'The engine does not understand this job.',
    remedy: 'Please report this.',
    kind: 'internal',
    stack: why,
  })
}

/** What a job that was stopped throws on its way out. */
function isStop(error: unknown): boolean {
  return (
    (error instanceof TandemError && error.kind === 'cancelled') ||
    (error instanceof Error && error.name === 'AbortError')
  )
}

function failure(error: unknown, spec: JobSpec): JobEnd {
  if (error instanceof TandemError && error.kind !== 'internal') {
    return { type: 'failed', message: error.message, remedy: error.remedy, kind: error.kind }
  }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const message = error instanceof Error ? error.message : String(error)
  if (saysOutOfMemory(message)) {
    const memoryCurve = [{ resident: process.memoryUsage.rss(), free: freeMemoryNow() }]
    return deathEnd({ code: null, signal: null, stderrTail: message, memoryCurve, freeMemory: null }, spec)
  }
  return {
    type: 'failed',
    message,
    remedy: 'This is a defect of Tandem: please report it with the details above.',
    kind: 'internal',
    stack,
  }
}

/** An engine in this very process, for tests: same commands, same events, no process to kill. */
export function inProcessChannel(): EngineChannel {
  let onEnd = (_how: string, _said: string): void => undefined
  let onMessage = (_message: unknown): void => undefined
  const server = serveJobs({
    // As a real channel does: later, and as a copy.
    send: (event) => queueMicrotask(() => onMessage(structuredClone(event))),
    onDisposed: () => onEnd('ended', ''),
  })
  return {
    pid: undefined,
    send: (command) => server.receive(structuredClone(command)),
    kill: () => onEnd('was ended', ''),
    listen(message, end) {
      onMessage = message
      onEnd = end
    },
  }
}
