/**
 * The service process: the one entry that owns the store, the queue and the engine process, started by a Node or Electron
 * parent (child_process.fork) or as an Electron utilityProcess alike. Messages are those of protocol.ts.
 */
import { createService } from '../service/service.ts'
import type { FromService } from './protocol.ts'
import { serveService } from './serve-service.ts'

/** What either parent offers: Electron's parentPort or Node's IPC channel. */
interface Port {
  send(message: FromService): void
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
      send: (message) => parentPort.postMessage(message),
      onMessage: (handle) => parentPort.on('message', ({ data }) => handle(data)),
      // Electron ends its utility processes itself.
      onClose: () => undefined,
    }
  }
  return {
    send(message) {
      // A parent that is gone hears nothing more; `onClose` has been told.
      if (process.connected) process.send?.(message, undefined, undefined, () => undefined)
    },
    onMessage: (handle) => void process.on('message', handle),
    onClose: (handle) => void process.on('disconnect', handle),
  }
}

const port = openPort()
const served = serveService(createService, {
  send: (message) => port.send(message),
  // What was sent last, a refusal for example, is on its way when the channel has had a turn.
  onClosed: () => void setImmediate(() => process.exit(0)),
})
port.onMessage((message) => served.receive(message))
port.onClose(() => served.abandon())
// A terminal signals the whole group: the parent decides what that means, and says so through the channel.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
