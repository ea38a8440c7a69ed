/** Pictures that look the same are found among many, and those that do not are not. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { examinePicture } from './check-picture.ts'
import { LOOK_BYTES, LookTable, sameLook, similarPairs } from './dedupe.ts'
import { fileMember } from './formats/members.ts'
import { picture } from './formats/testing.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'dedupe-test-'))
})
afterEach(() => rm(base, { recursive: true }))

describe('copies that look the same', () => {
  test('are found as comparing each with each finds them', () => {
    // Near to each other and to the edges of buckets.
    const look = fc
      .record({
        mean: fc.constantFrom(13, 15, 16, 17, 18, 31, 33),
        noise: fc.integer({ min: 0, max: 6 }),
        seed: fc.nat(3),
      })
      .map(({ mean, noise, seed }) =>
        Uint8Array.from({ length: LOOK_BYTES }, (_, i) => mean + (noise * ((i * (seed + 1)) % 3)) / 2),
      )
    fc.assert(
      fc.property(fc.array(fc.tuple(look, look), { maxLength: 16 }), (rows) => {
        const table = new LookTable(2)
        for (const row of rows) table.add(...row)
        const key = ([i, j]: readonly [number, number]): string => `${i}-${j}`
        const found = [...similarPairs(table)].map(key).sort()
        const wanted: string[] = []
        for (let i = 0; i < rows.length; i++)
          for (let j = i + 1; j < rows.length; j++) if (sameLook(table.row(i), table.row(j))) wanted.push(key([i, j]))
        expect(found).toEqual(wanted.sort())
      }),
    )
  })

  test('are the same through JPEG and another size, and one cell of sixteen in another colour is not', async () => {
    const look = async (bytes: Buffer): Promise<Uint8Array> => {
      await writeFile(join(base, 'x'), bytes)
      return (await examinePicture(fileMember(join(base, 'x'), 'x'))).look
    }
    for (let seed = 0; seed < 20; seed++) {
      const one = await picture(seed, 128)
      const again = await sharp(one).resize(96, 96).jpeg({ quality: 90 }).toBuffer()
      expect(sameLook(await look(one), await look(again))).toBe(true)
      const patch = await sharp({ create: { width: 32, height: 32, channels: 3, background: '#fff' } })
        .png()
        .toBuffer()
      const other = await sharp(one)
        .composite([{ input: patch, left: 32 * (seed % 4), top: 32 }])
        .png()
        .toBuffer()
      expect(sameLook(await look(one), await look(other))).toBe(false)
    }
  })

  test('by the thousand are told once each', () => {
    const table = new LookTable(1)
    for (let i = 0; i < 3000; i++) table.add(new Uint8Array(LOOK_BYTES).fill(200))
    const began = performance.now()
    const found = new Set([...similarPairs(table)].map(([, j]) => j))
    expect(found.size).toBe(2999)
    expect(performance.now() - began).toBeLessThan(5000)
  })
})
