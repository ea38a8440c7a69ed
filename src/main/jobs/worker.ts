/**
 * The engine process: the one entry that runs jobs, started by a Node parent (child_process.fork) or by Electron
 * (utilityProcess.fork) alike. Commands come in and events go out as messages, parsed with the contract's schema. A run
 * of ONNX Runtime blocks this thread; a cancel is read between steps.
 */
import { setPriority } from 'node:os'
import { jobCommandSchema, type JobCommand, type JobEnd, type JobEvent, type JobUpdate } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { runJob } from '../../engine/jobs.ts'
import { createEngineCache } from '../../engine/jobs/context.ts'

/** What either parent offers: Electron's parentPort or Node's IPC channel. */
interface Port {
  send(event: JobEvent): void
  onMessage(handle: (message: unknown) => void): void
  onClose(handle: () => void): void
}

interface ElectronPort {
  postMessage(message: unknown): void
  on(event: 'message', handle: (message: { data: unknown }) => void): void
}

function openPort(): Port {
  const { parentPort } = process as NodeJS.Process & { parentPort?: ElectronPort }
  if (parentPort) {
    return {
      send: (event) => parentPort.postMessage(event),
      onMessage: (handle) => parentPort.on('message', ({ data }) => handle(data)),
      onClose: () => undefined,
    }
  }
  return {
    send: (event) => void process.send?.(event),
    onMessage: (handle) => void process.on('message', handle),
    onClose: (handle) => void process.on('disconnect', handle),
  }
}

const BACKGROUND_PRIORITY = 10
const port = openPort()
const engines = createEngineCache()
const running = new Map<string, AbortController>()

async function run({ jobId, spec, background }: Extract<JobCommand, { type: 'run' }>): Promise<void> {
  const stop = new AbortController()
  running.set(jobId, stop)
  let seq = 0
  const publish = (update: JobUpdate | JobEnd): void => port.send({ jobId, seq: seq++, update })
  try {
    setPriority(background ? BACKGROUND_PRIORITY : 0)
  } catch {
    // Raising the priority again may not be allowed: the job runs all the same.
  }
  try {
    const context = { signal: stop.signal, engine: (directory: string) => engines.engine(directory) }
    for await (const update of runJob(spec, context)) {
      publish(update)
      // Give the channel its turn: a cancel that is waiting is read before the next step.
      await new Promise((resolve) => setImmediate(resolve))
    }
    publish(stop.signal.aborted ? { type: 'cancelled' } : { type: 'done' })
  } catch (error) {
    publish(stop.signal.aborted ? { type: 'cancelled' } : failure(error))
  } finally {
    running.delete(jobId)
  }
}

function failure(error: unknown): JobEnd {
  if (error instanceof TandemError)
    return { type: 'failed', message: error.message, remedy: error.remedy, kind: error.kind }
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  const message = error instanceof Error ? error.message : String(error)
  return {
    type: 'failed',
    message,
    remedy: 'This is a defect of Tandem: please report it with the details below.',
    kind: 'internal',
    stack,
  }
}

port.onMessage((message) => {
  const parsed = jobCommandSchema.safeParse(message)
  if (!parsed.success) return
  if (parsed.data.type === 'cancel') running.get(parsed.data.jobId)?.abort()
  else void run(parsed.data)
})
port.onClose(() => process.exit(0))
// A terminal sends Ctrl-C to the whole group: the parent decides, and cancels through the channel.
process.on('SIGINT', () => undefined)
