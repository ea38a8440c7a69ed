/** The application in a real Electron: each rule is tried, and each refusal is seen. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openInElectron, type ElectronStudio } from './electron.ts'
import { electronMissing, root, testElectron } from './electron-launch.ts'
import { describeWith } from './needs.ts'
import { outsideSockets } from './processes.ts'

describeWith(await electronMissing())('the application', () => {
  let studio: ElectronStudio

  beforeAll(async () => {
    studio = await openInElectron()
  })
  afterAll(() => studio?.close())

  interface Answer {
    readonly status: number
    readonly headers: Record<string, string>
  }

  /** What the page gets for an address, as far as it gets anything. */
  const ask = (path: string): Promise<Answer | string> =>
    studio.page.evaluate(async (address) => {
      const answer = await fetch(address).catch((error: unknown) => String(error))
      return typeof answer === 'string'
        ? answer
        : { status: answer.status, headers: Object.fromEntries(answer.headers.entries()) }
    }, path)

  describe('the window', () => {
    it('opens with the studio in it, and without an error', async () => {
      await expect.poll(() => studio.page.locator('#root').innerText()).not.toBe('')
      expect(studio.page.url()).toBe('app://studio/')
      expect(studio.errors).toEqual([])
    })

    it('has the bridge, three functions, and nothing else of Electron or Node', async () => {
      const found = await studio.page.evaluate(() => {
        const bridge = (window as unknown as { tandem: object }).tandem
        const names = ['require', 'process', 'module', 'Buffer', 'global', 'electron', 'ipcRenderer', '__dirname']
        return { bridge: Object.keys(bridge).sort(), leaks: names.filter((name) => name in window) }
      })
      expect(found).toEqual({ bridge: ['onConnection', 'onEvent', 'request'], leaks: [] })
    })

    it('runs in a sandbox, apart from its preload script, without Node', async () => {
      const preferences = await studio.app.evaluate(({ BrowserWindow }) => {
        const [window] = BrowserWindow.getAllWindows()
        const contents = window!.webContents as unknown as { getLastWebPreferences(): Record<string, unknown> }
        return contents.getLastWebPreferences()
      })
      expect(preferences).toMatchObject({
        contextIsolation: true,
        sandbox: true,
        nodeIntegration: false,
        nodeIntegrationInSubFrames: false,
        webSecurity: true,
        webviewTag: false,
      })
    })
  })

  describe('app://studio/', () => {
    it('serves the screens with their policy', async () => {
      expect(await ask('/')).toMatchObject({
        status: 200,
        headers: {
          'content-security-policy': expect.stringContaining("script-src 'self'") as string,
          'x-content-type-options': 'nosniff',
        },
      })
    })

    it.each([
      '/..%2f..%2fpackage.json',
      '/%2e%2e%2fpackage.json',
      '/..%5c..%5cpackage.json',
      '/assets',
      '/blob/x',
      '/none.js',
    ])('has nothing at %s', async (path) => {
      expect(await ask(path)).toMatchObject({ status: 404 })
    })

    it('is the only host of its scheme', async () => {
      const answer = await ask('app://other/index.html')
      expect(typeof answer === 'string' || answer.status === 404).toBe(true)
    })

    it('takes bytes in and gives them back as data', async () => {
      const answer = await studio.page.evaluate(async () => {
        const posted = await fetch('blob', {
          method: 'POST',
          body: new Blob(['<script>1</script>', new Uint8Array(2 ** 20)]),
        })
        const { blob, size } = (await posted.json()) as { blob: string; size: number }
        const back = await fetch(`blob/${blob}?name=a.html`)
        const { headers } = back
        return {
          size,
          length: (await back.arrayBuffer()).byteLength,
          type: headers.get('content-type'),
          disposition: headers.get('content-disposition'),
          cache: headers.get('cache-control'),
        }
      })
      expect(answer).toEqual({
        size: 2 ** 20 + 18,
        length: 2 ** 20 + 18,
        type: 'application/octet-stream',
        disposition: `attachment; filename="a.html"; filename*=UTF-8''a.html`,
        cache: 'private, max-age=31536000, immutable',
      })
    })
  })

  describe('the page cannot', () => {
    it('run an inline script or event handler, connect elsewhere, or load a foreign picture', async () => {
      const violations = await studio.page.evaluate(async () => {
        const seen: string[] = []
        document.addEventListener('securitypolicyviolation', (event) => seen.push(event.effectiveDirective))
        const script = document.createElement('script')
        script.textContent = 'window.ran = true'
        document.body.append(script)
        const button = document.createElement('button')
        button.setAttribute('onclick', 'window.ran = true')
        document.body.append(button)
        button.click()
        button.remove()
        new Image().src = 'https://127.0.0.1:1/x.png'
        await fetch('https://127.0.0.1:1/').catch(() => undefined)
        // They are told one by one; what would be one too many, a moment after the last.
        for (let i = 0; i < 100 && new Set(seen).size < 4; i++) await new Promise((resolve) => setTimeout(resolve, 50))
        await new Promise((resolve) => setTimeout(resolve, 300))
        return { seen: [...new Set(seen)].sort(), ran: 'ran' in window }
      })
      expect(violations).toEqual({
        seen: ['connect-src', 'img-src', 'script-src-attr', 'script-src-elem'],
        ran: false,
      })
    })

    it('evaluate text as code', async () => {
      // From a script of the page's own: what Playwright evaluates is outside of the policy.
      const outcome = await studio.page.evaluate(
        () =>
          new Promise((resolve) => {
            document.addEventListener('securitypolicyviolation', (event) => resolve(event.blockedURI), { once: true })
            setTimeout(() => resolve('nothing was blocked'), 10_000)
            // eslint-disable-next-line @typescript-eslint/no-implied-eval -- that is what is tried here
            setTimeout('window.ran = true', 0)
          }),
      )
      expect(outcome).toBe('eval')
    })

    it.each(['https://example.com/', 'file:///etc/passwd', 'data:text/html,x', 'app://other/'])(
      'navigate to %s',
      async (address) => {
        await studio.page.evaluate((to) => void (window.location.href = to), address)
        await studio.page.waitForTimeout(300)
        expect(studio.page.url()).toBe('app://studio/')
      },
    )

    it.each(['https://example.com/', 'app://studio/', 'about:blank'])('open a window at %s', async (address) => {
      expect(await studio.page.evaluate((to) => window.open(to) === null, address)).toBe(true)
      expect(studio.app.windows()).toHaveLength(1)
    })

    it('lead outside, but to the places on the list in the browser of the person', async () => {
      await studio.app.evaluate(({ shell }) => {
        const opened: string[] = []
        Object.assign(globalThis, { opened })
        shell.openExternal = (address) => Promise.resolve(void opened.push(address))
      })
      const kept = 'https://arxiv.org/abs/2511.09611'
      for (const address of [
        kept,
        'http://arxiv.org/',
        'https://arxiv.org.evil.example/',
        'https://somebody@github.com/',
        'file:///etc/passwd',
        'ms-settings:privacy',
      ])
        await studio.page.evaluate((to) => void window.open(to), address)
      await studio.page.waitForTimeout(300)
      expect(await studio.app.evaluate(() => (globalThis as unknown as { opened: string[] }).opened)).toEqual([kept])
      expect(studio.app.windows()).toHaveLength(1)
    })

    it('put a frame or a web view on the page', async () => {
      await studio.page.evaluate(() => {
        const frame = document.createElement('iframe')
        frame.src = 'app://studio/'
        const view = document.createElement('webview')
        view.setAttribute('src', 'app://studio/')
        document.body.append(frame, view)
      })
      await studio.page.waitForTimeout(300)
      const contents = await studio.app.evaluate(({ webContents }) => webContents.getAllWebContents().length)
      expect(contents).toBe(1)
      expect(studio.page.frames().filter((frame) => frame.url().startsWith('app://studio'))).toHaveLength(1)
      await studio.page.reload()
    })

    it('get a permission', async () => {
      const states = await studio.page.evaluate(async () => {
        const position = await new Promise((resolve) =>
          navigator.geolocation.getCurrentPosition(
            () => resolve('given'),
            (error) => resolve(error.code),
          ),
        )
        const clipboard = await navigator.clipboard.readText().catch((error: Error) => error.name)
        return { position, clipboard, notification: await Notification.requestPermission() }
      })
      expect(states).toEqual({ position: 1, clipboard: 'NotAllowedError', notification: 'denied' })
    })

    it('speak to the service in anything but the contract', async () => {
      const reply = await studio.page.evaluate(() => {
        const { tandem } = window as unknown as { tandem: { request(method: string, args: unknown): Promise<unknown> } }
        return tandem.request('no.such.method', {})
      })
      expect(reply).toMatchObject({ failure: { message: 'The request was refused.' } })
    })
  })

  describe('a page that is not the studio', () => {
    it('is not heard by the service, preload script and all', async () => {
      const reply = await studio.app.evaluate(
        async ({ BrowserWindow }, preload) => {
          const foreign = new BrowserWindow({
            show: false,
            webPreferences: { preload, sandbox: true, contextIsolation: true },
          })
          try {
            await foreign.loadURL('data:text/html,foreign')
            return (await foreign.webContents.executeJavaScript(`tandem.request('projects.list', {})`)) as unknown
          } finally {
            foreign.destroy()
          }
        },
        join(root, 'dist', 'preload', 'index.cjs'),
      )
      expect(reply).toMatchObject({ failure: { message: 'The request was refused.' } })
    })
  })

  describe('the network', () => {
    it('is not reached by what pages load', async () => {
      let asked = 0
      const server = createServer((_request, response) => {
        asked++
        response.end('here')
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const { port } = server.address() as AddressInfo
      const fetched = await studio.app.evaluate(
        ({ session }, address) =>
          session.defaultSession.fetch(address).then(
            () => 'answered',
            (error: Error) => error.message,
          ),
        `http://127.0.0.1:${port}/`,
      )
      server.close()
      expect(fetched).toContain('ERR_BLOCKED_BY_CLIENT')
      expect(asked).toBe(0)
    })

    it.skipIf(process.platform !== 'linux')('is used by no process of the studio in a first edit', async () => {
      await studio.page.getByRole('button', { name: /Where things are/ }).click()
      await studio.page.waitForFunction(
        () => document.querySelector('[role=slider][aria-label=Step]')?.ariaValueNow === '16',
      )
      const { processes, outside } = await outsideSockets(studio.app.process().pid!)
      // Electron's own, the service and the engine at least.
      expect(processes).toBeGreaterThan(4)
      expect(outside).toEqual([])
    })
  })

  describe('a second start', () => {
    it('says that the studio is open, and leaves', async () => {
      const { executablePath, args } = await testElectron()
      expect(await start(executablePath, [...args, root])).toContain('open already')
      expect(studio.app.windows()).toHaveLength(1)
    })

    async function start(path: string, args: readonly string[]): Promise<string> {
      const display = await studio.app.evaluate(() => process.env.DISPLAY ?? '')
      const env = { ...process.env, TANDEM_DATA: studio.data, DISPLAY: display, NODE_OPTIONS: '' }
      const child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'], env })
      let said = ''
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
      return new Promise((resolve) => child.once('close', () => resolve(said)))
    }
  })

  describe('closing', () => {
    it('remembers where the window stood and ends the service', async () => {
      await studio.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.setSize(1000, 700))
      await studio.app.close()
      expect(existsSync(join(studio.data, 'window', 'state.json'))).toBe(true)
      const again = await openInElectron({ data: studio.data })
      const size = await again.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]!.getSize())
      expect(size).toEqual([1000, 700])
      await again.close()
    })
  })
})
