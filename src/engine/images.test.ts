import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
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
    await sharp({ create: { width: 40, height: 20, channels: 4, background: { r: 255, g: 0, b: 0, alpha: 0 } } }).png().toFile(path)
    const picture = await readPicture(path, { size: 8 })
    expect(picture).toMatchObject({ width: 40, height: 20, squashed: true })
    expect(new Set(picture.rgb)).toEqual(new Set([255]))
  })

  it('greyscale, 16 bit and palette pictures are RGB to us', async () => {
    const grey = sharp(Buffer.alloc(64, 90), { raw: { width: 8, height: 8, channels: 1 } })
    await grey.clone().png().toFile(join(root, 'grey.png'))
    await grey.clone().toColourspace('rgb16').png().toFile(join(root, 'deep.png'))
    await sharp(rgb, { raw: { width: 8, height: 8, channels: 3 } }).png({ palette: true }).toFile(join(root, 'palette.png'))
    for (const name of ['grey.png', 'deep.png', 'palette.png']) {
      expect((await readPicture(join(root, name), { size: 8 })).rgb).toHaveLength(8 * 8 * 3)
    }
    expect((await readPicture(join(root, 'grey.png'), { size: 8 })).rgb[0]).toBe(90)
  })

  it('a mask is one byte a pixel, white where it may change', async () => {
    const path = join(root, 'mask.png')
    const half = Buffer.alloc(8 * 8 * 4, 255)
    half.fill(0, 0, 8 * 4 * 4)
    await sharp(half, { raw: { width: 8, height: 8, channels: 4 } }).png().toFile(path)
    const mask = await readMask(path, { size: 8 })
    expect([mask.length, mask[0], mask[63]]).toEqual([64, 0, 255])
  })
})
