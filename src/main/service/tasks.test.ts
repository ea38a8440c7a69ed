import { createHash } from 'node:crypto'
import { strToU8, zipSync } from 'fflate'
import { Readable } from 'node:stream'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createService } from './service.ts'
import { asking } from './testing.ts'
import { temporaryFolder } from '../store/testing.ts'
import type { Service } from './types.ts'

const folder = temporaryFolder()
let service: Service
const { call } = asking(() => service)
beforeAll(async () => {
  service = await createService({ data: folder.path, models: [], version: '1.0.0', host: 'browser' })
})
afterAll(async () => {
  await service.close()
  folder.remove()
})

const manifest = (over: object = {}): Uint8Array =>
  strToU8(
    JSON.stringify({
      format: 'tandem-project',
      version: 1,
      name: 'Bomb',
      document: 'd',
      documents: [],
      runs: [],
      ...over,
    }),
  )
const put = async (bytes: Uint8Array): Promise<string> => (await service.putBlob(Readable.from([bytes]))).blob

/** The zip with the unpacked size of its last listed entry changed. */
function claiming(zip: Uint8Array, size: number): Uint8Array {
  const bytes = Buffer.from(zip)
  bytes.writeUInt32LE(size, bytes.lastIndexOf(Buffer.from([0x50, 0x4b, 1, 2])) + 24)
  return bytes
}
const name = `blobs/${'0'.repeat(64)}`
const bomb = zipSync({ 'project.json': manifest(), [name]: [new Uint8Array(16 * 2 ** 20), { level: 9 }] })

test.each([
  ['that unpacks to more than it says', claiming(bomb, 100), /more than it says|larger than/],
  ['that says it unpacks to gigabytes', claiming(bomb, 0xffff_0000), /more than a project can be/],
])('a project file %s is refused, and makes no project', async (_what, bytes, message) => {
  const before = await call('projects.list', {})
  await expect(call('projects.import', { blob: await put(bytes) })).rejects.toThrow(message)
  expect(await call('projects.list', {})).toEqual(before)
})

test('an import that is stopped ends as cancelled and leaves no project', async () => {
  const blobs: Record<string, Uint8Array> = {}
  for (let i = 0; i < 200; i++) {
    const bytes = strToU8(`picture ${i}`)
    blobs[`blobs/${createHash('sha256').update(bytes).digest('hex')}`] = bytes
  }
  const blob = await put(zipSync({ 'project.json': manifest(), ...blobs }))
  const going = call('projects.import', { blob, task: 'stopped' })
  await call('tasks.cancel', { task: 'stopped' })
  await expect(going).rejects.toMatchObject({ kind: 'cancelled' })
  expect((await call('projects.list', {})).projects).toEqual([])
})

test('what is over is stopped without complaint', async () => {
  await expect(call('tasks.cancel', { task: 'never-was' })).resolves.toEqual({})
})
