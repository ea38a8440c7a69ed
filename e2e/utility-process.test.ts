/**
 * The service as an Electron utility process, which serves where no Node comes with the studio: the product's channel,
 * launcher and protocol in a real Electron, around a service in memory (the store's native module needs a newer Electron
 * than tests may get).
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { launchService } from '../src/main/service-host/launcher.ts'
import type { Method } from '../src/shared/ipc.ts'
import type { utilityService } from '../src/main/electron/service.ts'
import { openInElectron, type ElectronStudio } from './electron.ts'
import { electronMissing, root } from './electron-launch.ts'
import { describeWith } from './needs.ts'

/** One file that Electron's Node can load, of one of ours. */
async function bundle(entry: string, folder: string, name: string): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: ['electron'] },
    build: {
      ssr: join(root, entry),
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rollupOptions: { external: ['electron'], output: { format: 'cjs', entryFileNames: name } },
    },
  })
}

describeWith(await electronMissing())('a utility process', () => {
  let studio: ElectronStudio
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tandem-utility-'))
    await bundle('e2e/utility-process-fixtures.ts', folder, 'host.cjs')
    await bundle('src/main/service-host/entry-fixtures.ts', folder, 'entry.cjs')
    studio = await openInElectron()
    await studio.app.evaluate((_, path) => {
      const { createRequire } = process.getBuiltinModule('node:module')
      const { utilityService: open, launchService: launch } = createRequire(path)(`${path}/host.cjs`) as {
        utilityService: typeof utilityService
        launchService: typeof launchService
      }
      const options = { data: path, models: [], host: 'electron', version: '1.0.0' } as const
      const service = launch(() => open(`${path}/entry.cjs`), options)
      const heard: boolean[] = []
      service.onConnection((up) => heard.push(up))
      Object.assign(globalThis, { utility: { service, heard } })
    }, folder)
  })
  afterAll(async () => {
    await studio?.close()
    await rm(folder, { recursive: true, force: true, maxRetries: 10 })
  })

  interface Held {
    readonly utility: { readonly service: ReturnType<typeof launchService>; readonly heard: boolean[] }
  }
  const call = (method: Method, args: object): Promise<unknown> =>
    studio.app.evaluate(
      async (_, [name, value]) => {
        const { service } = (globalThis as unknown as Held).utility
        return service.call(name, value).catch((error: Error & { kind?: string }) => ({
          refused: error.message,
          kind: error.kind,
        }))
      },
      [method, args] as const,
    )
  const pid = (): Promise<number | undefined> =>
    studio.app.evaluate(() => (globalThis as unknown as Held).utility.service.pid)

  it('echoes calls, bytes and refusals', async () => {
    expect(await call('projects.create', { name: 'a' })).toEqual({ name: 'a' })
    const { bytes } = (await call('models.tokens', {})) as { bytes: Uint8Array | Record<string, number> }
    expect(Object.values(bytes)).toEqual([1, 2, 3])
    expect(await call('projects.delete', {})).toEqual({ refused: 'It is in use.', kind: 'input' })
  })

  it('that dies is started again, and both are told', async () => {
    const before = await pid()
    expect(await call('queue.list', {})).toMatchObject({ refused: expect.stringContaining('code 9') as string })
    const heard = (): Promise<boolean[]> => studio.app.evaluate(() => (globalThis as unknown as Held).utility.heard)
    await expect.poll(heard, { timeout: 20_000 }).toEqual([false, true])
    expect(await pid()).not.toBe(before)
    expect(await call('projects.create', { name: 'b' })).toEqual({ name: 'b' })
  })

  it('ends when it is closed', async () => {
    const ends = (await pid())!
    await studio.app.evaluate(() => (globalThis as unknown as Held).utility.service.close())
    await expect
      .poll(() => {
        try {
          return process.kill(ends, 0)
        } catch {
          return false
        }
      })
      .toBe(false)
  })
})
