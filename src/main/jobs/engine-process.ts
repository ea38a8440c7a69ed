/**
 * Owns one engine process: starts it, sends it jobs, hands out their events, and ends it when it does not obey. A
 * process that dies takes no one with it: its jobs end as failed, saying how it died.
 */
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { randomUUID } from 'node:crypto'
import { TandemError } from '../../shared/errors.ts'
import {
  isJobEnd,
  jobEventSchema,
  jobSpecSchema,
  type JobCommand,
  type JobEnd,
  type JobEvent,
  type JobSpec,
} from '../../shared/jobs.ts'
import type { ControlAction } from '../../shared/training.ts'
import { LEFT_IN_LOG } from './explain-death.ts'
import { deathEnd, freeMemoryNow, MemoryWatch } from './job-death.ts'
import { watchSession } from './niceness.ts'

/** What the system tells of a process that is gone. */
export interface ProcessEnd {
  readonly code: number | null
  readonly signal: string | null
}

/** What carries commands and events: a forked process here, another host's own kind elsewhere. */
export interface EngineChannel {
  readonly pid: number | undefined
  send(command: JobCommand): void
  /** `onEnd` is called once: how the process ended, the last it said on stderr, and what it left with, if it had begun. */
  listen(onMessage: (message: unknown) => void, onEnd: (how: string, said: string, left?: ProcessEnd) => void): void
  kill(): void
}

export interface RunOptions {
  readonly signal?: AbortSignal
  /** Runs at lower priority and gives way to interactive jobs of the same process. */
  readonly background?: boolean
  /** Key of an endpoint that judges, see `jobCommandSchema`. */
  readonly judgeKey?: string | null | undefined
  /** The job's name for `control`; a random one where nobody needs to know it. */
  readonly jobId?: string
}

export interface EngineProcess {
  /** Events of one job, in order, up to and including its end. Aborting asks for a cancel, and insists after a while. */
  run(spec: JobSpec, options?: RunOptions): AsyncGenerator<JobEvent>
  /** Asks a training run for something between its steps. False where no such job runs. */
  control(jobId: string, action: ControlAction): boolean
  /** The process id, for tests that kill it. */
  readonly pid: number | undefined
  /** The process is gone: another one has to be started. */
  readonly ended: boolean
  /** While `on`, background jobs of this process wait between their steps: an interactive one goes on elsewhere. */
  giveWay(on: boolean): void
  /** Closes the models and ends the process; what still runs is stopped. */
  dispose(): void
  /** Ends the process at once. A run leaves its log. */
  kill(): void
}

/** A cancelled job gets this long, or three steps, before its process is killed. */
const PATIENCE_MS = 5000
/** Argument of a worker whose work is watched on a screen of this machine. */
export const BESIDE_SCREENS = '--beside-screens'
/** Closing models takes far less. */
const DISPOSE_MS = 2000

interface Job {
  readonly spec: JobSpec
  /** It was asked to stop. */
  asked: boolean
  /** Its process was killed so that this job stops. */
  insisted: boolean
  deliver(event: JobEvent): void
  end(end: JobEnd): void
}

