import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { strToU8, unzipSync, zipSync } from 'fflate'
import { afterAll, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../store/testing.ts'
import { BadZip, ZipFile } from './zip-file.ts'
import { zipped, type ZipPart } from './zip.ts'

const folder = temporaryFolder()
let files = 0
afterAll(() => folder.remove())

function opened(bytes: Uint8Array): ZipFile {
  const path = join(folder.path, `${files++}.zip`)
  writeFileSync(path, bytes)
  return new ZipFile(path)
}

/** The same zip whose list claims that its first entry unpacks to `size` bytes. */
function claiming(zip: Uint8Array, size: number): Uint8Array {
  const bytes = Buffer.from(zip)
  bytes.writeUInt32LE(size, bytes.indexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24)
  return bytes
}

const parts: readonly ZipPart[] = [
  { name: 'empty', bytes: new Uint8Array(0), deflate: false },
  { name: 'nothing packed', bytes: new Uint8Array(0), deflate: true },
  { name: 'text', bytes: strToU8('hello '.repeat(1000)), deflate: true },
  { name: 'ä/stored', bytes: strToU8('PK\u0003\u0004 inside'), deflate: false },
]
// eslint-disable-next-line @typescript-eslint/require-await -- what writes a zip takes parts as they come
async function* coming(): AsyncGenerator<ZipPart> {
  yield* parts
}
const bomb = zipSync({ a: [new Uint8Array(8 * 2 ** 20), { level: 9 }] })

describe('a zip on disk', () => {
  it('gives back what was written, whole and as a stream, and others can read it', async () => {
    const bytes = await buffer(Readable.from(zipped(coming())))
    const zip = opened(bytes)
    expect(zip.entries.map(({ name }) => name)).toEqual(parts.map(({ name }) => name))
    for (const [i, entry] of zip.entries.entries()) {
      const wanted = Buffer.from(parts[i]!.bytes)
      expect(Buffer.from(zip.bytes(entry))).toEqual(wanted)
      expect(await buffer(zip.stream(entry))).toEqual(wanted)
    }
    zip.close()
    expect(Buffer.from(unzipSync(bytes)['text']!)).toEqual(Buffer.from(parts[2]!.bytes))
  })

  it('an entry that unpacks to more than it says is cut off there', async () => {
    const zip = opened(claiming(bomb, 1000))
    const [entry] = zip.entries
    expect(entry).toMatchObject({ size: 1000 })
    expect(() => zip.bytes(entry!)).toThrow(/more than it says/)
    let got = 0
    await expect(
      (async () => {
        for await (const chunk of zip.stream(entry!)) got += (chunk as Buffer).length
      })(),
    ).rejects.toThrow(/more than it says/)
    expect(got).toBeLessThanOrEqual(1000)
    zip.close()
  })

  it('an entry that gives less than it says is damaged', async () => {
    const zip = opened(claiming(bomb, 9 * 2 ** 20))
    expect(() => zip.bytes(zip.entries[0]!)).toThrow(BadZip)
    await expect(buffer(zip.stream(zip.entries[0]!))).rejects.toThrow(BadZip)
    zip.close()
  })

  it.each([
    ['nothing', new Uint8Array(0)],
    ['no zip', strToU8('hello')],
    ['a cut one', bomb.subarray(0, bomb.length - 30)],
    ['one without its beginning', bomb.subarray(100)],
  ])('%s is refused', (_name, bytes) => {
    expect(() => {
      const zip = opened(bytes)
      zip.entries.forEach((entry) => zip.bytes(entry))
    }).toThrow(BadZip)
  })
})
