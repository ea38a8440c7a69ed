/**
 * Owns one engine process: starts it, sends it jobs, hands out their events, and ends it when it does not obey. A
 * process that dies takes no one with it: its jobs end as failed, saying how it died.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { randomUUID } from 'node:crypto'
import { jobEventSchema, type JobEnd, type JobSpec, type JobUpdate } from '../../shared/jobs.ts'

export interface RunOptions {
  readonly signal?: AbortSignal
  readonly background?: boolean
}

export interface EngineProcess {
  /** Events of one job, in order, up to and including its end. Aborting asks for a cancel, and insists after a while. */
  run(spec: JobSpec, options?: RunOptions): AsyncGenerator<JobUpdate | JobEnd>
  /** The process id, for tests that kill it. */
  readonly pid: number | undefined
  dispose(): void
}

/** A cancelled job gets this long, or three steps, before its process is killed. */
const PATIENCE_MS = 5000

export function startEngineProcess(): EngineProcess {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  const entry = fileURLToPath(new URL(`worker.${extension}`, import.meta.url))
  const child = fork(entry, { stdio: ['ignore', 'ignore', 'pipe', 'ipc'], serialization: 'advanced', execArgv: [] })
  const jobs = new Map<string, (update: JobUpdate | JobEnd) => void>()
  const errors = collectErrors(child)

  child.on('message', (message) => {
    const parsed = jobEventSchema.safeParse(message)
    if (parsed.success) jobs.get(parsed.data.jobId)?.(parsed.data.update)
  })
  child.on('exit', (code, signal) => {
    const how = signal ? `was ended by ${signal}` : `ended with code ${code ?? '?'}`
    const end: JobEnd = {
      type: 'failed',
      message: `The engine process ${how} in the middle of the job.`,
      remedy: 'What was recorded is kept in the log of the output folder; resume from it or start again.',
      kind: 'environment',
      stack: errors(),
    }
    for (const deliver of jobs.values()) deliver(end)
  })

  return {
    get pid() {
      return child.pid
    },
    async *run(spec, { signal, background = false } = {}) {
      const jobId = randomUUID()
      const queue: (JobUpdate | JobEnd)[] = []
      const rhythm = new StepRhythm()
      let wake: (() => void) | null = null
      jobs.set(jobId, (update) => {
        queue.push(update)
        wake?.()
      })
      let insist: NodeJS.Timeout | undefined
      const cancel = (): void => {
        if (child.connected) child.send({ type: 'cancel', jobId })
        insist = setTimeout(() => child.kill('SIGKILL'), Math.max(PATIENCE_MS, 3 * rhythm.median()))
      }
      try {
        child.send({ type: 'run', jobId, spec, background })
        if (signal?.aborted) cancel()
        else signal?.addEventListener('abort', cancel, { once: true })
        for (;;) {
          const update = queue.shift()
          if (!update) {
            await new Promise<void>((resolve) => (wake = resolve))
            continue
          }
          if (update.type === 'step') rhythm.beat()
          yield update
          if (update.type === 'done' || update.type === 'cancelled' || update.type === 'failed') return
        }
      } finally {
        clearTimeout(insist)
        signal?.removeEventListener('abort', cancel)
        jobs.delete(jobId)
      }
    },
    dispose() {
      child.removeAllListeners('exit')
      if (child.connected) child.disconnect()
      child.kill('SIGKILL')
    },
  }
}

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

/** The last of what the process wrote to stderr: the runtime's own words when it crashes. */
function collectErrors(child: ChildProcess): () => string {
  let text = ''
  child.stderr?.on('data', (chunk: Buffer) => (text = (text + chunk.toString('utf8')).slice(-8000)))
  return () => text
}
