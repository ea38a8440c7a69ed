/** Pictures of rows: files beside the rows that name them, or bytes that came with the row. */
import { readFile, stat } from 'node:fs/promises'
import { isAbsolute, normalize, resolve, sep } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import type { ImageMember } from './types.ts'

/** No picture a model reads is larger; a file that is would fill the memory before it is decoded. */
const MAX_BYTES = 512 * 1024 * 1024

/** An image path of a row, kept inside its folder: a data set from elsewhere must not read other files. */
export function insideFolder(folder: string, path: string): string | null {
  const clean = normalize(path)
  const out = isAbsolute(clean) || clean === '..' || clean.startsWith(`..${sep}`) || clean.includes('\0')
  return out ? null : resolve(folder, clean)
}

export function fileMember(path: string, name: string): ImageMember {
  return {
    name,
    async read() {
      const info = await stat(path).catch(() => null)
      if (!info) throw new TandemError(`${name} is not there`, 'Add the picture, or remove the row.')
      if (!info.isFile()) throw new TandemError(`${name} is not a file`, 'Name a picture.')
      if (info.size === 0) throw new TandemError(`${name} is empty (0 bytes)`, 'Save the picture again.')
      if (info.size > MAX_BYTES) throw new TandemError(`${name} is larger than 512 MB`, 'Scale it down.')
      return readFile(path).catch((error: unknown) => {
        throw new TandemError(`${name} cannot be read`, 'Check its permissions.', 'input', { cause: error })
      })
    },
  }
}

export function bytesMember(bytes: Uint8Array, name: string): ImageMember {
  return {
    name,
    read() {
      if (bytes.length > 0) return Promise.resolve(bytes)
      return Promise.reject(new TandemError(`${name} is empty (0 bytes)`, 'Save the picture again.'))
    },
  }
}
