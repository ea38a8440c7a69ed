/** What carries messages to a service process, and the one kind that needs no Electron: a plain Node child. */
import { fork } from 'node:child_process'
import type { ToService } from './protocol.ts'

export interface ServiceChannel {
  readonly pid: number | undefined
  send(message: ToService): void
  /** `onEnd` is called once: how the process ended, and the last it said on stderr. */
  listen(onMessage: (message: unknown) => void, onEnd: (how: string, said: string) => void): void
  kill(): void
}

/** Keeps the last of what a process says on stderr, and passes it on. */
export function keepWords(stream: NodeJS.ReadableStream | null | undefined): () => string {
  let said = ''
  stream?.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString('utf8')).slice(-8000)
    process.stderr.write(chunk)
  })
  return () => said.trim()
}

/** The service as a child of this process, run by the Node at `execPath`. */
export function forkService(entry: string, execPath: string): ServiceChannel {
  // Electron's own switches mean something else to a Node.
  const { ELECTRON_RUN_AS_NODE: _run, NODE_OPTIONS: _options, ...env } = process.env
  const child = fork(entry, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    execPath,
    execArgv: entry.endsWith('.js') ? ['--enable-source-maps'] : [],
    env,
  })
  const said = keepWords(child.stderr)
  return {
    get pid() {
      return child.pid
    },
    send(message) {
      // A process that is gone is reported by `onEnd`, not here.
      if (child.connected) child.send(message, () => undefined)
    },
    listen(onMessage, onEnd) {
      let told = false
      const tell = (how: string): void => {
        if (!told) onEnd(how, said())
        told = true
      }
      child.on('message', onMessage)
      child.on('error', (error) => tell(`could not be started (${error.message})`))
      child.on('close', (code, signal) => tell(signal ? `was ended by ${signal}` : `ended with code ${code ?? '?'}`))
    },
    kill: () => void child.kill('SIGKILL'),
  }
}
