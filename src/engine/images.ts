/**
 * Pictures in and out. Whatever a person gives as a picture is checked by its header before it is decoded: a missing,
 * empty, truncated, foreign or absurdly large file is one sentence with a remedy, never a crash.
 */
import { readFile, stat } from 'node:fs/promises'
import { basename } from 'node:path'
import type { Metadata, OutputInfo, Sharp } from 'sharp'
import { TandemError } from '../shared/errors.ts'
import { nearestPixels } from '../shared/nearest.ts'
import { addPngText } from '../shared/png-text.ts'

/** Decoding more than this is refused: no model reads so much, and it would take gigabytes. */
export const MAX_PIXELS = 100_000_000

export interface Picture {
  /** RGB [size, size, 3]. */
  readonly rgb: Uint8Array
  /** The picture's own size. */
  readonly width: number
  readonly height: number
  /** It was not square and has been squashed, as the published model does. */
  readonly squashed: boolean
}

/** sharp is loaded on first use: start-up does not pay for it. */
async function loadSharp(): Promise<(typeof import('sharp'))['default']> {
  return (await import('sharp')).default
}

async function readChecked(path: string): Promise<Buffer> {
  const name = basename(path)
  const info = await stat(path).catch(() => null)
  if (!info) throw new TandemError(`There is no picture ${name}.`, 'Check the path.')
  if (info.isDirectory()) throw new TandemError(`${name} is a folder, not a picture.`, 'Give a PNG, JPEG or WebP file.')
  if (info.size === 0) throw new TandemError(`${name} is empty (0 bytes).`, 'Save the picture again.')
  return readFile(path).catch((error: unknown) => {
    throw new TandemError(`${name} cannot be read.`, 'Check its permissions.', 'input', { cause: error })
  })
}

/** A picture as a file, or as the bytes of one with a name to speak of it by. */
export type PictureSource = string | { readonly name: string; readonly bytes: Uint8Array }

async function openPicture(source: PictureSource): Promise<{ image: Sharp; meta: Metadata; name: string }> {
  const sharp = await loadSharp()
  const name = typeof source === 'string' ? basename(source) : source.name
  const bytes = typeof source === 'string' ? await readChecked(source) : source.bytes
  const header = sharp(bytes, { limitInputPixels: false, failOn: 'truncated' })
  const meta = await header.metadata().catch((error: unknown) => {
    throw new TandemError(
      `${name} is not a picture this program can read, or it is cut short.`,
      'Give a whole PNG, JPEG or WebP file.',
      'input',
      { cause: error },
    )
  })
  if (meta.width * meta.height > MAX_PIXELS) {
    throw new TandemError(
      `${name} is ${meta.width} x ${meta.height} pixels, more than can be decoded.`,
      'Scale it down to 10,000 x 10,000 or less.',
    )
  }
  return { image: sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' }).rotate(), meta, name }
}

/** Raw bytes [height, width, channels] of what the pipeline makes. */
async function decode(image: Sharp, name: string): Promise<{ data: Uint8Array; info: OutputInfo }> {
  const { data, info } = await image
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((error: unknown) => {
      throw new TandemError(`${name} is damaged or cut short.`, 'Save or download it again.', 'input', { cause: error })
    })
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), info }
}

/** Decodes any picture to RGB size x size, transparency on white. */
export async function readPicture(source: PictureSource, { size }: { size: number }): Promise<Picture> {
  const { image, meta, name } = await openPicture(source)
  const exact = meta.width === size && meta.height === size
  const scaled = exact ? image : image.resize(size, size, { fit: 'fill' })
  const { data: rgb } = await decode(scaled.flatten({ background: '#fff' }).toColourspace('srgb').removeAlpha(), name)
  if (rgb.length !== size * size * 3)
    throw new TandemError(`${name} has an unusual pixel format.`, 'Save it as an RGB PNG.')
  return { rgb, width: meta.width, height: meta.height, squashed: meta.width !== meta.height }
}

/** Decodes a picture at its own size to RGB [height, width, 3], transparency on white. */
export async function readRaster(source: PictureSource): Promise<Omit<Picture, 'squashed'>> {
  const { image, name } = await openPicture(source)
  const { data, info } = await decode(image.flatten({ background: '#fff' }).toColourspace('srgb').removeAlpha(), name)
  if (info.channels !== 3) throw new TandemError(`${name} has an unusual pixel format.`, 'Save it as an RGB PNG.')
  return { rgb: data, width: info.width, height: info.height }
}

/** Decodes a mask to one luminance byte a pixel, size x size; transparent pixels count as black. */
export async function readMask(path: string, { size }: { size: number }): Promise<Uint8Array> {
  const { image, name } = await openPicture(path)
  const grey = image.flatten({ background: '#000' }).greyscale().removeAlpha()
  const { data, info } = await decode(grey, name)
  const columns = nearestPixels(info.width, size)
  const out = new Uint8Array(size * size)
  nearestPixels(info.height, size).forEach((row, y) =>
    columns.forEach((column, x) => (out[y * size + x] = data[(row * info.width + column) * info.channels]!)),
  )
  return out
}

/** Encodes RGB [height, width, 3] as PNG; `text` becomes tEXt-style metadata readable by any tool. */
export async function encodePng(
  rgb: Uint8Array,
  width: number,
  height: number,
  text?: Readonly<Record<string, string>>,
): Promise<Buffer> {
  const sharp = await loadSharp()
  const image = sharp(rgb, { raw: { width, height, channels: 3 } }).png({ compressionLevel: 9 })
  const plain = await image.toBuffer()
  return text ? Buffer.from(addPngText(plain, text)) : plain
}
