/** The browser host: one service, served over HTTP and a WebSocket to browsers that hold a session. */
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { hostname, networkInterfaces } from 'node:os'
import { X509Certificate } from 'node:crypto'
import { TandemError } from '../../shared/errors.ts'
import type { Service } from '../service/types.ts'
import { hostNames, isLoopback, type Site } from './guard.ts'
import { answerHttp } from './http.ts'
import { Sessions } from './sessions.ts'
import { serveSockets } from './socket.ts'

export interface ServeOptions {
  readonly service: Service
  /** The folder of the built screens. */
  readonly screens: string
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
  readonly tls: { readonly cert: string; readonly key: string } | null
  /** Plain HTTP to other machines, asked for in so many words. */
  readonly insecure: boolean
  readonly uploadLimit?: number
}

export interface RunningServer {
  readonly port: number
  /** A new link; it opens the studio once. */
  link(): string
  /** The service is gone, or back: see `Sockets`. */
  serviceIs(up: boolean): void
  close(): Promise<void>
}

/** Throws a TandemError for an address that cannot be served, or must not be without encryption. */
export async function startServer(options: ServeOptions): Promise<RunningServer> {
  checkExposure(options)
  const { service, screens, host, tls, uploadLimit } = options
  const server: HttpServer = tls ? encryptedServer(tls) : createHttpServer()
  const port = await listen(server, host, options.port)
  const site: Site = { secure: tls !== null, hosts: hostNames(host, port, machine(), certifiedNames(tls)) }
  const sessions = new Sessions(port, site.secure)
  const sockets = serveSockets({ service, site, sessions })
  // A large upload over a slow line takes as long as it takes; headers still have their minute.
  server.requestTimeout = 0
  server.on(
    'request',
    answerHttp({ service, site, sessions, screens, ...(uploadLimit === undefined ? {} : { uploadLimit }) }),
  )
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    sockets.upgrade(request, socket, head)
  })
  server.on('clientError', (_error, socket) => socket.destroy())
  return {
    port,
    link: () => `${site.secure ? 'https' : 'http'}://${shownHost(host, tls)}:${port}/?token=${sessions.issue()}`,
    serviceIs: (up) => sockets.serviceIs(up),
    async close() {
      sockets.close()
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      const patience = setTimeout(() => server.closeAllConnections(), 1000)
      await closed
      clearTimeout(patience)
    },
  }
}

/** Other machines are reached encrypted, or with an explicit word. */
export function checkExposure({ host, tls, insecure }: Pick<ServeOptions, 'host' | 'tls' | 'insecure'>): void {
  if (isLoopback(host) || tls || insecure) return
  throw new TandemError(
    `Serving on ${host} would let anyone on the network read what you do.`,
    'Give --tls-cert and --tls-key, use an SSH tunnel to the loopback address, or say --insecure if the network is yours alone.',
  )
}

function encryptedServer(tls: NonNullable<ServeOptions['tls']>): HttpServer {
  try {
    const { validTo } = new X509Certificate(tls.cert)
    if (Date.parse(validTo) < Date.now()) throw new Error(`it expired on ${validTo}`)
    return createHttpsServer({ cert: tls.cert, key: tls.key })
  } catch (error) {
    throw new TandemError(
      `The TLS certificate cannot be used: ${error instanceof Error ? error.message : String(error)}.`,
      'Give a certificate and its key as PEM files.',
      'input',
      { cause: error },
    )
  }
}

/** A certificate names what it is for: those names are the studio's too. */
function certifiedNames(tls: ServeOptions['tls']): string[] {
  if (!tls) return []
  const names = new X509Certificate(tls.cert).subjectAltName ?? ''
  return [...names.matchAll(/(?:DNS|IP Address):([\w.:-]+)/g)].map((match) => match[1]!)
}

function shownHost(host: string, tls: ServeOptions['tls']): string {
  if (isLoopback(host)) return host.includes(':') ? `[${host}]` : host
  const certified = certifiedNames(tls)[0]
  const wildcard = host === '0.0.0.0' || host === '::'
  const name = certified ?? (wildcard ? machine().addresses[0] : host) ?? hostname()
  return name.includes(':') ? `[${name}]` : name
}

function machine(): { name: string; addresses: string[] } {
  const found = Object.values(networkInterfaces()).flatMap((list) => list ?? [])
  return { name: hostname(), addresses: found.filter((one) => !one.internal).map((one) => one.address) }
}

async function listen(server: HttpServer, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(error, host, port)))
    server.listen(port, host, resolve)
  })
  const address = server.address()
  if (typeof address !== 'object' || !address) throw new Error('The server has no address.')
  return address.port
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const say = (cause: string, remedy: string): TandemError => new TandemError(cause, remedy, 'input', { cause: error })
  switch (error.code) {
    case 'EADDRINUSE':
      return say(`Port ${port} is taken.`, 'Give another one with --port, or --port 0 for any that is free.')
    case 'EACCES':
      return say(`Port ${port} may not be used by you.`, 'Give one above 1023 with --port.')
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return say(`This machine has no address ${host}.`, 'Give one of its own with --host.')
    default:
      return error
  }
}
