/** The package as it is shipped: made here, read back, started, and driven to a studio whose service answers. */
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses'
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDisplay, type Display } from './display.ts'
import { electronMissing, root, testElectron } from './electron-launch.ts'
import { describeWith } from './needs.ts'

describeWith(await electronMissing())('the package on this machine', () => {
  let work: string
  let folder: string
  let display: Display
  let app: ChildProcess
  let browser: Browser
  let page: Page
  let switches: readonly string[]

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'tandem-package-'))
    const electron = await testElectron()
    switches = electron.args
    const args = [join(root, 'scripts', 'package.mjs'), '--out', work, '--electron-dist', electron.folder]
    const { status, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' })
    expect(status, stderr).toBe(0)
    folder = join(work, 'linux-unpacked')
    display = await openDisplay()
  })
  afterAll(async () => {
    await browser?.close().catch(() => undefined)
    await stop()
    display?.close()
    await rm(work, { recursive: true, force: true, maxRetries: 10 })
  })

  /** The inspector is fused off, as for everybody; pages are reached through Chromium's own port. */
  async function start(): Promise<void> {
    const env = { ...process.env, TANDEM_DATA: join(work, 'data'), DISPLAY: display.name, NODE_OPTIONS: '' }
    const args = [...switches, '--remote-debugging-port=0']
    app = spawn(join(folder, 'tandem-studio'), args, { stdio: ['ignore', 'ignore', 'pipe'], env })
    let said = ''
    const address = await new Promise<string>((resolve, reject) => {
      app.stderr?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        const found = /DevTools listening on (\S+)/.exec(said)
        if (found) resolve(found[1]!)
      })
      app.once('exit', (code) => reject(new Error(`The package ended with code ${code ?? '?'}:\n${said}`)))
    })
    browser = await chromium.connectOverCDP(address)
    const [context] = browser.contexts()
    page = context!.pages()[0] ?? (await context!.waitForEvent('page'))
  }

  async function stop(): Promise<void> {
    if (!app || app.exitCode !== null) return
    const gone = new Promise((resolve) => app.once('exit', resolve))
    app.kill('SIGTERM')
    await gone
  }

  describe('the package', () => {
    it('has every fuse set, as build/ says', async () => {
      const wire = await getCurrentFuseWire(join(folder, 'tandem-studio'))
      const fuses = Object.values(FuseV1Options).filter((fuse) => typeof fuse === 'number')
      // One that this Electron does not have is neither on nor off.
      const states = new Map([
        ['0', false],
        ['1', true],
      ])
      const read = fuses.map((fuse) => [FuseV1Options[fuse], states.get(String.fromCharCode(wire[fuse] ?? 0))] as const)
      expect(Object.fromEntries(read)).toEqual({
        RunAsNode: false,
        EnableCookieEncryption: true,
        EnableNodeOptionsEnvironmentVariable: false,
        EnableNodeCliInspectArguments: false,
        EnableEmbeddedAsarIntegrityValidation: true,
        OnlyLoadAppFromAsar: true,
        LoadBrowserProcessSpecificV8Snapshot: false,
        GrantFileProtocolExtraPrivileges: false,
      })
      const builder = readFileSync(join(root, 'build', 'electron-builder.yml'), 'utf8')
      const [, block] = /^electronFuses:\n((?: {2}.*\n)+)/m.exec(builder)!
      const said = block!.trim().split(/\n */)
      const expected = read.map(([name, on]) => `${name.replace(/^./, (sign) => sign.toLowerCase())}: ${String(on)}`)
      expect(said.sort()).toEqual(expected.sort())
    })

    it('holds the models, a Node, and the service with its packages beside the archive', () => {
      const resources = readdirSync(join(folder, 'resources'))
      expect(resources).toEqual(expect.arrayContaining(['app.asar', 'models', 'node', 'service']))
      expect(readdirSync(join(folder, 'resources', 'models'))).toContain('storybook')
      const packages = readdirSync(join(folder, 'resources', 'service', 'node_modules'))
      expect(packages).toEqual(expect.arrayContaining(['better-sqlite3', 'onnxruntime-node', 'sharp', 'zod']))
      expect(packages).not.toContain('react')
    })

    it('opens the studio, and its service finds the model that ships', async () => {
      await start()
      expect(page.url()).toBe('app://studio/')
      const reply = await page.evaluate(() => {
        const { tandem } = window as unknown as { tandem: { request(method: string, args: unknown): Promise<unknown> } }
        return tandem.request('models.list', {})
      })
      expect(reply).toMatchObject({
        result: { models: expect.arrayContaining([expect.objectContaining({ id: 'storybook' })]) as unknown },
      })
    })

    it('makes an edit: the picture and the words of a run that went to its end', async () => {
      const scene = readFileSync(join(root, 'resources', 'demo', 'scene.png'))
      const instruction = readFileSync(join(root, 'resources', 'demo', 'instruction.txt'), 'utf8').trim()
      const run = await page.evaluate(edit, { bytes: scene.toString('base64'), instruction })
      expect(run).toMatchObject({ state: 'done', error: null, modelName: 'storybook' })
      expect(run.reasoning).not.toBe('')
      const type = await page.evaluate(
        async (blob) => (await fetch(`blob/${blob}`)).headers.get('content-type'),
        run.picture!.blob,
      )
      expect(type).toBe('image/png')
    })
  })
})

interface EditedRun {
  readonly state: string
  readonly error: unknown
  readonly modelName: string
  readonly reasoning: string
  readonly picture: { readonly blob: string } | null
}

/** Runs in the page: an upload, a project, a run, and its end. */
async function edit({ bytes, instruction }: { bytes: string; instruction: string }): Promise<EditedRun> {
  interface Bridge {
    request(method: string, args: unknown): Promise<{ result?: unknown; failure?: { message: string } }>
  }
  const { tandem } = window as unknown as { tandem: Bridge }
  const call = async (method: string, args: unknown): Promise<unknown> => {
    const { result, failure } = await tandem.request(method, args)
    if (failure) throw new Error(failure.message)
    return result
  }
  const body = Uint8Array.from(atob(bytes), (sign) => sign.charCodeAt(0))
  const posted = (await (await fetch('blob', { method: 'POST', body })).json()) as { blob: string }
  const opened = (await call('pictures.open', { blob: posted.blob, name: 'scene.png' })) as {
    picture: { blob: string }
  }
  const project = (await call('projects.create', { name: 'A first edit' })) as { id: string }
  const both = { text: 0, image: 0 }
  const settings = {
    task: 'edit',
    instruction,
    mode: 'parallel',
    steps: 16,
    guidance: both,
    temperatures: both,
    seed: 7,
    model: 'storybook',
  }
  const started = (await call('runs.start', {
    project: project.id,
    document: null,
    settings,
    input: opened.picture.blob,
    mask: null,
    box: null,
    pins: [],
    count: 1,
    lane: 'interactive',
  })) as { runs: { id: string }[] }
  for (;;) {
    const run = (await call('runs.get', { run: started.runs[0]!.id })) as EditedRun
    if (!['queued', 'running'].includes(run.state)) return run
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}
