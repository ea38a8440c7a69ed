import { expect, test } from 'vitest'
import fc from 'fast-check'
import sharp from 'sharp'
import { addPngText, readPngText } from './png-text.ts'

const plain = (): Promise<Buffer> =>
  sharp({ create: { width: 3, height: 2, channels: 3, background: '#336699' } })
    .png()
    .toBuffer()

test('any text comes back as it was, and the picture is still one', async () => {
  const png = await plain()
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), async (text) => {
      const marked = addPngText(png, { tandem: text, Software: 'Tandem Studio' })
      expect(readPngText(marked).get('tandem')).toBe(text)
      expect(readPngText(marked).get('Software')).toBe('Tandem Studio')
      expect((await sharp(marked).raw().toBuffer()).equals(await sharp(png).raw().toBuffer())).toBe(true)
    }),
    { numRuns: 20 },
  )
})

test('a reader that did not write it finds the text', async () => {
  const marked = addPngText(await plain(), { Description: 'remove the cat' })
  const { comments } = await sharp(marked).metadata()
  expect(comments).toContainEqual({ keyword: 'Description', text: 'remove the cat' })
})

test('whatever is cut or foreign gives nothing, and nothing is read past the end', async () => {
  const marked = addPngText(await plain(), { tandem: 'x'.repeat(300) })
  for (let length = 0; length < marked.length; length += 7) readPngText(marked.subarray(0, length))
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => readPngText(bytes).size === 0))
  const lying = Uint8Array.from(marked)
  new DataView(lying.buffer).setUint32(33, 0xfffffff0)
  expect(readPngText(lying).size).toBe(0)
})
