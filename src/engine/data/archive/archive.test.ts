/** Archives: zips of others read, ours read by others, and everything hostile refused with nothing left behind. */
import { execFile } from 'node:child_process'
import { createWriteStream } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { unzipSync, zipSync } from 'fflate'
import { pack, type Header } from 'tar-stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { unpackArchive } from './unpack.ts'
import { openZip } from './zip-read.ts'
import { zipFolder } from './zip-write.ts'

let base: string
beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'archive-test-'))
})
afterEach(() => rm(base, { recursive: true }))

async function unpacked(bytes: Uint8Array, options = {}): Promise<Record<string, string>> {
  await writeFile(join(base, 'a.zip'), bytes)
  await unpackArchive(join(base, 'a.zip'), join(base, 'out'), options)
  const files = await readdir(join(base, 'out'), { recursive: true, withFileTypes: true })
  const found: Record<string, string> = {}
  for (const file of files)
    if (file.isFile()) {
      const path = join(file.parentPath, file.name)
      found[path.slice(join(base, 'out').length + 1)] = await readFile(path, 'utf8')
    }
  return found
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value)

describe('a zip', () => {
  test('that another tool wrote gives its files, stored or deflated, without what desktops add', async () => {
    const zip = zipSync({
      'set/data.jsonl': [text('a'.repeat(1000)), { level: 9 }],
      'set/images/é.png': [text('b'), { level: 0 }],
      'set/empty': new Uint8Array(0),
      '__MACOSX/x': text('no'),
      'set/.DS_Store': text('no'),
    })
    expect(await unpacked(zip)).toEqual({
      'set/data.jsonl': 'a'.repeat(1000),
      'set/images/é.png': 'b',
      'set/empty': '',
    })
  })

  test('that we write is read by others and by us, whatever its files hold', async () => {
    const file = fc.tuple(fc.stringMatching(/^[a-z0-9é]{1,12}$/), fc.uint8Array({ maxLength: 200 }))
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(file, { selector: ([name]) => name, minLength: 1, maxLength: 6 }),
        async (files) => {
          const folder = await mkdtemp(join(base, 'f-'))
          await mkdir(join(folder, 'images'))
          for (const [name, bytes] of files) await writeFile(join(folder, 'images', name), bytes)
          const path = `${folder}.zip`
          expect(await zipFolder(folder, path)).toBe(files.length)
          const read = unzipSync(await readFile(path))
          expect(Object.keys(read).sort()).toEqual(files.map(([name]) => `images/${name}`).sort())
          for (const [name, bytes] of files) expect(read[`images/${name}`]).toEqual(Uint8Array.from(bytes))
          const own = await openZip(path)
          expect(own.entries.map(({ size }) => size)).toEqual(own.entries.map(({ packed }) => packed))
          await own.close()
        },
      ),
      { numRuns: 15 },
    )
  })

  test("passes the test of the system's unzip, where there is one", async () => {
    await mkdir(join(base, 'f'))
    await writeFile(join(base, 'f', 'a.txt'), 'hello')
    await zipFolder(join(base, 'f'), join(base, 'f.zip'))
    const said = await promisify(execFile)('unzip', ['-t', join(base, 'f.zip')]).catch(
      (error: { code?: unknown }) => error,
    )
    if ('code' in said && said.code === 'ENOENT') return
    expect(said).toMatchObject({ stdout: expect.stringContaining('No errors detected') as string })
  })

  const bad: [string, () => Uint8Array, RegExp][] = [
    ['climbs out', () => zipSync({ '../evil': text('x') }), /outside its folder/],
    ['climbs out with backslashes', () => zipSync({ '..\\evil': text('x') }), /outside its folder/],
    ['names a place of the disk', () => zipSync({ '/etc/evil': text('x') }), /outside its folder/],
    ['names a drive', () => zipSync({ 'C:/evil': text('x') }), /outside its folder/],
    ['is cut', () => zipSync({ a: text('x'.repeat(500)) }).subarray(0, 100), /damaged or cut/],
    ['holds a damaged file', () => flipped(zipSync({ a: [text('x'.repeat(50)), { level: 0 }] }), 40), /is damaged/],
    ['claims less than it holds', () => claims(zipSync({ a: [new Uint8Array(9000), { level: 9 }] }), 10), /is damaged/],
    ['holds a link', () => linked(zipSync({ a: text('/etc/passwd') })), /is a link/],
    ['is encrypted', () => encrypted(zipSync({ a: text('x') })), /is encrypted/],
  ]
  test.each(bad)('that %s is refused, and nothing of it stays', async (_, make, message) => {
    await expect(unpacked(make())).rejects.toThrow(message)
    expect(await readdir(base)).toEqual(['a.zip'])
  })

  test('that grows beyond all measure is refused before it is written', async () => {
    const zip = zipSync({ a: [new Uint8Array(2_000_000), { level: 9 }] })
    await expect(unpacked(zip, { least: 1000 })).rejects.toThrow(/unpacks to more than/)
  })
})

