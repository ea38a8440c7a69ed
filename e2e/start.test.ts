/** `npm start` where there is no window: the same studio in the browser, with the reason and the link. */
import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { root } from './electron-launch.ts'

let data: string
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'tandem-start-'))
})
afterEach(() => rm(data, { recursive: true, force: true, maxRetries: 10 }))

/** Runs it until the link is printed, then presses Ctrl-C. */
async function start(args: readonly string[]): Promise<{ code: number | null; out: string; err: string }> {
  const { DISPLAY: _x, WAYLAND_DISPLAY: _w, ...env } = process.env
  const script = [join(root, 'scripts', 'start.mjs'), '--data', data, '--port', '0', ...args]
  const child = spawn(process.execPath, script, { stdio: ['ignore', 'pipe', 'pipe'], env })
  const text = { out: '', err: '' }
  child.stderr.on('data', (chunk: Buffer) => (text.err += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => {
    text.out += chunk.toString()
    if (text.out.includes('token=')) child.kill('SIGINT')
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, ...text }
}

describe('npm start', () => {
  it.skipIf(process.platform !== 'linux')('without a display says so and serves the browser', async () => {
    const { code, out, err } = await start([])
    expect(code).toBe(0)
    expect(err).toContain('There is no display here. The studio opens in the browser instead.')
    expect(out).toMatch(/http:\/\/127\.0\.0\.1:\d+\/\?token=\S{43}/)
  })

  it('--browser serves the browser as asked', async () => {
    const { code, err } = await start(['--browser'])
    expect(code).toBe(0)
    expect(err).toContain('As you asked')
  })
})
