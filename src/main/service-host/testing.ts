/** A small Service in memory, for tests of what carries it: a few methods, blobs in a folder, events on demand. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { TandemError } from '../../shared/errors.ts'
import type { StudioEvent } from '../../shared/ipc.ts'
import type { OwnService, ServiceOptions } from '../service/types.ts'
import { atMost } from './launcher.ts'

export interface MemoryService extends OwnService {
  publish(event: StudioEvent): void
  readonly closed: boolean
}

/** `projects.create` echoes, `projects.delete` refuses, `models.tokens` answers bytes; `queue.list` ends the process. */
export async function memoryService({ data }: Pick<ServiceOptions, 'data'>): Promise<MemoryService> {
  const listeners = new Set<(event: StudioEvent) => void>()
  const blobs = join(data, 'blobs')
  let closed = false
  let seq = 0
  await mkdir(blobs, { recursive: true })
  const publish = (event: StudioEvent): void => {
    for (const listener of listeners) listener(event)
  }
  return {
    publish,
    get closed() {
      return closed
    },
    async call(method, args) {
      switch (method) {
        case 'projects.create':
          publish({ seq: ++seq, name: 'notice', payload: { message: 'made', remedy: '' } })
          return args
        case 'models.tokens':
          return { bytes: new Uint8Array([1, 2, 3]) }
        case 'projects.delete':
          throw new TandemError('It is in use.', 'Close it first.', 'input')
        case 'queue.list':
          return process.exit(9)
        case 'runs.list':
          return new Promise(() => undefined)
        default:
          throw new Error('a defect')
      }
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async blob(id) {
      const path = join(blobs, id)
      const found = await stat(path).catch(() => null)
      if (!found) return null
      const head = await readFile(path)
      return { path, size: found.size, type: head[0] === 0x89 ? 'image/png' : 'application/octet-stream' }
    },
    async putBlob(stream, limit = Infinity) {
      const path = join(blobs, 'part')
      try {
        await pipeline(stream, atMost(limit), createWriteStream(path))
        const bytes = await readFile(path)
        const blob = createHash('sha256').update(bytes).digest('hex')
        await rename(path, join(blobs, blob))
        return { blob, size: bytes.length }
      } finally {
        await rm(path, { force: true })
      }
    },
    letGo() {
      closed = true
    },
    grant: (path) => Promise.resolve({ handle: 'granted', name: path }),
    close() {
      closed = true
      return Promise.resolve()
    },
  }
}

/** What lies in a folder of a test. */
export const listFolder = (path: string): Promise<string[]> => readdir(path).catch(() => [])
