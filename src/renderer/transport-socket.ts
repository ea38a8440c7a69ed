/**
 * Messages over a WebSocket at the page's own origin. A dropped connection fails what was asked over it and comes back by
 * itself, a little later each time; whoever listens to `onConnection` then catches up.
 */
import { decodeWire, encodeWire, type WireMessage } from '../shared/wire.ts'
import { replySchema, type Method } from '../shared/ipc.ts'
import type { Transport } from './transport.ts'

const FIRST_WAIT_MS = 250
const LONGEST_WAIT_MS = 8000

const gone = {
  failure: {
    message: 'The connection to the studio was lost.',
    remedy: 'It comes back by itself; then try again.',
    kind: 'environment',
  },
} as const

export function socketTransport(): Transport {
  const waiting = new Map<number, (reply: unknown) => void>()
  const unsent: WireMessage[] = []
  const onEvent: ((message: unknown) => void)[] = []
  const onConnection: ((up: boolean) => void)[] = []
  let socket: WebSocket | null = null
  let next = 0
  let wait = FIRST_WAIT_MS
  let wasUp = false

  function connect(): void {
    const url = new URL('socket', window.location.href)
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const opened = new WebSocket(url)
    opened.binaryType = 'arraybuffer'
    opened.addEventListener('open', () => {
      socket = opened
      wait = FIRST_WAIT_MS
      for (const message of unsent.splice(0)) opened.send(message)
      if (wasUp) for (const handle of onConnection) handle(true)
      wasUp = true
    })
    opened.addEventListener('message', ({ data }) => receive(decodeWire(data as string | ArrayBuffer)))
    opened.addEventListener('close', () => {
      if (socket === opened) {
        socket = null
        for (const settle of waiting.values()) settle(gone)
        waiting.clear()
        for (const handle of onConnection) handle(false)
      }
      setTimeout(connect, wait)
      wait = Math.min(LONGEST_WAIT_MS, wait * 2)
    })
  }

  function receive(message: unknown): void {
    const reply = replySchema.safeParse(message)
    if (reply.success) {
      waiting.get(reply.data.id)?.(reply.data)
      waiting.delete(reply.data.id)
    } else for (const handle of onEvent) handle(message)
  }

  connect()
  return {
    request: (method: Method, args: unknown) =>
      new Promise((resolve) => {
        const id = next++
        const message = encodeWire({ id, method, args })
        waiting.set(id, resolve)
        if (socket) socket.send(message)
        else if (!wasUp) unsent.push(message)
        else {
          waiting.delete(id)
          resolve(gone)
        }
      }),
    onEvent: (handle) => void onEvent.push(handle),
    onConnection: (handle) => void onConnection.push(handle),
  }
}
