import { chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { ByteWriter, crc32 } from '../../shared/trajectory-bytes.ts'
import { decodeTrajectory, encodeTrajectory } from '../../shared/trajectory-codec.ts'
import { chance, largeRun, randomRun } from '../../shared/trajectory-fixtures.ts'
import { canonicalTrajectory } from '../../shared/trajectory-frame.ts'
import { hashTrajectory, readTrajectory, writeTrajectory } from './file.ts'
import { nodeCompression } from './zlib.ts'

let folder = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tandem-tdm-'))
})
afterAll(() => rm(folder, { recursive: true }))

const { trajectory } = randomRun({ seed: 3, length: 60, steps: 10, vocabSize: 600, remaskRate: 0.1, editRate: 0.02 })
const bytes = encodeTrajectory(trajectory, nodeCompression)

const refused = async (name: string): Promise<TandemError> => {
  const error: unknown = await readTrajectory(join(folder, name)).then(
    () => expect.fail('it was read'),
    (e: unknown) => e,
  )
  if (!(error instanceof TandemError)) throw error
  expect(error.message).toContain(name)
  expect(error.message + error.remedy).not.toContain(folder)
  return error
}

test('a trajectory comes back from disk, and nothing else is left there', async () => {
  await writeTrajectory(join(folder, 'a.tdm'), trajectory)
  expect(await readTrajectory(join(folder, 'a.tdm'))).toEqual(canonicalTrajectory(trajectory))
  await writeTrajectory(join(folder, 'b.tdm'), trajectory)
  expect(await readFile(join(folder, 'b.tdm'))).toEqual(await readFile(join(folder, 'a.tdm')))
  expect(await readdir(folder)).toEqual(['a.tdm', 'b.tdm'])
})

test('the identity does not depend on how it was packed, and tells runs apart', () => {
  expect(hashTrajectory(decodeTrajectory(bytes, nodeCompression))).toBe(hashTrajectory(trajectory))
  const other = { ...trajectory, header: { ...trajectory.header, seed: 4 } }
  expect(hashTrajectory(other)).not.toBe(hashTrajectory(trajectory))
})

describe('a file that cannot be read', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['empty.tdm', Uint8Array.of(), /is empty/],
    ['one.tdm', Uint8Array.of(84), /is not a trajectory/],
    ['image.png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13), /is not a trajectory/],
    ['cut.tdm', bytes.subarray(0, bytes.length - 9), /is damaged/],
    ['magic.tdm', bytes.subarray(0, 4), /is damaged|not a trajectory/],
    ['crc.tdm', bytes.with(bytes.length - 1, bytes.at(-1)! ^ 1), /is damaged: its checksum is wrong/],
    ['newer.tdm', bytes.with(4, 2), /written by a newer version/],
    ['log.log', Uint8Array.from([...'TDL1'].map((c) => c.charCodeAt(0))), /is damaged/],
  ])('%s is refused with a cause and a remedy', async (name, content, message) => {
    await writeFile(join(folder, name), content)
    const error = await refused(name)
    expect(error.message).toMatch(message)
    expect(error.kind).toBe('input')
    expect(error.remedy).not.toBe('')
  })
  test('a missing one, a folder and a missing parent are refused', async () => {
    expect((await refused('nothing.tdm')).message).toBe('nothing.tdm does not exist.')
    await mkdir(join(folder, 'folder.tdm'))
    expect((await refused('folder.tdm')).message).toBe('folder.tdm is a folder.')
    await expect(writeTrajectory(join(folder, 'no', 'x.tdm'), trajectory)).rejects.toThrow('x.tdm does not exist.')
    await expect(writeTrajectory(join(folder, 'folder.tdm'), trajectory)).rejects.toThrow(TandemError)
    expect((await readdir(folder)).filter((name) => name.endsWith('.tmp'))).toEqual([])
  })
  test.skipIf(process.getuid?.() === 0)('one without permission is refused', async () => {
    await writeFile(join(folder, 'locked.tdm'), bytes)
    await chmod(join(folder, 'locked.tdm'), 0)
    expect((await refused('locked.tdm')).message).toMatch(/may not be accessed/)
  })
  test('whatever is changed in it behind a correct checksum, only a TandemError comes of it', () => {
    const random = chance(7)
    for (let round = 0; round < 1500; round++) {
      const changed = new ByteWriter()
      const body = bytes.slice(0, -4)
      body[6 + Math.floor(random() * (body.length - 6))] = Math.floor(random() * 256)
      changed.append(body)
      changed.uint(crc32(body), 4)
      try {
        decodeTrajectory(changed.finish(), nodeCompression, 'x.tdm')
      } catch (error) {
        expect(error).toBeInstanceOf(TandemError)
      }
    }
  })
  test('a section that unpacks to far more than it claims is stopped', () => {
    expect(() => nodeCompression.inflate(nodeCompression.deflate(new Uint8Array(1e7)), 1000)).toThrow()
  })
})

describe('size', () => {
  test.each([
    [
      'M: 134656 ids, 1280 output positions of 2432, 128 steps',
      { vocabSize: 134656, prompt: 1152, output: 1280, steps: 128, seed: 1 },
    ],
    ['1280 positions without a prompt', { vocabSize: 134656, prompt: 0, output: 1280, steps: 64, seed: 2 }],
    ['64 codes and 64 words', { vocabSize: 2048, prompt: 128, output: 128, steps: 32, seed: 3 }],
  ])('the commits of %s stay below 6 KB', (_, options) => {
    const file = encodeTrajectory(largeRun(options), nodeCompression)
    const sizes = sectionSizes(Buffer.from(file))
    expect(sizes.commits).toBeLessThanOrEqual(6 * 1024)
  })
})

function sectionSizes(file: Buffer): {
  header: number
  given: number
  commits: number
  steps: number
  history: number
} {
  const header = file.readUInt32LE(16)
  let at = 20 + header
  const next = (): number => {
    const size = 8 + file.readUInt32LE(at + 4)
    at += size
    return size
  }
  return { header, given: next(), commits: next(), steps: next(), history: next() }
}
