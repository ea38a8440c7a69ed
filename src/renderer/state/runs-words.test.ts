import { describe, expect, it } from 'vitest'
import type { RunSettings } from '../../shared/studio.ts'
import { canContinue, duration, paceWords, scaleWords, standing, stepWords, when } from './runs-words.ts'

describe('words for runs', () => {
  it('say a duration as people do', () => {
    expect(duration(40)).toBe('0.0 s')
    expect(duration(1234)).toBe('1.2 s')
    expect(duration(12_400)).toBe('12 s')
    expect(duration(200_000)).toBe('3 min 20 s')
    expect(duration(3_900_000)).toBe('1 h 5 min')
  })
  it('say what a step takes beside what is left, and nothing before there is a pace', () => {
    expect([4.26, 213, 1234, 12_400].map(stepWords)).toEqual(['4.3 ms/step', '210 ms/step', '1.2 s/step', '12 s/step'])
    expect(paceWords({ stepMs: 213, etaMs: 2400 })).toBe(', 210 ms/step, 2.4 s left')
    expect(paceWords({ stepMs: null, etaMs: null })).toBe('')
  })
  it('say what the box becomes', () => {
    expect(scaleWords({ width: 512, height: 512 }, 128)).toBe('Box 512 × 512 → 128 × 128 model px, 4× smaller')
    expect(scaleWords({ width: 128, height: 128 }, 128)).toMatch(/1:1$/)
    expect(scaleWords({ width: 64, height: 32 }, 128)).toMatch(/2× larger, stretched$/)
  })
  it.each([
    ['cancelled', 5, false, 'Stopped at step 5 of 16', true],
    ['cancelled', 5, true, 'Stopped at once at step 5 of 16', true],
    ['cancelled', 0, false, 'Stopped before its first step', true],
    ['failed', 3, true, 'Failed at step 3 of 16', true],
    // What it was given was wrong: going on would fail again.
    ['failed', 0, false, 'Failed before its first step', false],
    ['done', 16, false, 'Done', false],
  ] as const)('say of one that is %s at step %i how it stands, and whether it can go on', (...row) => {
    const [state, step, stoppedAtOnce, words, goesOn] = row
    const settings = { steps: 16 } as RunSettings
    expect(standing({ state, step, stoppedAtOnce, settings })).toBe(words)
    expect(canContinue({ state, step, imported: false })).toBe(goesOn)
    expect(canContinue({ state, step, imported: true })).toBe(false)
  })
  it('say when something was', () => {
    const now = new Date(2026, 4, 6, 12, 0).getTime()
    expect(when(now - 20_000, now)).toBe('just now')
    expect(when(now - 5 * 60_000, now)).toBe('5 min ago')
    expect(when(now - 3 * 3_600_000, now)).toBe('09:00')
    expect(when(now - 48 * 3_600_000, now)).toBe('4 May 12:00')
  })
})
