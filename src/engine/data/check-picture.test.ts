/** One list of pictures through both decoders, the gate's and the trainer's: what passes the first is read by the second. */
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { readPicture } from '../images.ts'
import { examinePicture } from './check-picture.ts'
import { LOOK_SIDE } from './dedupe.ts'
import { bytesMember } from './formats/members.ts'
import { bmp, oddPictures, picture } from './formats/testing.ts'

/** Mean of red, green and blue of interleaved RGB bytes. */
function means(rgb: Uint8Array): number[] {
  const sums = [0, 0, 0]
  for (let i = 0; i < rgb.length; i++) sums[i % 3]! += rgb[i]!
  return sums.map((sum) => (3 * sum) / rgb.length)
}

const odd = await oddPictures()

describe('a picture the gate passes is the same picture to the trainer', () => {
  test.each(Object.keys(odd))('%s', async (name) => {
    const bytes = odd[name]!
    const facts = await examinePicture(bytesMember(bytes, name))
    const read = await readPicture({ name, bytes }, { size: LOOK_SIDE })
    expect(read.squashed).toBe(facts.width !== facts.height)
    for (const [i, mean] of means(read.rgb).entries()) expect(Math.abs(mean - means(facts.look)[i]!)).toBeLessThan(4)
  })
})

const whole = await picture(3, 64)
const refused: Readonly<Record<string, Uint8Array>> = {
  bmp: bmp(),
  text: Buffer.from('no picture'),
  cut: whole.subarray(0, Math.floor(whole.length / 2)),
  'a cut avif': odd['avif']!.subarray(0, Math.floor(odd['avif']!.length / 2)),
  'a cut webp': (await sharp(whole).webp({ lossless: true }).toBuffer()).subarray(0, 60),
}

describe('a picture the gate refuses the trainer refuses with the same words', () => {
  test.each(Object.keys(refused))('%s', async (name) => {
    const bytes = refused[name]!
    const words = (error: unknown): string => {
      expect(error).toBeInstanceOf(TandemError)
      const { message, remedy } = error as TandemError
      return `${message.replace(/\.$/, '')}. ${remedy}`
    }
    const gate = await examinePicture(bytesMember(bytes, name)).then(() => 'read', words)
    const trainer = await readPicture({ name, bytes }, { size: LOOK_SIDE }).then(() => 'read', words)
    expect(gate).toMatch(new RegExp(`^${name} is (not a picture|damaged)`))
    expect(trainer).toBe(gate)
  })
})
