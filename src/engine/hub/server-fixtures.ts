/** For tests: a host in the layout of Hugging Face on this machine, as bad as a test wants it. */
import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Manners {
  /** Breaks each answer with a file's bytes after so many of them. */
  dropAfter?: number
  /** So many answers are broken, then they are whole; all of them where absent. */
  drops?: number
  /** Sends the whole file whatever range was asked for. */
  ignoresRange?: boolean
  /** Bytes it sends instead of those of the list. */
  instead?: Map<string, Uint8Array>
  /** Claims this content-length. */
  claims?: number
  /** Answers everything with this. */
  refuses?: { status: number; code?: string; times?: number; retryAfter?: string }
  /** Where the bytes of files lie: another host. */
  elsewhere?: string
  /** Names a file so in its list. */
  names?: string
  /** Files a page of the list. */
  page?: number
  /** Sends this much and then nothing. */
  stallAfter?: number
  about?: Record<string, unknown>
}

export interface Asked {
  readonly url: string
  readonly range: string | undefined
  readonly authorization: string | undefined
}

export interface HubServer {
  readonly url: string
  readonly asked: Asked[]
  readonly manners: Manners
  close(): Promise<void>
}

export const COMMIT = 'c0ffee'.padEnd(40, '0')
const hex = (kind: 'sha256' | 'sha1', ...bytes: (Uint8Array | string)[]): string =>
  bytes.reduce((hash, each) => hash.update(each), createHash(kind)).digest('hex')

export async function startHub(files: ReadonlyMap<string, Uint8Array>, manners: Manners = {}): Promise<HubServer> {
  const asked: Asked[] = []
  let dropped = 0
  let refused = 0
  const server: Server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://host')
    const { range, authorization } = request.headers
    asked.push({ url: url.pathname, range, authorization })
    const { refuses } = manners
    if (refuses && refused < (refuses.times ?? Infinity)) {
      refused++
      const headers = {
        ...(refuses.code === undefined ? {} : { 'x-error-code': refuses.code }),
        ...(refuses.retryAfter === undefined ? {} : { 'retry-after': refuses.retryAfter }),
      }
      return response.writeHead(refuses.status, headers).end('no')
    }
    const resolved = /^\/[^/]+\/[^/]+\/resolve\/[^/]+\/(.+)$/.exec(url.pathname)?.[1]
    if (resolved !== undefined) return sendFile(decodeURIComponent(resolved), request, response)
    if (/^\/api\/models\/[^/]+\/[^/]+\/revision\//.test(url.pathname))
      return sendJson(response, { sha: COMMIT, gated: false, cardData: { license: 'mit' }, ...manners.about })
    if (/^\/api\/models\/[^/]+\/[^/]+\/tree\//.test(url.pathname)) return sendTree(url, response)
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end()
  })

  function sendTree(url: URL, response: ServerResponse): void {
    const all = [...files].map(([path, bytes]) => ({
      type: 'file',
      path: manners.names ?? path,
      size: bytes.length,
      oid: hex('sha1', `blob ${bytes.length}\0`, bytes),
      ...(path.endsWith('.safetensors')
        ? { lfs: { oid: hex('sha256', bytes), size: bytes.length, pointerSize: 134 } }
        : {}),
    }))
    const page = manners.page ?? all.length
    const from = Number(url.searchParams.get('cursor') ?? 0)
    if (from + page < all.length) {
      url.searchParams.set('cursor', String(from + page))
      response.setHeader('link', `<${base()}${url.pathname}${url.search}>; rel="next"`)
    }
    sendJson(response, all.slice(from, from + page))
  }

  function sendFile(path: string, request: IncomingMessage, response: ServerResponse): void {
    if (manners.elsewhere !== undefined)
      return void response.writeHead(302, { location: `${manners.elsewhere}${request.url ?? ''}` }).end()
    const bytes = manners.instead?.get(path) ?? files.get(path)
    if (!bytes) return void response.writeHead(404).end()
    const from = manners.ignoresRange ? 0 : Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0)
    const body = bytes.subarray(from)
    response.writeHead(from > 0 ? 206 : 200, {
      'content-length': manners.claims ?? body.length,
      ...(from > 0 ? { 'content-range': `bytes ${from}-${bytes.length - 1}/${bytes.length}` } : {}),
    })
    const { dropAfter, stallAfter } = manners
    if (dropAfter !== undefined && body.length > dropAfter && dropped < (manners.drops ?? Infinity)) {
      dropped++
      // A client that has not read yet loses what it was sent with the line; a busy one takes its time.
      response.write(body.subarray(0, dropAfter), () => setTimeout(() => response.destroy(), 100))
    } else if (stallAfter !== undefined) response.write(body.subarray(0, stallAfter))
    else response.end(body)
  }

  const base = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: base(),
    asked,
    manners,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
