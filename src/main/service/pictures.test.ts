/** Pictures that people open: every kind a screen can show is taken in, whatever else is refused in words; and the tray. */
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import type { ResultOf } from '../../shared/ipc.ts'
import { temporaryFolder } from '../store/testing.ts'
import { createService } from './service.ts'
import { asking } from './testing.ts'
import type { Service } from './types.ts'

const resources = fileURLToPath(new URL('../../../resources/', import.meta.url))
const folder = temporaryFolder()
let service: Service
beforeAll(async () => {
  service = await createService({
    data: folder.path,
    models: [join(resources, 'models')],
    host: 'browser',
    version: '1',
  })
})
afterAll(async () => {
  await service.close()
  folder.remove()
})
const { call } = asking(() => service)
const put = async (bytes: Uint8Array): Promise<string> => (await service.putBlob(Readable.from([bytes]))).blob

const svg = (inside: string, before = '', attributes = ''): Buffer =>
  Buffer.from(`<?xml version="1.0"?>${before}<svg xmlns="http://www.w3.org/2000/svg" ${attributes}>${inside}</svg>`)
const entities = `<!DOCTYPE svg [<!ENTITY a0 "ha">${Array.from({ length: 30 }, (_, i) => `<!ENTITY a${i + 1} "&a${i};&a${i};">`).join('')}]>`

describe('pictures', () => {
  const red = (format: 'png' | 'jpeg' | 'webp' | 'tiff'): Promise<Buffer> =>
    sharp({ create: { width: 40, height: 20, channels: 3, background: '#c00' } })
      .toFormat(format)
      .toBuffer()
  const picture = async (bytes: Uint8Array): Promise<ResultOf<'pictures.open'>> =>
    call('pictures.open', { blob: await put(bytes), name: 'it' })

  test.each(['png', 'jpeg', 'webp', 'tiff'] as const)('%s opens', async (format) => {
    expect((await picture(await red(format))).picture).toMatchObject({ width: 40, height: 20 })
  })
  test('turned by EXIF stand upright; CMYK and 16 bits become what a screen shows, and say so', async () => {
    const turned = await sharp(await red('jpeg'))
      .withMetadata({ orientation: 6 })
      .toBuffer()
    expect((await picture(turned)).picture).toMatchObject({ width: 20, height: 40 })
    const cmyk = await sharp(await red('jpeg'))
      .toColourspace('cmyk')
      .jpeg()
      .toBuffer()
    expect((await picture(cmyk)).warnings).toEqual([expect.stringContaining('CMYK')])
    const deep = await sharp(await red('png'))
      .toColourspace('rgb16')
      .png()
      .toBuffer()
    expect((await picture(deep)).warnings).toEqual([expect.stringContaining('16 bits')])
  })
  test('that move are taken at their first frame', async () => {
    const blue = await sharp(await red('png'))
      .negate()
      .png()
      .toBuffer()
    const frames = [await red('png'), blue]
    const gif = await sharp(frames, { join: { animated: true } })
      .gif()
      .toBuffer()
    const { picture: still, warnings } = await picture(gif)
    expect(still).toMatchObject({ width: 40, height: 20 })
    expect(warnings).toEqual([expect.stringContaining('first one')])
  })
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['words', Buffer.from('not a picture')],
    [
      'a drawing that could run or fetch',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>'),
    ],
    ['an SVG with entities that grow a billionfold', svg('&a30;', entities)],
    ['an SVG that asks for a file', svg('<image href="file:///etc/hostname" width="9" height="9"/>')],
    ['an SVG whose entity is a file', svg('&f;', '<!DOCTYPE svg [<!ENTITY f SYSTEM "file:///etc/hostname">]>')],
    ['an SVG of a billion pixels', svg('<rect width="9" height="9"/>', '', 'viewBox="0 0 999999999 999999999"')],
    ['an SVG in UTF-16', Buffer.from(`\ufeff${svg('<g/>').toString()}`, 'utf16le')],
    ['an SVG packed by gzip', gzipSync(svg('<g/>'))],
  ])('%s is refused with a remedy', async (_, bytes) => {
    await expect(picture(bytes)).rejects.toThrow(TandemError)
  })
  test('made of instructions are refused before anything parses them', async () => {
    // Not well-formed: whoever parsed it would say that it cannot be read.
    await expect(picture(Buffer.from('\n  <svg><g></svg'))).rejects.toThrow(/instructions \(SVG\)/)
  })
  test('cut short or far too large are refused', async () => {
    await expect(picture((await red('png')).subarray(0, 90))).rejects.toThrow(/cut short/)
    const huge = await sharp({ create: { width: 9000, height: 10, channels: 3, background: '#fff' } })
      .png()
      .toBuffer()
    await expect(picture(huge)).rejects.toThrow(/larger than a document/)
  })
  test('outside of what the model knows come with a plain warning', async () => {
    const noise = Buffer.from(Uint8Array.from({ length: 128 * 128 * 3 }, (_, i) => (i * 7919) % 256))
    const bytes = await sharp(noise, { raw: { width: 128, height: 128, channels: 3 } })
      .png()
      .toBuffer()
    const inspected = await call('pictures.inspect', { blob: await put(bytes), model: 'storybook' })
    expect(inspected.warning).toMatch(/outside what the model knows/)
    const scene = await put(
      await sharp(join(resources, 'demo', 'scene.png'))
        .png()
        .toBuffer(),
    )
    expect((await call('pictures.inspect', { blob: scene, model: 'storybook' })).warning).toBeNull()
  })
})

test('the tray has every sprite and background, the same blobs at every asking', async () => {
  const tray = await call('tray.get', { model: 'storybook' })
  expect(tray!.sprites).toHaveLength(32)
  expect(tray!.backgrounds.length).toBeGreaterThanOrEqual(6)
  expect(await call('tray.get', { model: 'storybook' })).toEqual(tray)
})
