/** An exported CLIP as a reward: what makes it another one, and how large its files may be. */
import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { clipFiles, openClip } from './folder.ts'
import { writeClip, type ClipParts } from './testing.ts'

const MIB = 2 ** 20
const GIB = 2 ** 30
let root: string
let n = 0
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'clip-identity-'))
})
afterAll(() => rm(root, { recursive: true }))
async function made(parts: ClipParts = {}): Promise<string> {
  const directory = join(root, `clip-${n++}`)
  await writeClip(directory, parts)
  return directory
}
async function identityOf(directory: string): Promise<string> {
  const clip = await openClip(directory)
  await clip.dispose()
  return clip.identity
}

test('a copy is the same reward; weights beside a model that differ in one bit are another', async () => {
  const apart = { external: { file: 'weights' } }
  const [one, copy, other] = [await made(apart), await made(apart), await made(apart)]
  const bytes = await readFile(join(other, 'weights'))
  bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0)
  await writeFile(join(other, 'weights'), bytes)
  expect(await identityOf(copy)).toBe(await identityOf(one))
  expect(await identityOf(other)).not.toBe(await identityOf(one))
})

test('the last byte of a long file counts as the first', async () => {
  const [one, other] = [await made(), await made()]
  await appendFile(join(one, clipFiles.tokenizer), ' '.repeat(MIB) + ' ')
  await appendFile(join(other, clipFiles.tokenizer), ' '.repeat(MIB) + '\n')
  expect(await identityOf(other)).not.toBe(await identityOf(one))
})

test.each<[string, ClipParts, string, number, RegExp]>([
  ['a tokenizer', {}, clipFiles.tokenizer, 64 * MIB + 1, /tokenizer.json is larger than 64 MiB/],
  ['a model', {}, clipFiles.text, 2 * GIB, /text_model.onnx is larger than an ONNX file can be/],
  ['weights beside a model', { external: { file: 'weights' } }, 'weights', 16 * GIB + 1, /more than 16 GiB of weights/],
])('%s past its limit is refused unread', async (_what, parts, file, size, message) => {
  const directory = await made(parts)
  // A hole: it takes no room on the disk.
  await truncate(join(directory, file), size)
  await expect(openClip(directory)).rejects.toThrow(message)
})
