/** Transports as the API sees them. */
import type { Method } from '../shared/ipc.ts'

/** What carries messages: requests out, replies and events in. */
export interface Transport {
  /** The reply: `{result}` or `{failure}`. Rejects where the connection is gone. */
  request(method: Method, args: unknown): Promise<unknown>
  onEvent(handle: (message: unknown) => void): void
  /** Told when the connection goes and when it is back. */
  onConnection(handle: (up: boolean) => void): void
}
