/** The addresses of the studio, the same for both hosts: its files, blobs by id, and one place to post a new blob to. */
import { blobIdSchema, type BlobId } from '../../shared/studio.ts'

/** The most one request may hold. A page sends a larger file in parts, which `blobs.join` puts together. */
export const UPLOAD_LIMIT = 512 * 2 ** 20

export type Route =
  | { readonly kind: 'file'; readonly pathname: string }
  | { readonly kind: 'blob'; readonly blob: BlobId; readonly name: string | null }
  | { readonly kind: 'upload' }
  | { readonly kind: 'none'; readonly status: 404 | 405 }

export function route(method: string, url: URL): Route {
  const reading = method === 'GET' || method === 'HEAD'
  if (url.pathname === '/blob') return method === 'POST' ? { kind: 'upload' } : { kind: 'none', status: 405 }
  if (!reading) return { kind: 'none', status: 405 }
  const blob = /^\/blob\/([^/]*)$/.exec(url.pathname)
  if (!blob) return { kind: 'file', pathname: url.pathname }
  const id = blobIdSchema.safeParse(blob[1])
  if (!id.success) return { kind: 'none', status: 404 }
  const name = url.searchParams.get('name')
  return { kind: 'blob', blob: id.data, name: name === '' ? null : name }
}
