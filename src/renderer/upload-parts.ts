/**
 * A file on its way in: in one piece, or in parts that are put together there. A request for a whole large file would be
 * refused by a browser's server, and held in memory by Electron.
 */
import { MAX_FILE_BYTES, tooLarge } from '../shared/bytes.ts'
import type { BlobId } from '../shared/studio.ts'

/** Bytes of a part: small enough to be held, large enough not to count. */
export const PART = 32 * 2 ** 20

export interface Ways {
  /** Sends one piece. */
  readonly send: (piece: Blob) => Promise<BlobId>
  /** Puts pieces together, in their order. */
  readonly join: (parts: BlobId[]) => Promise<BlobId>
  readonly part?: number
  /** Bytes of the whole; a larger one is refused before any of it is sent. */
  readonly limit?: number
}

export async function uploadInParts(
  content: Blob,
  { send, join, part = PART, limit = MAX_FILE_BYTES }: Ways,
): Promise<BlobId> {
  if (content.size > limit) throw tooLarge(limit)
  if (content.size <= part) return send(content)
  const parts: BlobId[] = []
  for (let at = 0; at < content.size; at += part) parts.push(await send(content.slice(at, at + part)))
  return join(parts)
}
