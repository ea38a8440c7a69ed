/** A process without work ends after a while and gives its memory back; the next question starts another one. */
import { expect, test } from 'vitest'
import { createLanes } from './lanes.ts'

test('the process of a lane ends when it has had nothing to do, and another one serves what comes', async () => {
  const { promise, resolve } = Promise.withResolvers<number | null>()
  const lanes = createLanes({ idleMs: () => 200, onUnloaded: (_, bytes) => resolve(bytes) })
  const ask = (): Promise<unknown> => lanes.ask({ kind: 'model', work: { do: 'list', folders: ['/nonexistent'] } })
  try {
    await ask()
    const first = lanes.pid('interactive')
    expect(first).toBeDefined()
    const bytes = await promise
    if (process.platform === 'linux') expect(bytes).toBeGreaterThan(10e6)
    expect(lanes.pid('interactive')).toBeUndefined()
    await expect.poll(() => alive(first!)).toBe(false)
    await ask()
    expect(lanes.pid('interactive')).not.toBe(first)
  } finally {
    lanes.dispose()
  }
})

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
