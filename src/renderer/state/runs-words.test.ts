import { describe, expect, it } from 'vitest'
import { duration, scaleWords, when } from './runs-words.ts'

describe('words for runs', () => {
  it('say a duration as people do', () => {
    expect(duration(40)).toBe('0.0 s')
    expect(duration(1234)).toBe('1.2 s')
    expect(duration(12_400)).toBe('12 s')
    expect(duration(200_000)).toBe('3 min 20 s')
    expect(duration(3_900_000)).toBe('1 h 5 min')
  })
  it('say what the box becomes', () => {
    expect(scaleWords({ width: 512, height: 512 }, 128)).toBe('Box 512 × 512 → 128 × 128 model px, 4× smaller')
    expect(scaleWords({ width: 128, height: 128 }, 128)).toMatch(/1:1$/)
    expect(scaleWords({ width: 64, height: 32 }, 128)).toMatch(/2× larger, stretched$/)
  })
  it('say when something was', () => {
    const now = new Date(2026, 4, 6, 12, 0).getTime()
    expect(when(now - 20_000, now)).toBe('just now')
    expect(when(now - 5 * 60_000, now)).toBe('5 min ago')
    expect(when(now - 3 * 3_600_000, now)).toBe('09:00')
    expect(when(now - 48 * 3_600_000, now)).toBe('4 May 12:00')
  })
})
