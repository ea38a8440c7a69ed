/** `tandem model get` from a host on this machine: what is said before anything comes, and a line that breaks. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { startHub, type HubServer, type Manners } from '../../engine/hub/server-fixtures.ts'
import { hubListingSchema, hubResultSchema } from '../../shared/hub.ts'
import { tandem, type Ended } from './testing.ts'

const weights = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 251)
const files = new Map<string, Uint8Array>([
  ['config.json', Buffer.from('{"d_model": 8}')],
  ['model.safetensors', weights],
  ['pytorch_model.bin', weights.subarray(0, 10)],
])

let root: string
let hub: HubServer
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-get-'))
})
afterEach(async () => {
  await hub.close()
  await rm(root, { recursive: true, force: true })
})

const open = async (manners: Manners = {}): Promise<void> => void (hub = await startHub(files, manners))
const out = (): string => join(root, 'got')
const get = (...more: string[]): Promise<Ended> =>
  tandem('model', 'get', 'owner/model', '--host', hub.url, '--out', out(), ...more)
const asksForBytes = (): boolean => hub.asked.some(({ url }) => url.includes('/resolve/'))

it('--list says what would come, from where, under which licence, and takes nothing', async () => {
  await open()
  const { code, out: said, err } = await get('--list')
  expect(code, err).toBe(0)
  expect(said).toContain(`owner/model at c0ffee00 on ${new URL(hub.url).host}`)
  expect(said).toMatch(/licence: mit/)
  expect(said).toMatch(/2 files, 201 kB; a run takes at least 200 kB of memory/)
  expect(said).toMatch(/left {2}pytorch_model\.bin: a pickle/)
  const listed = await get('--list', '--json')
  expect(hubListingSchema.parse(JSON.parse(listed.out))).toMatchObject({ licence: 'mit', weights: 200_000 })
  expect(asksForBytes()).toBe(false)
  expect(await readdir(root)).toEqual([])
})

it('over a line that breaks it arrives whole, after licence and host were said; again it asks for nothing', async () => {
  await open({ dropAfter: 90_000, drops: 1 })
  const { code, out: said, err } = await get()
  expect(code, err).toBe(0)
  expect(err).toMatch(/licence: mit/)
  expect(said.trim()).toBe(out())
  expect(new Uint8Array(await readFile(join(out(), 'model.safetensors')))).toEqual(weights)
  expect(hub.asked.some(({ range }) => range === 'bytes=90000-')).toBe(true)
  const before = hub.asked.length
  const again = await get('--json')
  expect(hubResultSchema.loose().parse(JSON.parse(again.out))).toMatchObject({ received: 0, files: 2, licence: 'mit' })
  expect(hub.asked.slice(before).some(({ url }) => url.includes('/resolve/'))).toBe(false)
})

it('bytes with another hash are not kept, and the command fails in words', async () => {
  const other = weights.slice()
  other[7]! ^= 1
  await open({ instead: new Map([['model.safetensors', other]]) })
  const { code, err } = await get()
  expect([code, err]).toEqual([2, expect.stringMatching(/arrived twice with another hash than .* promises/)])
  expect((await readdir(out())).filter((name) => name.includes('safetensors'))).toEqual([])
})

it.each([
  ['a repository that is not there', { refuses: { status: 404, code: 'RepoNotFound' } }, /no such repository/],
  ['a gated one', { refuses: { status: 403, code: 'GatedRepo' } }, /gated.*TANDEM_HUB_TOKEN/],
])('%s is refused with what to do, and leaves no folder', async (_, manners, says) => {
  await open(manners)
  const { code, err } = await get()
  expect([code, err]).toEqual([2, expect.stringMatching(says)])
  expect(await readdir(root)).toEqual([])
})
