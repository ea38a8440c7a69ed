/** The browser host as a person gets it: the real `tandem serve` on a data folder of its own, and Debian's Chromium. */
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from './electron-launch.ts'

const CANDIDATES = [
  process.env.CHROMIUM ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
]
/** Tests run as root in containers (no sandbox of the operating system), without a GPU, and without a network. */
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]
const START_MS = 60_000
const STOP_MS = 20_000

export interface Served {
  readonly data: string
  /** The printed link; good for one use. */
  readonly link: string
  readonly origin: string
  readonly process: ChildProcess
  /** Ctrl-C, and until it has ended. Returns the exit code. */
  stop(): Promise<number | null>
}

export interface ServeOptions {
  readonly data?: string
  readonly args?: readonly string[]
  /** Called with the process id before the server has started any other process. */
  readonly onStart?: (pid: number) => void
}

/** Starts `tandem serve`. The data folder is the caller's, or a new one that goes with the server. */
export async function startServe(options: ServeOptions = {}): Promise<Served> {
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'tandem-e2e-')))
  const cli = join(root, 'dist', 'main', 'cli.js')
  const args = ['--enable-source-maps', cli, 'serve', '--port', '0', '--data', data, ...(options.args ?? [])]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  if (child.pid !== undefined) options.onStart?.(child.pid)
  const link = await printed(child)
  return {
    data,
    link,
    origin: new URL(link).origin,
    process: child,
    async stop() {
      const code = await ended(child)
      if (options.data === undefined) await rm(data, { recursive: true, force: true, maxRetries: 10 })
      return code
    },
  }
}

function printed(child: ChildProcess): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>()
  let said = ''
  const fail = (why: string): void => {
    child.kill('SIGKILL')
    reject(new Error(`tandem serve ${why}. It said:\n${said}`))
  }
  const patience = setTimeout(() => fail('printed no link'), START_MS)
  const over = (code: number | null): void => fail(`ended with code ${code ?? '?'}`)
  const hear = (chunk: Buffer): void => {
    said += chunk.toString()
    const link = /https?:\/\/\S+\/\?token=\S+/.exec(said)
    if (link) resolve(link[0])
  }
  child.once('exit', over)
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  return promise.finally(() => {
    clearTimeout(patience)
    child.off('exit', over)
  })
}

function ended(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    const patience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    child.once('exit', (code) => {
      clearTimeout(patience)
      resolve(code)
    })
    child.kill('SIGINT')
  })
}

const chromiumPath = (): string | undefined => CANDIDATES.find((path) => path !== '' && existsSync(path))

/** How to get the Chromium that is missing, or null. */
export const chromiumMissing = (): string | null =>
  chromiumPath() === undefined ? 'There is no Chromium: apt-get install chromium, or name one in CHROMIUM.' : null

/** Chromium without a window. */
export async function startChromium(): Promise<Browser> {
  const executablePath = chromiumPath()
  if (executablePath === undefined) throw new Error(chromiumMissing() ?? '')
  return chromium.launch({ executablePath, headless: true, args: switches })
}

export interface BrowserStudio {
  readonly served: Served
  readonly browser: Browser
  readonly context: BrowserContext
  readonly page: Page
  /** What the page wrote to its console as errors, policy violations included. */
  readonly errors: readonly string[]
  close(): Promise<void>
}

/** The studio open in a browser: everything started, everything ended by `close`. */
export async function openInBrowser(options: ServeOptions = {}): Promise<BrowserStudio> {
  const served = await startServe(options)
  const browser = await startChromium()
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 } })
  const page = await context.newPage()
  const errors: string[] = []
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
  page.on('pageerror', (error) => errors.push(error.message))
  // Dialogs are caught as long as somebody listens: whoever began with the key that opens one could be too late.
  page.on('filechooser', () => undefined)
  await page.goto(served.link)
  return {
    served,
    browser,
    context,
    page,
    errors,
    async close() {
      await browser.close()
      await served.stop()
    },
  }
}
