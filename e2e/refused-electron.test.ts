/** A studio whose data cannot be used: it says why in a window of the system, keeps its hands off, and ends. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { MessageBoxOptions } from 'electron'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDisplay, type Display } from './display.ts'
import { electronMissing, root, testElectron } from './electron-launch.ts'
import { describeWith } from './needs.ts'

/** One that does not end is killed after this long, and has no code. */
const END_MS = 30_000

/** No dialog waits for a hand that is not there: this one answers with the last button, and writes down what it was asked. */
const DOUBLE = `
const { clipboard, dialog } = require('electron')
const { appendFileSync } = require('node:fs')
const say = (entry) => appendFileSync(process.env.TANDEM_SAID, JSON.stringify(entry) + '\\n')
dialog.showMessageBox = async (options) => (say({ asked: options }), { response: options.buttons.length - 1 })
clipboard.writeText = async (text) => say({ copied: text })
`

interface Said {
  readonly asked?: MessageBoxOptions
  readonly copied?: string
}

describeWith(await electronMissing())('an application that cannot use its data', () => {
  let work: string
  let display: Display

  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'tandem-refused-'))
    await writeFile(join(work, 'double.cjs'), DOUBLE)
    display = await openDisplay()
  })
  afterAll(async () => {
    display?.close()
    await rm(work, { recursive: true, force: true, maxRetries: 10 })
  })

  /** Starts on a data folder and waits until the application has ended by itself. */
  async function start(data: string): Promise<{ readonly said: Said[]; readonly code: number | null }> {
    const { executablePath, args } = await testElectron()
    const said = join(work, 'said')
    await writeFile(said, '')
    const env = { ...process.env, TANDEM_DATA: data, TANDEM_SAID: said, DISPLAY: display.name, NODE_OPTIONS: '' }
    const child = spawn(executablePath, ['-r', join(work, 'double.cjs'), ...args, root], { stdio: 'ignore', env })
    const patience = setTimeout(() => child.kill('SIGKILL'), END_MS)
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    clearTimeout(patience)
    const lines = (await readFile(said, 'utf8')).split('\n').filter((line) => line !== '')
    return { said: lines.map((line) => JSON.parse(line) as Said), code }
  }

  it('of a newer studio says so, and leaves it as it is', async () => {
    const data = join(work, 'newer')
    await mkdir(data)
    const version = (): unknown => {
      const database = new DatabaseSync(join(data, 'studio.db'))
      const found = database.prepare('pragma user_version').get()
      database.close()
      return found
    }
    const database = new DatabaseSync(join(data, 'studio.db'))
    database.exec('create table later (x); pragma user_version = 9999')
    database.close()
    const { said, code } = await start(data)
    expect(said).toMatchObject([
      {
        asked: {
          type: 'error',
          message: 'The projects here were written by a newer version of Tandem Studio.',
          detail: 'Update the studio, or choose another data folder.',
          buttons: ['Quit', 'Copy Diagnostics'],
        },
      },
      { copied: expect.stringContaining('written by a newer version') as string },
    ])
    expect(code).toBe(0)
    expect(version()).toEqual({ user_version: 9999 })
  })

  it('whose folder cannot be made says so', async () => {
    const file = join(work, 'a-file')
    await writeFile(file, 'not a folder')
    const data = join(file, 'studio')
    const { said, code } = await start(data)
    expect(said).toMatchObject([
      { asked: { type: 'error', message: `The data folder ${data} cannot be made: a file stands in its way.` } },
      { copied: expect.stringContaining(data) as string },
    ])
    expect(code).toBe(0)
    expect(await readFile(file, 'utf8')).toBe('not a folder')
  })
})
