/** What a service process inherits: nothing that Chromium waits for. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const module = fileURLToPath(new URL('./inherited.ts', import.meta.url))
const script = `
  await import(${JSON.stringify(module)})
  process.send('ready')
  process.on('message', (message) => process.send(message))
  setTimeout(() => process.exit(), 10_000)
`

describe.runIf(process.platform === 'linux')('a process that was started with a socket of somebody else', () => {
  it('lets go of it and keeps the channel to its parent', async () => {
    // The fifth stream is a socket pair, as the channels of Chromium are.
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc', 'pipe'],
    })
    const next = async (): Promise<unknown> => ((await once(child, 'message')) as unknown[])[0]
    try {
      const other = child.stdio[4] as NodeJS.ReadableStream
      other.resume()
      const ended = once(other, 'end')
      expect(await next()).toBe('ready')
      await ended
      child.send('still here')
      expect(await next()).toBe('still here')
    } finally {
      child.kill('SIGKILL')
    }
  })
})
