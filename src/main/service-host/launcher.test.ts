/** A service in a process of its own: real child processes, the real protocol, a service in memory at the far end. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { StudioEvent } from '../../shared/ipc.ts'
import { forkService } from './channel.ts'
import { launchService, type LaunchedService } from './launcher.ts'
import { listFolder } from './testing.ts'

const entry = fileURLToPath(new URL('./entry-fixtures.ts', import.meta.url))
let data: string
let service: LaunchedService | null = null

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tandem-launcher-'))
})
afterEach(async () => {
  await service?.close()
  await rm(data, { recursive: true, force: true })
})

function launch(version = '1.0.0'): LaunchedService {
  const options = { data, models: [], host: 'electron', version } as const
  return (service = launchService(() => forkService(entry, process.execPath), options))
}

it('carries calls, bytes, refusals and events', async () => {
  const launched = launch()
  const events: StudioEvent[] = []
  launched.subscribe((event) => events.push(event))
  expect(await launched.call('projects.create', { name: 'a' })).toEqual({ name: 'a' })
  expect(await launched.call('models.tokens', {})).toEqual({ bytes: new Uint8Array([1, 2, 3]) })
  expect(events).toEqual([{ seq: 1, name: 'notice', payload: { message: 'made', remedy: '' } }])
  await expect(launched.call('projects.delete', {})).rejects.toMatchObject({
    name: 'TandemError',
    message: 'It is in use.',
    remedy: 'Close it first.',
    kind: 'input',
  })
})

it('says of a defect that it is one, and nothing of its inside', async () => {
  await expect(launch().call('tray.get', {})).rejects.toMatchObject({
    kind: 'internal',
    message: expect.not.stringContaining('a defect') as string,
  })
})

it('takes a stream in as a blob and leaves nothing in between', async () => {
  const launched = launch()
  const { blob, size } = await launched.putBlob(Readable.from([Buffer.from('ab'), Buffer.from('c')]))
  expect(size).toBe(3)
  expect(await launched.blob(blob)).toMatchObject({ size: 3, type: 'application/octet-stream' })
  expect(await launched.blob('0'.repeat(64))).toBeNull()
  expect(await listFolder(join(data, 'incoming'))).toEqual([])
})

it('refuses a stream over its limit in words, and leaves nothing of it', async () => {
  const launched = launch()
  const large = Readable.from([Buffer.alloc(2 ** 20), Buffer.alloc(2 ** 20)])
  await expect(launched.putBlob(large, 2 ** 20)).rejects.toMatchObject({ message: 'The file is larger than 1 MB.' })
  expect(await listFolder(join(data, 'incoming'))).toEqual([])
  expect(await listFolder(join(data, 'blobs'))).toEqual([])
})

it('starts a service again that dies: what was asked fails and says so, and listeners hear of both', async () => {
  const launched = launch()
  await launched.ready
  const heard: boolean[] = []
  launched.onConnection((up) => heard.push(up))
  const before = launched.pid
  const pending = launched.call('runs.list', {})
  await expect(launched.call('queue.list', {})).rejects.toMatchObject({
    message: expect.stringContaining('ended with code 9') as string,
    kind: 'environment',
  })
  await expect(pending).rejects.toMatchObject({ kind: 'environment' })
  await expect.poll(() => heard, { timeout: 20_000 }).toEqual([false, true])
  expect(launched.pid).not.toBe(before)
  expect(await launched.call('projects.create', { name: 'b' })).toEqual({ name: 'b' })
})

it('passes on why a service refuses to start, and does not try again', async () => {
  const launched = launch('future')
  await expect(launched.ready).rejects.toMatchObject({ message: 'The database is from the future.', kind: 'input' })
  await expect(launched.call('projects.create', {})).rejects.toMatchObject({ remedy: 'Update Tandem.' })
})

it('gives up on a service that dies at every start', async () => {
  await expect(launch('dies').ready).rejects.toMatchObject({ message: expect.stringContaining('code 3') as string })
})

it('removes what an earlier start left half taken in', async () => {
  await mkdir(join(data, 'incoming'))
  await writeFile(join(data, 'incoming', 'left'), 'x')
  await launch().ready
  expect(await listFolder(join(data, 'incoming'))).toEqual([])
})

it('ends the process when it closes, and refuses calls from then on', async () => {
  const launched = launch()
  await launched.ready
  const pid = launched.pid!
  await launched.close()
  expect(() => process.kill(pid, 0)).toThrow('ESRCH')
  await expect(launched.call('projects.create', {})).rejects.toMatchObject({ message: 'The studio is closing.' })
})
