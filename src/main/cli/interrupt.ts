/** Ctrl-C and its like: whoever has something to tidy up takes the interrupt; otherwise the command just ends with 130. */
import { exitCodes } from './report.ts'

let handler: (() => void) | null = null

export function installInterrupts(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (handler) handler()
      else process.exit(exitCodes.interrupted)
    })
  }
}

/** Calls `handle` for every interrupt until the returned function is called. */
export function onInterrupt(handle: () => void): () => void {
  handler = handle
  return () => {
    if (handler === handle) handler = null
  }
}
