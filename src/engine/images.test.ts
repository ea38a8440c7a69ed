import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { TandemError } from '../shared/errors.ts'
import { encodePng, readMask, readPicture } from './images.ts'

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-images-'))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const rgb = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (i * 37) % 256)

describe('pictures', () => {
  it('a PNG of our own reads back to the same pixels', async () => {
    const path = join(root, 'own.png')
    await writeFile(path, await encodePng(rgb, 8, 8, { Description: 'naïve 猫' }))
    expect(await readPicture(path, { size: 8 })).toEqual({ rgb, width: 8, height: 8, squashed: false })
  })

  it('text chunks are UTF-8 and read by another program', async () => {
    const png = await encodePng(rgb, 8, 8, { Description: 'naïve 猫' })
    const { comments } = await sharp(png).metadata()
    expect(comments).toEqual([{ keyword: 'Description', text: 'naïve 猫' }])
  })

  it('any size becomes the asked one, squashing is told, transparency turns white', async () => {
    const path = join(root, 'wide.png')
    await sharp({ create: { width: 40, height: 20, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(path)
    const picture = await readPicture(path, { size: 8 })
    expect(picture).toMatchObject({ width: 40, height: 20, squashed: true })
    expect(new Set(picture.rgb)).toEqual(new Set([255]))
  })

  it('greyscale, 16 bit and palette pictures are RGB to us', async () => {
    const grey = sharp(Buffer.alloc(64, 90), { raw: { width: 8, height: 8, channels: 1 } })
    await grey.clone().png().toFile(join(root, 'grey.png'))
    await grey.clone().toColourspace('rgb16').png().toFile(join(root, 'deep.png'))
    await sharp(rgb, { raw: { width: 8, height: 8, channels: 3 } })
      .png({ palette: true })
      .toFile(join(root, 'palette.png'))
    for (const name of ['grey.png', 'deep.png', 'palette.png']) {
      expect((await readPicture(join(root, name), { size: 8 })).rgb).toHaveLength(8 * 8 * 3)
    }
    expect((await readPicture(join(root, 'grey.png'), { size: 8 })).rgb[0]).toBe(90)
  })

  it('a mask is one byte a pixel, white where it may change', async () => {
    const path = join(root, 'mask.png')
    const half = Buffer.alloc(8 * 8 * 4, 255)
    half.fill(0, 0, 8 * 4 * 4)
    await sharp(half, { raw: { width: 8, height: 8, channels: 4 } })
      .png()
      .toFile(path)
    const mask = await readMask(path, { size: 8 })
    expect([mask.length, mask[0], mask[63]]).toEqual([64, 0, 255])
  })

  it.each([5, 12, 26, 33, 100, 257])(
    'a mask of %i pixels is read under the middles of the model pixels',
    async (side) => {
      const path = join(root, `mask-${side}.png`)
      const grey = Uint8Array.from({ length: side * side }, (_, i) => Math.floor(i / side) % 256)
      await sharp(grey, { raw: { width: side, height: side, channels: 1 } })
        .png()
        .toFile(path)
      const mask = await readMask(path, { size: 32 })
      /** By search: the row whose extent holds the middle. */
      const under = (i: number): number => {
        for (let p = 0; ; p++) if ((2 * i + 1) * side < 64 * (p + 1)) return p
      }
      expect(Array.from({ length: 32 }, (_, y) => mask[y * 32 + 7])).toEqual(
        Array.from({ length: 32 }, (_, y) => under(y) % 256),
      )
    },
  )
})

describe('pictures from elsewhere', () => {
  it.each(['print.jpg', 'moving.gif'])('%s is RGB to us', async (name) => {
    const grey = sharp({ create: { width: 16, height: 16, channels: 3, background: '#808080' } })
    await (name.endsWith('jpg') ? grey.toColourspace('cmyk').jpeg() : grey.gif()).toFile(join(root, name))
    const picture = await readPicture(join(root, name), { size: 8 })
    expect(picture.rgb).toHaveLength(8 * 8 * 3)
    // Through a printer's inks and back a grey is only about the same grey.
    for (const value of picture.rgb.subarray(60, 63)) expect(Math.abs(value - 0x80)).toBeLessThan(16)
  })

  it('one that its camera noted as turned stands upright', async () => {
    const half = Uint8Array.from({ length: 8 * 8 * 3 }, (_, i) => (Math.floor(i / 3) % 8 < 4 ? 255 : 0))
    const turned = sharp(half, { raw: { width: 8, height: 8, channels: 3 } }).withMetadata({ orientation: 6 })
    await turned.png().toFile(join(root, 'turned.png'))
    const picture = await readPicture(join(root, 'turned.png'), { size: 8 })
    expect([0, 7, 63].map((cell) => picture.rgb[cell * 3])).toEqual([255, 255, 0])
  })
})

describe('a bad picture is refused by name, with what to do', () => {
  const noise = Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 251)
  async function half(format: 'png' | 'jpeg' | 'webp'): Promise<Buffer> {
    const image = sharp(noise, { raw: { width: 64, height: 64, channels: 3 } })
    const whole = await image.toFormat(format).toBuffer()
    return whole.subarray(0, whole.length / 2)
  }

  it.each<[string, string, (path: string) => unknown]>([
    ['missing.png', 'There is no picture', () => null],
    ['folder.png', 'is a folder', (path) => mkdir(path)],
    ['empty.png', '0 bytes', (path) => writeFile(path, '')],
    ['words.png', 'not a picture', (path) => writeFile(path, 'only words')],
    ['signature.png', 'not a picture', (path) => writeFile(path, pngThatSays(8, 8).subarray(0, 8))],
    ['cut.png', 'cut short', async (path) => writeFile(path, await half('png'))],
    ['cut.jpg', 'cut short', async (path) => writeFile(path, await half('jpeg'))],
    ['cut.webp', 'cut short', async (path) => writeFile(path, await half('webp'))],
    ['huge.png', '30000 x 30000', (path) => writeFile(path, pngThatSays(30_000, 30_000))],
    ['long.png', '1000000 x 101', (path) => writeFile(path, pngThatSays(1_000_000, 101))],
  ])('%s: %s', async (name, cause, make) => {
    await make(join(root, name))
    const error: unknown = await readPicture(join(root, name), { size: 8 }).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(TandemError)
    const { kind, message, remedy } = error as TandemError
    expect(kind).toBe('input')
    expect(message).toContain(name)
    expect(message).toContain(cause)
    expect(message).not.toContain(root)
    expect(remedy).not.toBe('')
  })
})

/** A PNG with a header of width x height and next to no pixels behind it: whoever decodes it finds it cut short. */
function pngThatSays(width: number, height: number): Buffer {
  const size = Buffer.alloc(8)
  size.writeUInt32BE(width, 0)
  size.writeUInt32BE(height, 4)
  const chunk = (type: string, body: Buffer): Buffer => {
    const typed = Buffer.concat([Buffer.from(type, 'latin1'), body])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(body.length)
    check.writeUInt32BE(crc32(typed))
    return Buffer.concat([length, typed, check])
  }
  const header = Buffer.concat([size, Buffer.from([8, 2, 0, 0, 0])])
  const parts = [chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(64))), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), ...parts])
}
