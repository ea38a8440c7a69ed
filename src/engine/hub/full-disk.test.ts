/** A disk that fills in the middle of a download, on a real small file system: said in words, and gone on with later. */
import { spawnSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { placeOf } from './address.ts'
import { download, type DownloadProgress } from './download.ts'
import { listRepository } from './listing.ts'
import { startHub, type HubServer } from './server-fixtures.ts'

const weights = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 7919) % 251)

let root: string
let disk: string
let hub: HubServer
let isMounted = false
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-hub-full-'))
  disk = join(root, 'disk')
  await mkdir(disk)
  // Only root may mount.
  isMounted =
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1024k', 'tandem-test', disk], { stdio: 'ignore' }).status === 0
  // The line breaks after 100 kB and is held open for a moment: the disk fills meanwhile.
  hub = await startHub(new Map([['model.safetensors', weights]]), { dropAfter: 100_000, drops: 1 })
})
afterEach(async () => {
  await hub.close()
  if (isMounted) spawnSync('umount', [disk])
  await rm(root, { recursive: true, force: true })
})

async function get(seen: (progress: DownloadProgress) => void | Promise<void>): Promise<void> {
  const place = placeOf({ repository: 'owner/model', host: hub.url, revision: null })
  const signal = new AbortController().signal
  const options = { base: place.base, token: null, signal, retryMs: 200, marginBytes: 0 }
  const listed = await listRepository(options, place)
  for await (const progress of download(options, listed, join(disk, 'model'))) await seen(progress)
}

it('says that the disk is full, keeps what came, and goes on with it once there is room', async (context) => {
  if (!isMounted) return context.skip()
  const filler = join(disk, 'filler')
  let isFull = false
  const filling = get(async () => {
    if (isFull) return
    isFull = true
    const { bavail, bsize } = await statfs(disk)
    await writeFile(filler, new Uint8Array(bavail * bsize - 65_536))
  })
  await expect(filling).rejects.toMatchObject({
    message: expect.stringMatching(/^The disk is full: model\.safetensors.* could not be written/) as string,
    remedy: expect.stringContaining('Free some space') as string,
  })
  const [part] = (await readdir(join(disk, 'model'))).filter((name) => name.endsWith('.part'))
  expect((await stat(join(disk, 'model', part!))).size).toBeGreaterThan(50_000)

  await rm(filler)
  let received = Infinity
  await get((progress) => void (received = progress.received))
  expect(received).toBeLessThan(weights.length - 50_000)
  expect(new Uint8Array(await readFile(join(disk, 'model', 'model.safetensors')))).toEqual(weights)
})
