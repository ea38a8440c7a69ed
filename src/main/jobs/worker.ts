/**
 * The engine process: the one entry that runs jobs, started by a Node parent (child_process.fork) or by Electron
 * (utilityProcess.fork) alike. Commands come in and events go out as messages, parsed with the contract's schema. A run
 * of ONNX Runtime blocks this thread; a cancel is read between steps.
 */
import { setPriority } from 'node:os'
import type { JobEvent } from '../../shared/jobs.ts'
import { serveJobs } from './worker-serve.ts'

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
      // Electron ends its utility processes itself.
      onClose: () => undefined,
    }
  }
  return {
    send(event) {
      // A parent that is gone hears nothing more; `onClose` has been told.
      if (process.connected) process.send?.(event, undefined, undefined, () => undefined)
    },
    onMessage: (handle) => void process.on('message', handle),
    onClose: (handle) => void process.on('disconnect', handle),
  }
}

const port = openPort()
const server = serveJobs({
  send: (event) => port.send(event),
  setNiceness(value) {
    try {
      setPriority(value)
    } catch {
      // Raising the priority again may not be allowed: the job runs all the same.
    }
  },
  onDisposed: () => process.exit(0),
})
port.onMessage((message) => server.receive(message))
port.onClose(() => server.abandon())
// A terminal signals the whole group: the parent decides what that means, and says so through the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
