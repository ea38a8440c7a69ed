/** A large file comes in parts, so that neither host holds it whole: they are put together here, and go. */
import { createReadStream } from 'node:fs'
import { Readable } from 'node:stream'
import { MAX_FILE_BYTES, tooLarge } from '../../shared/bytes.ts'
import type { BlobId } from '../../shared/studio.ts'
import type { BlobEntry } from '../store/blobs.ts'
import type { Store } from '../store/store.ts'
import { usedBlobs } from './clean-up.ts'

/** The file that `parts` make in their order. Whether or not it is taken, parts that nothing else names are gone then. */
export async function joinParts(store: Store, parts: readonly BlobId[], limit = MAX_FILE_BYTES): Promise<BlobId> {
  let joined: BlobId | null = null
  try {
    const entries = parts.map((part) => store.blobs.get(part))
    if (entries.reduce((sum, { size }) => sum + size, 0) > limit) throw tooLarge(limit)
    joined = (await store.blobs.put(Readable.from(contentsOf(entries)), limit)).blob
    return joined
  } finally {
    const used = usedBlobs(store)
    await store.blobs.remove(parts.filter((part) => part !== joined && !used.has(part)))
  }
}

async function* contentsOf(entries: readonly BlobEntry[]): AsyncGenerator<Buffer> {
  for (const { path } of entries) yield* createReadStream(path) as AsyncIterable<Buffer>
}
