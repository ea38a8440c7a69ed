/** A run waits for the screen that watches it, and for nobody else. */
import { expect, test } from 'vitest'
import { Pace } from './pace.ts'

const never = new AbortController().signal

/** Whether it has resolved when everything that was due has happened. */
async function isThrough(waiting: Promise<void>): Promise<boolean> {
  let through = false
  void waiting.then(() => (through = true))
  await new Promise((resolve) => setImmediate(resolve))
  return through
}

test('nobody listens: a run goes as fast as it can', async () => {
  const pace = new Pace()
  expect(await isThrough(pace.after(500, never))).toBe(true)
})

test('a run that is far ahead of its screen goes on when the screen has caught up', async () => {
  const pace = new Pace()
  pace.heard(1)
  expect(await isThrough(pace.after(3, never))).toBe(true)
  const waiting = pace.after(20, never)
  expect(await isThrough(waiting)).toBe(false)
  pace.heard(2)
  expect(await isThrough(waiting)).toBe(false)
  pace.heard(19)
  expect(await isThrough(waiting)).toBe(true)
})

test('a run that is stopped waits no more', async () => {
  const pace = new Pace()
  const stop = new AbortController()
  pace.heard(1)
  const waiting = pace.after(20, stop.signal)
  expect(await isThrough(waiting)).toBe(false)
  stop.abort()
  expect(await isThrough(waiting)).toBe(true)
  expect(await isThrough(pace.after(30, stop.signal))).toBe(true)
})

test('a screen that has fallen silent is waited for once', async () => {
  const pace = new Pace()
  pace.heard(1)
  await pace.after(20, never)
  expect(await isThrough(pace.after(40, never))).toBe(true)
  pace.heard(41)
  expect(await isThrough(pace.after(60, never))).toBe(false)
})
