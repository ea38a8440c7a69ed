/**
 * The WebSocket side: requests in, replies and events out. A reader that cannot keep up first gets steps without their
 * pictures, then is cut off; it comes back and catches up from the last event it saw.
 */
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { requestSchema, type Reply, type Request, type StudioEvent } from '../../shared/ipc.ts'
import { decodeWire, encodeWire, type WireMessage } from '../../shared/wire.ts'
import type { Service } from '../service/types.ts'
import { asFailure } from '../service-host/failure.ts'
import { refusal, type Site } from './guard.ts'
import type { Sessions } from './sessions.ts'

export interface SocketOptions {
  readonly service: Service
  readonly site: Site
  readonly sessions: Sessions
}

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** The service is gone, or back: readers are let go, and let in again when there is something to catch up with. */
  serviceIs(up: boolean): void
  close(): void
}

/** The largest message: a thousand commands with their strokes. */
const LARGEST_MESSAGE = 32 * 2 ** 20
/** Bytes not yet taken by a reader: from here on pictures of steps are left out. */
const SLOW = 4 * 2 ** 20
/** ... and from here on it is better off starting from what is stored. */
const TOO_SLOW = 64 * 2 ** 20
/** Requests of one screen at work at a time; more wait in the socket. */
const MOST_REQUESTS = 64
const MOST_SOCKETS = 32
const HEARTBEAT_MS = 20_000

export function serveSockets({ service, site, sessions }: SocketOptions): Sockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: LARGEST_MESSAGE, perMessageDeflate: false })
  const alive = new WeakSet<WebSocket>()
  let isUp = true

  const unsubscribe = service.subscribe((event) => {
    if (server.clients.size === 0) return
    const whole = encodeWire(event)
    let lean: WireMessage | null = null
    for (const client of server.clients) {
      if (client.readyState !== client.OPEN) continue
      if (client.bufferedAmount > TOO_SLOW) client.terminate()
      else client.send(client.bufferedAmount > SLOW ? (lean ??= encodeWire(withoutPicture(event))) : whole)
    }
  })

  const heartbeat = setInterval(() => {
    for (const client of server.clients) {
      if (!alive.delete(client)) client.terminate()
      else client.ping()
    }
  }, HEARTBEAT_MS).unref()

  function accept(client: WebSocket): void {
    let working = 0
    alive.add(client)
    client.on('pong', () => alive.add(client))
    client.on('error', () => client.terminate())
    client.on('message', (data, binary) => {
      alive.add(client)
      const asked = parseRequest(binary ? (data as Buffer) : (data as Buffer).toString('utf8'))
      if (!asked) return client.close(1008, 'not a request')
      if (++working >= MOST_REQUESTS) client.pause()
      void answer(asked).then((reply) => {
        working--
        if (client.isPaused && working < MOST_REQUESTS) client.resume()
        if (client.readyState === client.OPEN) client.send(encodeWire(reply))
      })
    })
  }

  async function answer({ id, method, args }: Request): Promise<Reply> {
    try {
      return { id, result: await service.call(method, args) }
    } catch (error) {
      return { id, failure: asFailure(error) }
    }
  }

  return {
    upgrade(request, socket, head) {
      const refused =
        refusal(site, request) !== null || !sessions.admits(request.headers.cookie) || request.url !== '/socket'
      if (refused || !isUp || server.clients.size >= MOST_SOCKETS) {
        const status = refused ? '403 Forbidden' : '503 Service Unavailable'
        return void socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      }
      server.handleUpgrade(request, socket, head, accept)
    },
    serviceIs(up) {
      isUp = up
      if (!up) for (const client of server.clients) client.close(1012, 'the service is started again')
    },
    close() {
      unsubscribe()
      clearInterval(heartbeat)
      for (const client of server.clients) client.close(1001, 'the studio is closing')
      server.close()
    },
  }
}

function parseRequest(message: string | Uint8Array): Request | null {
  try {
    return requestSchema.parse(decodeWire(message))
  } catch {
    return null
  }
}

function withoutPicture(event: StudioEvent): StudioEvent {
  if (event.name !== 'run.step') return event
  const { picture: _picture, ...payload } = event.payload
  return { ...event, payload }
}
