/** The real application in a real Electron, under a virtual display, on a data folder of its own. */
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openDisplay } from './display.ts'
import { root, testElectron } from './electron-launch.ts'

export interface ElectronStudio {
  readonly app: ElectronApplication
  readonly page: Page
  readonly data: string
  /** What the page wrote to its console as errors, policy violations included. */
  readonly errors: readonly string[]
  /** What the main process and the service wrote. */
  said(): string
  close(): Promise<void>
}

/** Opens the studio. The data folder is the caller's, or a new one that goes with it. */
export async function openInElectron(options: { data?: string } = {}): Promise<ElectronStudio> {
  const electron = await testElectron()
  const display = await openDisplay()
  const data = options.data ?? (await mkdtemp(join(tmpdir(), 'tandem-e2e-')))
  const app = await _electron.launch({
    executablePath: electron.executablePath,
    args: [...electron.driven, ...electron.args, root],
    env: { ...environment(), TANDEM_DATA: data, DISPLAY: display.name },
  })
  let said = ''
  const hear = (chunk: Buffer): void => void (said += chunk.toString())
  app.process().stdout?.on('data', hear)
  app.process().stderr?.on('data', hear)
  const errors: string[] = []
  app.on('window', (opened) => {
    opened.on('console', (message) => message.type() === 'error' && errors.push(message.text()))
    opened.on('pageerror', (error) => errors.push(error.message))
    // Dialogs are caught as long as somebody listens: whoever began with the key that opens one could be too late.
    opened.on('filechooser', () => undefined)
  })
  const page = await app.firstWindow()
  return {
    app,
    page,
    data,
    errors,
    said: () => said,
    async close() {
      // One that was killed is closed already, and its display must go all the same.
      await app.close().catch(() => undefined)
      display.close()
      if (options.data === undefined) await rm(data, { recursive: true, force: true, maxRetries: 10 })
    },
  }
}

/** Without what vitest puts there for itself. */
function environment(): Record<string, string> {
  const { NODE_OPTIONS: _options, VITEST: _vitest, NODE_ENV: _env, ...rest } = process.env
  return Object.fromEntries(Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined))
}
