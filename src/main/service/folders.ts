/**
 * Folders of this machine for a browser elsewhere: only below the roots that were named at the start, by handles that say
 * nothing of paths. Real paths are checked at every use, so no link leads out.
 */
import { createReadStream } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import { randomBytes } from 'node:crypto'
import { TandemError } from '../../shared/errors.ts'
import type { ResultOf } from '../../shared/ipc.ts'
import type { BlobStore } from '../store/blobs.ts'
import type { DatasetStore } from '../store/datasets.ts'

export interface Folders {
  list(handle: string | null): Promise<ResultOf<'folders.list'>['entries']>
  read(handle: string): Promise<string>
  /** The real path behind a handle. Throws where it is gone or may not be read. */
  path(handle: string): Promise<string>
  /** Remembers what a handle stands for over restarts: work that waits needs it. */
  keep(handle: string): Promise<void>
  /** A handle for a path the person chose in a dialog of this machine; it may be read from then on. */
  grant(path: string): Promise<{ handle: string; name: string }>
  /** Whether a real path lies below a root, or below what was granted. */
  allowed(real: string): Promise<boolean>
}

const MAX_ENTRIES = 5000

export function createFolders(
  roots: readonly string[],
  blobs: BlobStore,
  places: Pick<DatasetStore, 'keepPlace' | 'place'>,
): Folders {
  const paths = new Map<string, string>()
  const handles = new Map<string, string>()
  /** Real paths a person chose in a dialog. */
  const granted = new Set<string>()

  function handleOf(path: string): string {
    const known = handles.get(path)
    if (known !== undefined) return known
    const made = randomBytes(16).toString('hex')
    handles.set(path, made)
    paths.set(made, path)
    return made
  }

  async function pathOf(handle: string): Promise<string> {
    const kept = places.place(handle)
    const path = paths.get(handle) ?? kept
    const real = path === null ? null : await realpath(path).catch(() => null)
    if (real === null)
      throw new TandemError('That file or folder is not there any more.', 'Open the folder list again.')
    // What was kept is the real path as it was allowed then.
    if (real === kept || (await allowed(real))) return real
    throw new TandemError('That link leads out of the folders this studio may read.', 'Choose another file.')
  }

  async function allowed(real: string): Promise<boolean> {
    for (const root of [...roots, ...granted]) {
      const base = await realpath(root).catch(() => null)
      if (base !== null && (real === base || real.startsWith(base.endsWith(sep) ? base : base + sep))) return true
    }
    return false
  }

  async function entryOf(path: string, name: string): Promise<ResultOf<'folders.list'>['entries'][number] | null> {
    const info = await stat(path).catch(() => null)
    if (!info?.isDirectory() && !info?.isFile()) return null
    return { handle: handleOf(path), name, folder: info.isDirectory(), size: info.isFile() ? info.size : 0 }
  }

  return {
    async list(handle) {
      if (handle === null) {
        const entries = await Promise.all(roots.map((root) => entryOf(root, basename(root) || root)))
        return entries.filter((entry) => entry !== null)
      }
      const folder = await pathOf(handle)
      const names = await readdir(folder).catch(() => {
        throw new TandemError('That folder cannot be read.', 'Check its permissions.')
      })
      const shown = names
        .filter((name) => !name.startsWith('.'))
        .sort()
        .slice(0, MAX_ENTRIES)
      const entries = await Promise.all(shown.map((name) => entryOf(join(folder, name), name)))
      return entries.filter((entry) => entry !== null)
    },
    path: pathOf,
    async keep(handle) {
      places.keepPlace(handle, await pathOf(handle))
    },
    async grant(path) {
      const real = await realpath(path).catch(() => {
        throw new TandemError('That folder cannot be read.', 'Check its permissions.')
      })
      granted.add(real)
      return { handle: handleOf(real), name: basename(real) || real }
    },
    allowed,
    async read(handle) {
      const path = await pathOf(handle)
      const { blob } = await blobs.put(createReadStream(path))
      return blob
    },
  }
}
