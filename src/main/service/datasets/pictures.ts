/** Pictures of rows for screens: thumbnails that are made once and kept, and whole ones in a form a page can show. */
import { createHash } from 'node:crypto'
import { copyFile, mkdir, readFile, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, sep } from 'node:path'
import { randomBytes } from 'node:crypto'
import sharp from 'sharp'
import { TandemError } from '../../../shared/errors.ts'
import type { ResultOf } from '../../../shared/ipc.ts'
import type { BlobEntry } from '../../store/blobs.ts'
import { explained } from '../../store/database.ts'

/** Pixels along the longer side of a thumbnail: twice what the list shows, for dense displays. */
const THUMB = 128
/** A page shows at most this many pixels along a side. */
const SHOWN = 2048
const MAX_PIXELS = 100_000_000
/** Larger files are sent as what is shown of them. */
const MAX_BYTES = 4 * 2 ** 20
const asIs: ReadonlySet<string> = new Set(['png', 'jpeg', 'webp'])

/** Plain bytes: a Buffer would travel as an object of numbers. */
const plain = ({ buffer, byteOffset, length }: Buffer): Uint8Array => new Uint8Array(buffer, byteOffset, length)

const within = (real: string, base: string): boolean => real === base || real.startsWith(base + sep)

/**
 * The file of a picture, by its name in the set. Null where it is not there, or a link leads out of the set to where
 * `allowed` says nothing may be read.
 */
export async function pictureFile(
  root: string,
  name: string | null,
  allowed: (real: string) => Promise<boolean>,
): Promise<string | null> {
  if (name === null) return null
  const real = await realpath(join(root, name)).catch(() => null)
  const base = await realpath(root).catch(() => null)
  if (real === null || base === null) return null
  return within(real, base) || (await allowed(real)) ? real : null
}

/** A small WebP of a file, from the cache where it was made before. Null where it is no picture. */
export async function thumbnail(path: string, cache: string): Promise<Uint8Array | null> {
  const info = await stat(path).catch(() => null)
  if (!info?.isFile() || info.size === 0) return null
  const key = createHash('sha256').update(`${path}\0${info.size}\0${info.mtimeMs}`).digest('hex').slice(0, 40)
  const place = join(cache, key.slice(0, 2), `${key}.webp`)
  const known = await readFile(place).catch(() => null)
  if (known) return plain(known)
  const made = await sharp(path, { limitInputPixels: MAX_PIXELS })
    .rotate()
    .resize(THUMB, THUMB, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 82 })
    .toBuffer()
    .catch(() => null)
  if (!made) return null
  // A cache that cannot be written costs time, not pictures.
  const temporary = `${place}.${randomBytes(4).toString('hex')}`
  await mkdir(dirname(place), { recursive: true })
    .then(() => writeFile(temporary, made))
    .then(() => rename(temporary, place))
    .catch(() => rm(temporary, { force: true }))
  return plain(made)
}

/** A picture as a page can show it. Throws a TandemError that says why it cannot. */
export async function shownPicture(path: string | null, name: string): Promise<ResultOf<'datasets.picture'>> {
  if (path === null) throw new TandemError(`${name} is not there.`, 'Replace the picture, or delete the row.')
  const { size } = await stat(path)
  if (size === 0) throw new TandemError(`${name} is empty (0 bytes).`, 'Replace the picture, or delete the row.')
  const unreadable = (error: unknown): TandemError =>
    new TandemError(`${name} cannot be decoded.`, 'Replace the picture, or delete the row.', 'input', { cause: error })
  const meta = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw unreadable(error)
    })
  const { width, height } = meta.autoOrient
  if (asIs.has(meta.format) && size <= MAX_BYTES && Math.max(width, height) <= SHOWN) {
    return { bytes: plain(await readFile(path)), type: `image/${meta.format}`, width, height, size }
  }
  const bytes = await sharp(path, { limitInputPixels: MAX_PIXELS })
    .rotate()
    .resize(SHOWN, SHOWN, { fit: 'inside', withoutEnlargement: true })
    .webp({ quality: 90 })
    .toBuffer()
    .catch((error: unknown) => {
      throw unreadable(error)
    })
  return { bytes: plain(bytes), type: 'image/webp', width, height, size }
}

/** Puts a picture of the store into a set under a name of its own. Throws where it is none. */
export async function addPicture(root: string, { path }: BlobEntry, side: 'input' | 'output'): Promise<string> {
  const { format } = await sharp(path, { limitInputPixels: MAX_PIXELS })
    .metadata()
    .catch((error: unknown) => {
      throw new TandemError('That file is not a picture.', 'Give a PNG, JPEG or WebP file.', 'input', { cause: error })
    })
  const name = `images/added/${randomBytes(8).toString('hex')}-${side}.${format === 'jpeg' ? 'jpg' : format}`
  const place = join(root, name)
  try {
    await mkdir(dirname(place), { recursive: true })
    await copyFile(path, `${place}.part`)
    await rename(`${place}.part`, place)
  } catch (error) {
    await rm(`${place}.part`, { force: true })
    throw explained(error)
  }
  return name
}
