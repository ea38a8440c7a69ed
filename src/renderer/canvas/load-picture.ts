/** Pictures of the store: fetched once, decoded for whoever asks. */
import { TandemError } from '../../shared/errors.ts'
import type { BlobId } from '../../shared/studio.ts'
import { api } from '../api.ts'

/** Files kept in memory, so that undo and what composes off screen do not fetch again. */
const KEPT = 24

const files = new Map<BlobId, Promise<Blob>>()

async function fetchBlob(blob: BlobId): Promise<Blob> {
  const reply = await fetch(api.blobUrl(blob)).catch(() => null)
  if (!reply?.ok) throw new TandemError('A picture of this document cannot be read.', 'Try again.', 'environment')
  return reply.blob()
}

/** A bitmap of its own for every caller: whoever asked closes it. Colours are taken as they are stored. */
export async function loadPicture(blob: BlobId): Promise<ImageBitmap> {
  let content = files.get(blob)
  files.delete(blob)
  content ??= fetchBlob(blob)
  files.set(blob, content)
  for (const oldest of files.keys()) {
    if (files.size <= KEPT) break
    files.delete(oldest)
  }
  try {
    return await createImageBitmap(await content, { colorSpaceConversion: 'none' })
  } catch (error) {
    files.delete(blob)
    if (error instanceof TandemError) throw error
    throw new TandemError(
      'A picture of this document cannot be decoded.',
      'Remove its layer and open it anew.',
      'input',
    )
  }
}
