/** Finding an Electron that can open a window here, and running the studio in it. */
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { projectRoot } from './installation.ts'
import { onInterrupt } from './interrupt.ts'
import { note } from './report.ts'

/** A download that says nothing for this long will not come. */
const DOWNLOAD_MS = 5 * 60_000
/** Electron that ends sooner, and not well, has shown nobody a window. */
const EARLY_MS = 5000

const folder = join(projectRoot, 'node_modules', 'electron')

interface Machine {
  readonly platform: NodeJS.Platform
  readonly env: NodeJS.ProcessEnv
  /** The number of the user; 0 is root. */
  readonly user: number | undefined
}

/** Why there can be no window on this machine, or null. */
export function windowless({ platform, env, user }: Machine): string | null {
  if (platform !== 'linux') return null
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return 'There is no display here.'
  if (user === 0) return 'Electron does not run as root.'
  return null
}

/** The binary, downloaded at the first start; or a sentence about why there is none. */
export async function findElectron(): Promise<{ readonly path: string } | { readonly missing: string }> {
  const missing = windowless({ platform: process.platform, env: process.env, user: process.getuid?.() })
  if (missing !== null) return { missing }
  const path = installed()
  if (path !== null) return { path }
  if (!existsSync(folder)) return { missing: 'Electron is not installed.' }
  note('Downloading Electron (once) ...')
  const problem = await download()
  const now = installed()
  return now !== null
    ? { path: now }
    : { missing: `Electron could not be downloaded (${problem ?? 'no reason given'}).` }
}

function installed(): string | null {
  const record = join(folder, 'path.txt')
  if (!existsSync(record)) return null
  const path = join(folder, 'dist', readFileSync(record, 'utf8').trim())
  return existsSync(path) ? path : null
}

/** Runs the package's own installer, which checks what it gets. Returns what went wrong. */
function download(): Promise<string | null> {
  return new Promise((done) => {
    const child = spawn(process.execPath, [join(folder, 'install.js')], { stdio: ['ignore', 'ignore', 'pipe'] })
    const patience = setTimeout(() => child.kill(), DOWNLOAD_MS)
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-4000)))
    child.on('error', (error) => (said = error.message))
    child.on('close', (code) => {
      clearTimeout(patience)
      const line = said.split('\n').find((text) => /error/i.test(text)) ?? said.split('\n')[0]
      done(code === 0 ? null : line?.trim().replace(/\.$/, '') || 'it took too long')
    })
  })
}

interface Ended {
  readonly code: number
  readonly early: boolean
  readonly how: string
}

/** Runs the studio until its window is closed. An interrupt is passed on; a second one does not wait. */
export function runElectron(path: string, data: string | undefined): Promise<Ended> {
  const began = performance.now()
  const env = { ...process.env, ...(data === undefined ? {} : { TANDEM_DATA: resolve(data) }) }
  const child = spawn(path, [projectRoot], { stdio: ['ignore', 'inherit', 'inherit'], env })
  let stopped = false
  onInterrupt(() => {
    child.kill(stopped ? 'SIGKILL' : 'SIGTERM')
    stopped = true
  })
  return new Promise((done) => {
    let failed: string | null = null
    child.on('error', (error) => (failed = error.message))
    child.on('close', (code, signal) => {
      const bad = code !== 0 && !stopped
      const how = failed ?? (signal ? `ended by ${signal}` : `code ${code ?? '?'}`)
      done({ code: stopped ? 130 : (code ?? 1), early: bad && performance.now() - began < EARLY_MS, how })
    })
  })
}
