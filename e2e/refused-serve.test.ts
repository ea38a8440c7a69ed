/** `tandem serve` on data it cannot use: it says why in the terminal, leaves it as it is, and ends with a code. */
import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startServe } from './browser.ts'
import { root } from './electron-launch.ts'

describe('tandem serve that cannot use its data', () => {
  let work: string
  beforeAll(async () => {
    work = await mkdtemp(join(tmpdir(), 'tandem-refused-'))
  })
  afterAll(() => rm(work, { recursive: true, force: true, maxRetries: 10 }))

  async function serve(data: string): Promise<{ readonly said: string; readonly code: number | null }> {
    const cli = join(root, 'dist', 'main', 'cli.js')
    const child = spawn(process.execPath, [cli, 'serve', '--port', '0', '--data', data], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (said += chunk.toString()))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    return { said, code }
  }

  it('of a newer studio says so', async () => {
    const data = join(work, 'newer')
    await mkdir(data)
    const database = new DatabaseSync(join(data, 'studio.db'))
    database.exec('create table later (x); pragma user_version = 9999')
    database.close()
    const { said, code } = await serve(data)
    expect(said).toMatch(/The projects here were written by a newer version of Tandem Studio\.\s+Update the studio/)
    expect(said).not.toContain('http')
    expect(code).toBe(2)
  })

  it('of a studio that is open says so, and disturbs nobody', async () => {
    const data = join(work, 'open')
    const first = await startServe({ data })
    try {
      const { said, code } = await serve(data)
      expect(said).toMatch(/Another Tandem Studio has these projects open\. Use that one/)
      expect(code).toBe(2)
      expect(first.process.exitCode).toBeNull()
    } finally {
      expect(await first.stop()).toBe(0)
    }
  })

  it('where a file stands in the way of its folder says so', async () => {
    await writeFile(join(work, 'a-file'), 'not a folder')
    const { said, code } = await serve(join(work, 'a-file', 'studio'))
    expect(said).toContain('a file stands in its way')
    expect(code).toBe(2)
  })
})
