/**
 * Trajectories on disk. A compacted file appears whole or not at all: temporary file, fsync, rename. Reading accepts
 * either form by its first bytes, and speaks of a file by its base name only.
 */
import { createHash, randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { TandemError, type TandemErrorKind } from '../../shared/errors.ts'
import { decodeTrajectory, encodeTrajectory, notTrajectory, trajectoryMagic } from '../../shared/trajectory-codec.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { logMagic, readLog } from './log-format.ts'
import { nodeCompression } from './zlib.ts'

/** A 2432-token run of 128 steps takes well under 2 MB; anything near this is something else. */
const maxFileBytes = 256 * 2 ** 20

/** Reads a compacted trajectory or a running log (its whole steps). Throws TandemError only. */
export async function readTrajectory(path: string): Promise<Trajectory> {
  const name = basename(path)
  const bytes = await readWhole(path)
  const magic = String.fromCharCode(...bytes.subarray(0, 4))
  if (magic === trajectoryMagic) return decodeTrajectory(bytes, nodeCompression, name)
  if (magic === logMagic) return readLog(bytes, name).trajectory
  throw notTrajectory(name)
}

/** Writes a compacted trajectory atomically. The same trajectory gives the same bytes. */
export async function writeTrajectory(path: string, trajectory: Trajectory): Promise<void> {
  await writeAtomically(path, encodeTrajectory(trajectory, nodeCompression))
}

/** The identity of a trajectory, for `parent.hash`: SHA-256 of its encoding with sections stored, so no zlib matters. */
export function hashTrajectory(trajectory: Trajectory): string {
  const stored = encodeTrajectory(trajectory, { deflate: (bytes) => bytes, inflate: (bytes) => bytes })
  return createHash('sha256').update(stored).digest('hex')
}

/** A file's bytes, if it can be a trajectory at all. */
export async function readWhole(path: string): Promise<Uint8Array> {
  const name = basename(path)
  const file = await open(path, 'r').catch((error: unknown) => {
    throw fileError(error, name)
  })
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) throw new TandemError(`${name} is a folder.`, 'Choose a .tdm file.')
    if (!stat.isFile()) throw notTrajectory(name)
    if (stat.size === 0)
      throw new TandemError(`${name} is empty.`, 'Use another copy of the file, or run the edit again.')
    if (stat.size > maxFileBytes) throw notTrajectory(name)
    return await file.readFile()
  } catch (error) {
    throw fileError(error, name)
  } finally {
    await file.close()
  }
}

async function writeAtomically(path: string, bytes: Uint8Array): Promise<void> {
  const name = basename(path)
  const temporary = join(dirname(path), `.${name}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(temporary, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined)
    throw fileError(error, name)
  }
}

/** Makes the rename itself survive a power cut, where the system can open a folder. */
async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, 'r')
    await folder.sync().finally(() => folder.close())
  } catch {
    // Windows cannot; the file's own content is safe already.
  }
}

const explanations: Readonly<Record<string, readonly [cause: string, remedy: string, kind?: TandemErrorKind]>> = {
  ENOENT: ['does not exist', 'Check the name and the folder.'],
  ENOTDIR: ['does not exist', 'Check the name and the folder.'],
  EISDIR: ['is a folder', 'Choose a .tdm file.'],
  EACCES: ['may not be accessed', 'Check the permissions of the file and its folder.'],
  EPERM: ['may not be accessed', 'Check the permissions of the file and its folder.'],
  EROFS: ['lies on a read-only disk', 'Choose another folder.', 'environment'],
  ENOSPC: ['does not fit on the disk', 'Free some space and try again.', 'environment'],
  EEXIST: ['exists already', 'Choose another name.'],
}

/** What the file system said, in words and without the path. */
export function fileError(error: unknown, name: string): TandemError {
  if (error instanceof TandemError) return error
  const code =
    error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'unknown error'
  const [cause, remedy, kind] = explanations[code] ?? [
    `could not be used (${code})`,
    'Check the disk and try again.',
    'environment',
  ]
  return new TandemError(`${name} ${cause}.`, remedy, kind ?? 'input', { cause: error })
}