export function startEngineProcess(channel: EngineChannel = forkWorker()): EngineProcess {
  const jobs = new Map<string, Job>()
  const memory = new MemoryWatch()
  let ended: JobEnd | null = null

  channel.listen(
    (message) => {
      const parsed = jobEventSchema.safeParse(message)
      if (parsed.success) jobs.get(parsed.data.jobId)?.deliver(parsed.data)
    },
    (how, said, left) => {
      memory.stop()
      const { curve: memoryCurve, killedForMemory } = memory
      const seen = { stderrTail: said, memoryCurve, killedForMemory, freeMemory: freeMemoryNow() }
      const endOf = (spec: JobSpec | null): JobEnd => (left ? deathEnd({ ...left, ...seen }, spec) : gone(how, said))
      ended = endOf(null)
      for (const job of jobs.values()) job.end(job.insisted ? { type: 'cancelled' } : endOf(job.spec))
    },
  )

  return {
    get pid() {
      return channel.pid
    },
    get ended() {
      return ended !== null
    },
    async *run(spec, { signal, background = false, jobId = randomUUID(), judgeKey } = {}) {
      const checked = jobSpecSchema.safeParse(spec)
      if (!checked.success) {
        const { path, message } = checked.error.issues[0]!
        throw new TandemError(`The job's ${path.join('.')} is wrong: ${message}.`, 'Correct it.')
      }
      const queue: JobEvent[] = []
      const rhythm = new StepRhythm()
      let wake: (() => void) | null = null
      let insist: NodeJS.Timeout | undefined
      let seq = -1
      const job: Job = {
        spec: checked.data,
        asked: false,
        insisted: false,
        deliver(event) {
          seq = event.seq
          queue.push(event)
          wake?.()
        },
        end: (end) => job.deliver({ jobId, seq: seq + 1, ...end }),
      }
      const cancel = (): void => {
        job.asked = true
        channel.send({ type: 'cancel', jobId })
        insist = setTimeout(
          () => {
            job.insisted = true
            channel.kill()
          },
          Math.max(PATIENCE_MS, 3 * rhythm.median()),
        )
      }
      jobs.set(jobId, job)
      if (!ended) memory.start(channel.pid)
      let over = false
      try {
        if (ended) job.end(ended)
        else channel.send({ type: 'run', jobId, spec: checked.data, background, judgeKey })
        if (signal?.aborted) cancel()
        else signal?.addEventListener('abort', cancel, { once: true })
        while (!over) {
          const event = queue.shift()
          if (!event) {
            await new Promise<void>((resolve) => (wake = resolve))
            continue
          }
          if (event.type === 'step' || event.type === 'progress') rhythm.beat()
          over = isJobEnd(event)
          if (over) clearTimeout(insist)
          yield event
          if (event.type === 'step' && !ended) channel.send({ type: 'taken', jobId })
        }
      } finally {
        clearTimeout(insist)
        signal?.removeEventListener('abort', cancel)
        jobs.delete(jobId)
        if (jobs.size === 0) memory.stop()
        // Whoever stops listening has no use for the rest.
        if (!over && !ended) channel.send({ type: 'cancel', jobId })
      }
    },
    control(jobId, action) {
      if (ended || !jobs.has(jobId)) return false
      channel.send({ type: 'control', jobId, action })
      return true
    },
    giveWay(on) {
      if (!ended) channel.send({ type: 'giveWay', on })
    },
    dispose() {
      if (ended) return
      channel.send({ type: 'dispose' })
      setTimeout(() => channel.kill(), DISPOSE_MS).unref()
    },
    kill() {
      // What was asked to stop has stopped; anything else there has failed.
      for (const job of jobs.values()) job.insisted ||= job.asked
      channel.kill()
    },
  }
}

/** An end of which no more is known. */
const gone = (how: string, said: string): JobEnd => ({
  type: 'failed',
  message: `The engine process ${how} in the middle of the job.`,
  remedy: LEFT_IN_LOG,
  kind: 'internal',
  ...(said.trim() === '' ? {} : { stack: said.trim() }),
})

/** Time between steps: how long "soon" is for this job. */
class StepRhythm {
  #last = NaN
  readonly #gaps: number[] = []

  beat(): void {
    const now = performance.now()
    if (!Number.isNaN(this.#last)) this.#gaps.push(now - this.#last)
    this.#last = now
  }

  median(): number {
    const sorted = [...this.#gaps].sort((a, b) => a - b)
    return sorted[sorted.length >> 1] ?? 0
  }
}

/** The worker as a child of this Node process. `besideScreens`: on few cores the screens draw first. */
export function forkWorker({ besideScreens = false } = {}): EngineChannel {
  const session = besideScreens && process.platform === 'linux'
  const entry = fileURLToPath(new URL(`worker.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`, import.meta.url))
  const child = fork(entry, besideScreens ? [BESIDE_SCREENS] : [], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    execArgv: [],
    // A session of its own, which can be told to give way. It ends with its channel all the same.
    detached: session,
  })
  if (session && child.pid !== undefined) child.once('exit', watchSession(child.pid))
  // The last of its stderr: the runtime's own words when it crashes.
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-8000)))
  return {
    pid: child.pid,
    send(command) {
      // A process that is gone is reported by `onEnd`, not here.
      if (child.connected) child.send(command, () => undefined)
    },
    listen(onMessage, onEnd) {
      let told = false
      const tell = (how: string, left?: ProcessEnd): void => {
        if (!told) onEnd(how, said, left)
        told = true
      }
      child.on('message', onMessage)
      child.on('error', (error) => tell(`could not be started (${error.message})`))
      child.on('close', (code, signal) =>
        tell(signal ? `was ended by ${signal}` : `ended with code ${code ?? '?'}`, { code, signal }),
      )
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
