/**
 * How a process of ours hears and answers whoever started it: Node's IPC channel (child_process.fork) or Electron's
 * parentPort (utilityProcess.fork). Entries are written once and run under either.
 */
export interface ParentPort<Sent> {
  send(message: Sent): void
  onMessage(handle: (message: unknown) => void): void
  /** The parent is gone. Electron ends its utility processes itself and tells nothing. */
  onClose(handle: () => void): void
}

interface ElectronPort {
  postMessage(message: unknown): void
  on(event: 'message', handle: (message: { data: unknown }) => void): void
}

export function openParentPort<Sent>(): ParentPort<Sent> {
  // A terminal signals the whole group: the parent decides what that means, and says so through the channel.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
  const { parentPort } = process as NodeJS.Process & { parentPort?: ElectronPort }
  if (parentPort) {
    return {
      send: (message) => parentPort.postMessage(message),
      onMessage: (handle) => parentPort.on('message', ({ data }) => handle(data)),
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
