/** `app://studio/`: the built screens, and blobs in and out. A plain function of a request, so that tests can ask it. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import type { Preferences } from '../../shared/studio.ts'
import type { Service } from '../service/types.ts'
import { asFailure } from '../service-host/failure.ts'
import { blobHeaders, pageHeaders } from '../web/headers.ts'
import { isPage, pageOf } from '../web/page-theme.ts'
import { route, UPLOAD_LIMIT } from '../web/routes.ts'
import { staticFile } from '../web/static-files.ts'
import { HOME, ORIGIN } from './origin.ts'

export interface ProtocolOptions {
  readonly service: Pick<Service, 'blob' | 'putBlob'>
  /** The folder of the built screens. */
  readonly screens: string
  /** What the page is served with, so that its first paint has it. */
  readonly theme?: () => Preferences['theme']
}

export function answerProtocol({
  service,
  screens,
  theme = () => 'system',
}: ProtocolOptions): (request: Request) => Promise<Response> {
  async function upload(request: Request): Promise<Response> {
    const origin = request.headers.get('origin')
    if (origin !== null && origin !== ORIGIN) return text(403, 'Refused.')
    try {
      const body = request.body ? Readable.fromWeb(request.body) : Readable.from([])
      return json(200, await service.putBlob(body, UPLOAD_LIMIT))
    } catch (error) {
      const failure = asFailure(error)
      return json(failure.kind === 'internal' ? 500 : 400, { failure })
    }
  }

  async function respond(request: Request): Promise<Response> {
    if (!request.url.startsWith(HOME)) return text(404, 'There is nothing here.')
    const to = route(request.method, new URL(request.url))
    switch (to.kind) {
      case 'none':
        return text(to.status, to.status === 404 ? 'There is nothing here.' : 'Not that way.')
      case 'upload':
        return upload(request)
      case 'blob': {
        const blob = await service.blob(to.blob)
        if (!blob) return text(404, 'There is nothing here.')
        return file(blob.path, blobHeaders(blob.type, blob.size, to.name))
      }
      case 'file': {
        const found = await staticFile(screens, to.pathname)
        if (!found) return text(404, 'There is nothing here.')
        if (!isPage(found)) return file(found.path, { ...pageHeaders, ...found.headers })
        const page = await pageOf(found, theme())
        return new Response(new Uint8Array(page.body), { headers: { ...pageHeaders, ...page.headers } })
      }
    }
  }

  return (request) => respond(request).catch((error: unknown) => json(500, { failure: asFailure(error) }))
}

const file = (path: string, headers: Readonly<Record<string, string>>): Response =>
  new Response(Readable.toWeb(createReadStream(path)) as globalThis.ReadableStream, { headers })

const text = (status: number, body: string): Response =>
  new Response(body, { status, headers: { ...pageHeaders, 'Content-Type': 'text/plain; charset=utf-8' } })

const json = (status: number, body: unknown): Response =>
  new Response(JSON.stringify(body), { status, headers: { ...pageHeaders, 'Content-Type': 'application/json' } })
