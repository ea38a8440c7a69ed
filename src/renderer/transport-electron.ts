/** Messages over the preload script's bridge; null where there is none (a browser). */
import type { Method } from '../shared/ipc.ts'
import type { Transport } from './transport.ts'

/** What src/preload exposes: three functions and no more. */
interface Bridge {
  request(method: Method, args: unknown): Promise<unknown>
  onEvent(handle: (message: unknown) => void): void
  onConnection(handle: (up: boolean) => void): void
}

export function electronTransport(): Transport | null {
  return (window as Window & { tandem?: Bridge }).tandem ?? null
}
