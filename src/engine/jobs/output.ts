/** What a job writes: a folder that goes again when nothing came of it, and files that appear together or not at all. */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, rename, rm, rmdir, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { asWrite, makeFolder } from '../files.ts'

export interface OutputFolder {
  readonly path: string
  /** Takes away the folders that were made here, as long as they are empty. */
  abandon(): Promise<void>
}

export async function openFolder(out: string): Promise<OutputFolder> {
  const path = resolve(out)
  const info = await stat(path).catch(() => null)
  if (info && !info.isDirectory()) throw new TandemError('The output is a file, not a folder.', 'Choose another --out.')
  const made = await makeFolder(path)
  return {
    path,
    async abandon() {
      for (const folder of made) {
        const entries = await readdir(folder).catch(() => null)
        if (entries?.length === 0) await rmdir(folder)
        else if (entries) return
      }
    },
  }
}

/**
 * Files collected in a temporary folder and moved to `folder` when `fill` is done; a folder that is not there yet appears
 * as a whole. On failure the temporary folder goes and `folder` is as it was.
 */
export async function writeTogether(folder: string, fill: (temporary: string) => Promise<void>): Promise<void> {
  await asWrite(basename(folder), async () => {
    const existing = await stat(folder).catch(() => null)
    const temporary = join(existing ? folder : dirname(folder), `.tandem-${randomBytes(6).toString('hex')}`)
    await mkdir(temporary)
    try {
      await fill(temporary)
      if (!existing) return await rename(temporary, folder)
      for (const name of await readdir(temporary)) await rename(join(temporary, name), join(folder, name))
      await rmdir(temporary)
    } catch (error) {
      await rm(temporary, { recursive: true, force: true })
      throw error
    }
  })
}
