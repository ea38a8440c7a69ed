/**
 * Writing files so that a reader sees the old state or the new one, never half of either, and saying in words a person
 * can act on why a place cannot be written.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { TandemError } from '../shared/errors.ts'

/** What the system said, as cause and remedy; null when it is nothing a user can mend. */
export function writeError(error: unknown, name: string): TandemError | null {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  const say = (cause: string, remedy: string): TandemError => new TandemError(cause, remedy, 'input', { cause: error })
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return say(`The disk is full: ${name} could not be written.`, 'Free some space, or choose another folder.')
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return say(`${name} cannot be written here: the folder is read-only.`, 'Choose a folder you may write to.')
    case 'ENOTDIR':
    case 'EEXIST':
      return say(`${name} cannot be written: a file stands where a folder is needed.`, 'Choose another folder.')
    case 'EISDIR':
      return say(`${name} cannot be written: a folder of that name is there.`, 'Choose another name.')
    case 'ENOENT':
      return say(`${name} cannot be written: its folder does not exist.`, 'Create the folder first.')
    case 'ENAMETOOLONG':
      return say(`The name ${name.slice(0, 40)}... is too long.`, 'Choose a shorter name.')
    default:
      return null
  }
}

/** Runs a write, turning the system's refusals into a TandemError that names `name`. */
export async function asWrite<T>(name: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write()
  } catch (error) {
    throw writeError(error, name) ?? error
  }
}

/** Writes a whole file beside its place, flushes it, and renames it there. Nothing of it stays on failure. */
export async function writeFileAtomic(path: string, data: string | Uint8Array): Promise<void> {
  await asWrite(basename(path), async () => {
    const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(4).toString('hex')}.tmp`)
    try {
      const handle = await open(temporary, 'wx')
      try {
        await handle.writeFile(data)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, path)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
  })
}

/**
 * Makes a folder and those above it, and returns the ones it made, innermost first. One by one: Node's recursive mkdir
 * never returns below folders that make none, such as /proc.
 */
export async function makeFolder(path: string): Promise<string[]> {
  const missing: string[] = []
  for (let at = resolve(path); !(await stat(at).catch(() => null)); at = dirname(at)) missing.push(at)
  await asWrite(basename(resolve(path)), async () => {
    for (const folder of missing.toReversed()) await mkdir(folder)
  })
  return missing
}
