/** A reward that takes too long, and one that is not waited for. */
import { expect, test } from 'vitest'
import { createMarker } from './mark.ts'
import type { Pair } from './pairs.ts'

const pairs = (count: number): Pair[] =>
  Array.from({ length: count }, () => ({ words: [], rgb: new Uint8Array(3), size: 1, sample: null }))

/** Marks with 1, and every call takes so many seconds of the clock. */
function slow(seconds: number): { mark: (of: readonly Pair[]) => Promise<number[]>; now: () => number; calls: number } {
  let clock = 0
  const made = {
    calls: 0,
    now: () => clock,
    mark(of: readonly Pair[]) {
      clock += seconds
      made.calls++
      return Promise.resolve(of.map(() => 1))
    },
  }
  return made
}

test('a reward in time marks every pair, over several calls', async () => {
  const reward = slow(1)
  const marker = createMarker(reward, { limit: 10, now: reward.now })
  expect(await marker.mark(pairs(40))).toEqual(Array(40).fill(1))
  expect(await marker.mark(pairs(3))).toEqual([1, 1, 1])
  expect([marker.asked, marker.late]).toEqual([43, false])
})

test('what is left when its time is up has no number, and it is not asked again', async () => {
  const reward = slow(6)
  const marker = createMarker(reward, { limit: 10, now: reward.now })
  const marks = await marker.mark(pairs(64))
  expect(marks.filter((mark) => mark === 1)).toHaveLength(32)
  expect(marks.slice(32).every(Number.isNaN)).toBe(true)
  expect(await marker.mark(pairs(1))).toEqual([NaN])
  expect([marker.asked, marker.late, reward.calls]).toEqual([32, true, 2])
})

test('a stop is heard between two calls', async () => {
  const stop = new AbortController()
  const reward = slow(1)
  const mark = (of: readonly Pair[]): Promise<number[]> => {
    stop.abort()
    return reward.mark(of)
  }
  const marker = createMarker({ mark }, { limit: 10, now: reward.now, signal: stop.signal })
  await expect(marker.mark(pairs(32))).rejects.toBe(stop.signal.reason)
  expect(reward.calls).toBe(1)
})
