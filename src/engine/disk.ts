/** Room on the disk a folder is on, and bytes in words. */
import { stat, statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'

/** The folder itself, or the nearest above it that is there. */
export async function existingFolder(path: string): Promise<string> {
  let at = resolve(path)
  while (!(await stat(at).catch(() => null)) && dirname(at) !== at) at = dirname(at)
  return at
}

/** Bytes an ordinary user may still write where `path` is, or will be. */
export async function freeDisk(path: string): Promise<number> {
  const { bavail, bsize } = await statfs(await existingFolder(path))
  return bavail * bsize
}
