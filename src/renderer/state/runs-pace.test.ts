import { describe, expect, it } from 'vitest'
import { pacedBy, stepTime, timeLeft, type Pace } from './runs-pace.ts'

const after = (...steps: readonly (readonly [step: number, at: number])[]): Pace | undefined =>
  steps.reduce<Pace | undefined>((pace, [step, at]) => pacedBy(pace, step, at), undefined)

describe('the time left', () => {
  it('is not guessed from one step', () => {
    expect(timeLeft(undefined, 16)).toBeNull()
    expect(timeLeft(after([1, 0]), 16)).toBeNull()
  })
  it('follows the pace so far', () => {
    expect(timeLeft(after([1, 1000], [3, 1400]), 16)).toBe(13 * 200)
    expect(timeLeft(after([15, 0], [16, 100]), 16)).toBe(0)
  })
  it('starts over after a pause or from an earlier step', () => {
    expect(timeLeft(after([1, 0], [2, 100], [3, 60_000]), 16)).toBeNull()
    expect(timeLeft(after([5, 0], [6, 100], [1, 200]), 16)).toBeNull()
  })
})

describe('the time of a step', () => {
  it('is not guessed from one step, and follows the pace so far', () => {
    expect(stepTime(undefined)).toBeNull()
    expect(stepTime(after([1, 0]))).toBeNull()
    expect(stepTime(after([1, 1000], [3, 1400]))).toBe(200)
  })
})
