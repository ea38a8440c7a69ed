/**
 * One picture of a row examined: decoded to its end, measured, and hashed twice, over its bytes (the same file) and over
 * what it shows (the same picture). Throws a TandemError with the cause where it is no picture.
 */
import { createHash } from 'node:crypto'
import sharp from 'sharp'
import { TandemError } from '../../shared/errors.ts'
import { MAX_PIXELS } from '../images.ts'
import { LOOK_BYTES, LOOK_SIDE } from './dedupe.ts'
import type { ImageMember } from './formats/types.ts'

export interface PictureFacts {
  /** As it is shown: after the turn its EXIF record asks for. */
  readonly width: number
  readonly height: number
  readonly format: string
  readonly pages: number
  readonly bytes: number
  /** SHA-256 of the file. */
  readonly digest: Buffer
  /** RGB on a small grid. */
  readonly look: Uint8Array
}

export async function examinePicture(member: ImageMember): Promise<PictureFacts> {
  const bytes = await member.read()
  const { name } = member
  const meta = await sharp(bytes, { limitInputPixels: false, failOn: 'truncated' })
    .metadata()
    .catch((error: unknown) => {
      throw new TandemError(
        `${name} is not a picture this program can read, or it is cut short`,
        'Give a whole PNG, JPEG or WebP file.',
        'input',
        { cause: error },
      )
    })
  const { width, height } = meta.autoOrient
  if (width * height > MAX_PIXELS) {
    throw new TandemError(`${name} is ${width} x ${height} pixels`, 'Scale it down to 10,000 x 10,000 or less.')
  }
  const look = await sharp(bytes, { limitInputPixels: MAX_PIXELS, failOn: 'truncated' })
    .rotate()
    .flatten({ background: '#fff' })
    .resize(LOOK_SIDE, LOOK_SIDE, { fit: 'fill', kernel: 'linear' })
    .toColourspace('srgb')
    .raw()
    .toBuffer()
    .catch((error: unknown) => {
      throw new TandemError(`${name} is damaged or cut short`, 'Save or download it again.', 'input', { cause: error })
    })
  if (look.length !== LOOK_BYTES) throw new TandemError(`${name} has an unusual pixel format`, 'Save it as an RGB PNG.')
  return {
    width,
    height,
    format: meta.format,
    pages: meta.pages ?? 1,
    bytes: bytes.length,
    digest: createHash('sha256').update(bytes).digest(),
    look,
  }
}
