/**
 * Blobs: files named by the SHA-256 of what they hold, with a row each. A file appears whole under its name or not at
 * all; the same bytes are kept once. What nothing refers to any more goes, the oldest first, when there is need.
 */
import { createHash, randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MAX_FILE_BYTES, tooLarge } from '../../shared/bytes.ts'
import { TandemError } from '../../shared/errors.ts'
import type { BlobId } from '../../shared/studio.ts'
import { explained, type Database } from './database.ts'
import { sniffType } from './sniff.ts'

export interface BlobEntry {
  readonly path: string
  readonly size: number
  readonly type: string
}

export interface BlobStore {
  find(id: BlobId): BlobEntry | null
  /** Throws where it is not there. */
  get(id: BlobId): BlobEntry
  put(content: Readable | Uint8Array, limit?: number): Promise<{ blob: BlobId; size: number }>
  /** Removes blobs that `used` does not hold and that are older than `olderThan` (milliseconds since 1970). */
  collect(used: ReadonlySet<string>, olderThan: number): Promise<{ removed: number; bytes: number }>
  /** Removes blobs at once: parts of an upload that were put together. */
  remove(ids: readonly BlobId[]): Promise<void>
  totalBytes(): number
}

export function createBlobStore(db: Database, folder: string): BlobStore {
  const one = db.prepare<[string], { size: number; type: string }>('SELECT size, type FROM blobs WHERE id = ?')
  const insert = db.prepare('INSERT OR IGNORE INTO blobs (id, size, type, created_at) VALUES (?, ?, ?, ?)')
  const renew = db.prepare('UPDATE blobs SET created_at = ? WHERE id = ?')
  const old = db.prepare<[number], { id: string; size: number }>(
    'SELECT id, size FROM blobs WHERE created_at < ? ORDER BY created_at',
  )
  const remove = db.prepare('DELETE FROM blobs WHERE id = ?')
  const total = db.prepare<[], { bytes: number | null }>('SELECT sum(size) AS bytes FROM blobs')
  const pathOf = (id: string): string => join(folder, id.slice(0, 2), id)

  function find(id: BlobId): BlobEntry | null {
    const row = one.get(id)
    return row ? { path: pathOf(id), ...row } : null
  }

  return {
    find,
    get(id) {
      const found = find(id)
      if (!found) throw new TandemError('That file is not in the store any more.', 'Add it again.')
      return found
    },
    async put(content, limit = MAX_FILE_BYTES) {
      const incoming = join(folder, 'incoming')
      const temporary = join(incoming, randomBytes(12).toString('hex'))
      const hash = createHash('sha256')
      let size = 0
      const measure = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          size += chunk.length
          hash.update(chunk)
          if (size > limit) done(tooLarge(limit))
          else done(null, chunk)
        },
      })
      try {
        await mkdir(incoming, { recursive: true })
        const source = content instanceof Uint8Array ? Readable.from([content]) : content
        await pipeline(source, measure, createWriteStream(temporary, { flags: 'wx', flush: true }))
        const blob = hash.digest('hex')
        const path = pathOf(blob)
        const there = await stat(path).catch(() => null)
        if (there?.size === size) await rm(temporary)
        else {
          await mkdir(join(folder, blob.slice(0, 2)), { recursive: true })
          await rename(temporary, path)
        }
        insert.run(blob, size, await typeOf(path), Date.now())
        // Taken in again: it is young again, so that no clean-up takes it before it is used.
        renew.run(Date.now(), blob)
        return { blob, size }
      } catch (error) {
        await rm(temporary, { force: true })
        throw explained(error)
      }
    },
    async collect(used, olderThan) {
      let removed = 0
      let bytes = 0
      for (const { id, size } of old.all(olderThan)) {
        if (used.has(id)) continue
        remove.run(id)
        await rm(pathOf(id), { force: true })
        removed++
        bytes += size
      }
      return { removed, bytes }
    },
    async remove(ids) {
      for (const id of ids) {
        remove.run(id)
        await rm(pathOf(id), { force: true })
      }
    },
    totalBytes: () => total.get()?.bytes ?? 0,
  }
}

async function typeOf(path: string): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0)
    return sniffType(buffer.subarray(0, bytesRead))
  } finally {
    await file.close()
  }
}
