/** Answers HTTP requests: the exchange of a link, the screens, blobs out and in. */
import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { tooLarge } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import type { Preferences } from '../../shared/studio.ts'
import type { Service } from '../service/types.ts'
import { asFailure, type Failure } from '../service-host/failure.ts'
import { blobHeaders, pageHeaders } from '../web/headers.ts'
import { isPage, pageOf } from '../web/page-theme.ts'
import { route, UPLOAD_LIMIT } from '../web/routes.ts'
import { staticFile } from '../web/static-files.ts'
import { refusal, type Site } from './guard.ts'
import { DOOR_STYLE, doorStyle, pages } from './pages.ts'
import type { Sessions } from './sessions.ts'

export interface HttpOptions {
  readonly service: Service
  readonly site: Site
  readonly sessions: Sessions
  /** The folder of the built screens. */
  readonly screens: string
  readonly uploadLimit?: number
}

/** How long the rest of a refused upload is read; a sender that takes longer is cut off. */
const DRAIN_MS = 10_000

export function answerHttp(options: HttpOptions): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    respond(options, request, response).catch((error: unknown) => {
      // A reader that went away is nobody to answer.
      if (request.destroyed || response.destroyed) return
      const failure = asFailure(error)
      if (response.headersSent) response.destroy()
      else json(response, 500, { failure })
    })
  }
}

async function respond(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { site, sessions, screens } = options
  if (refusal(site, request)) return text(response, 403, 'Refused.')
  const url = new URL(request.url ?? '/', 'http://studio')
  const admitted = sessions.admits(request.headers.cookie)
  const token = url.searchParams.get('token')
  if (url.pathname === '/' && token !== null) return exchange(options, request, response, token, admitted)
  const door = url.pathname === '/' && request.method === 'GET'
  if (url.pathname === `/${DOOR_STYLE}` && request.method === 'GET') return send(response, 200, 'text/css', doorStyle)
  if (!admitted) {
    if (!door) return text(response, 401, 'Open the studio by its link.')
    return html(response, 401, sessions.remembers(request.headers.cookie) ? pages.restarted : pages.closed)
  }

  const to = route(request.method ?? 'GET', url)
  switch (to.kind) {
    case 'none':
      return text(response, to.status, to.status === 404 ? 'There is nothing here.' : 'Not that way.')
    case 'upload':
      return upload(options, request, response)
    case 'blob': {
      const blob = await options.service.blob(to.blob)
      if (!blob) return text(response, 404, 'There is nothing here.')
      return file(request, response, blob.path, blobHeaders(blob.type, blob.size, to.name))
    }
    case 'file': {
      const found = await staticFile(screens, to.pathname)
      if (!found) return text(response, 404, 'There is nothing here.')
      if (!isPage(found)) return file(request, response, found.path, { ...pageHeaders, ...found.headers })
      const page = await pageOf(found, await themeOf(options.service))
      response.writeHead(200, { ...pageHeaders, ...page.headers })
      return void response.end(request.method === 'HEAD' ? undefined : page.body)
    }
  }
}

/** The theme of the person whose studio it is; a service that does not answer costs a flash and nothing else. */
async function themeOf(service: Service): Promise<Preferences['theme']> {
  const session = await service.call('session.open', { since: null }).catch(() => null)
  return (session as { preferences?: Preferences } | null)?.preferences?.theme ?? 'system'
}

/** A link becomes a cookie, once, and leaves the address bar. Somebody who is in already just loses the token. */
function exchange(
  { sessions }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  admitted: boolean,
): void {
  if (request.method !== 'GET') return text(response, 405, 'Not that way.')
  const worth = admitted ? null : sessions.exchange(token)
  if (worth === 'used') return html(response, 403, pages.used)
  if (worth === 'unknown') return html(response, 403, pages.unknown)
  if (worth) response.setHeader('Set-Cookie', worth.setCookie)
  if (request.headers['sec-fetch-site'] === 'cross-site') return html(response, 200, pages.onward)
  response.writeHead(303, { ...pageHeaders, Location: '/', 'Cache-Control': 'no-store' }).end()
}

async function upload(
  { service, uploadLimit = UPLOAD_LIMIT }: HttpOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (Number(request.headers['content-length'] ?? 0) > uploadLimit) {
    return refuseUpload(request, response, 413, asFailure(tooLarge(uploadLimit)))
  }
  try {
    json(response, 200, await service.putBlob(bodyOf(request), uploadLimit))
  } catch (error) {
    const failure = asFailure(error)
    await refuseUpload(request, response, failure.kind === 'internal' ? 500 : 400, failure)
  }
}

/** A request's body as a stream of its own: whoever gives up on it does not take the connection down with it. */
function bodyOf(request: IncomingMessage): PassThrough {
  const body = new PassThrough()
  request.on('close', () => {
    if (!request.complete) body.destroy(new TandemError('The upload broke off.', 'Try again.', 'cancelled'))
  })
  return request.pipe(body)
}

/** A browser that is still sending does not read: what is left is thrown away before it is told why. */
async function refuseUpload(
  request: IncomingMessage,
  response: ServerResponse,
  status: number,
  failure: Failure,
): Promise<void> {
  if (!request.complete && !request.destroyed) {
    request.resume()
    await new Promise<void>((resolve) => {
      const patience = setTimeout(resolve, DRAIN_MS)
      for (const event of ['end', 'close']) request.once(event, () => (clearTimeout(patience), resolve()))
    })
  }
  if (response.destroyed) return
  response.setHeader('Connection', 'close')
  json(response, status, { failure })
}

async function file(
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  response.writeHead(200, headers)
  if (request.method === 'HEAD') return void response.end()
  await pipeline(createReadStream(path), response)
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response
    .writeHead(status, {
      ...pageHeaders,
      'Content-Type': `${type}; charset=utf-8`,
      'Content-Length': Buffer.byteLength(body),
      'Cache-Control': 'no-store',
    })
    .end(body)
}

const text = (response: ServerResponse, status: number, body: string): void =>
  send(response, status, 'text/plain', body)
const html = (response: ServerResponse, status: number, body: string): void => send(response, status, 'text/html', body)
const json = (response: ServerResponse, status: number, body: unknown): void =>
  send(response, status, 'application/json', JSON.stringify(body))