/** The directory entry of the only file begins here. */
const central = (zip: Uint8Array): number => Buffer.from(zip).indexOf(Buffer.from([0x50, 0x4b, 1, 2]))
function changed(zip: Uint8Array, change: (view: DataView, at: number) => void): Uint8Array {
  const copy = zip.slice()
  change(new DataView(copy.buffer), central(copy))
  return copy
}
const flipped = (zip: Uint8Array, at: number): Uint8Array => zip.map((byte, i) => (i === at ? byte ^ 1 : byte))
const claims = (zip: Uint8Array, size: number): Uint8Array =>
  changed(zip, (view, at) => view.setUint32(at + 24, size, true))
const linked = (zip: Uint8Array): Uint8Array => changed(zip, (view, at) => view.setUint32(at + 38, 0xa1ff0000, true))
const encrypted = (zip: Uint8Array): Uint8Array => changed(zip, (view, at) => view.setUint16(at + 8, 1, true))

describe('a tar', () => {
  async function tar(entries: [Partial<Header> & { name: string }, string][]): Promise<string> {
    const made = pack()
    for (const [header, content] of entries) made.entry(header, content)
    made.finalize()
    const path = join(base, 'a.tar')
    await pipeline(made, createWriteStream(path))
    return path
  }

  test('of files gives them', async () => {
    const path = await tar([
      [{ name: 'set', type: 'directory' }, ''],
      [{ name: 'set/data.jsonl' }, 'rows'],
    ])
    await unpackArchive(path, join(base, 'out'))
    expect(await readFile(join(base, 'out', 'set', 'data.jsonl'), 'utf8')).toBe('rows')
  })

  test.each<[string, Partial<Header> & { name: string }, RegExp]>([
    ['climbs out', { name: '../evil' }, /outside its folder/],
    ['holds a symbolic link', { name: 'a', type: 'symlink', linkname: '/etc/passwd' }, /symlink, not a plain file/],
    ['holds a hard link', { name: 'a', type: 'link', linkname: '/etc/passwd' }, /link, not a plain file/],
  ])('that %s is refused, and nothing of it stays', async (_, header, message) => {
    const path = await tar([
      [{ name: 'first' }, 'x'],
      [header, header.type ? '' : 'x'],
    ])
    await expect(unpackArchive(path, join(base, 'out'))).rejects.toThrow(message)
    expect(await readdir(base)).toEqual(['a.tar'])
  })

  test('that is cut is refused', async () => {
    const path = await tar([[{ name: 'a' }, 'x'.repeat(5000)]])
    await truncate(path, 2000)
    await expect(unpackArchive(path, join(base, 'out'))).rejects.toThrow(/cut or damaged/)
    expect(await readdir(base)).toEqual(['a.tar'])
  })
})
