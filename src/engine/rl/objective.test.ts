/** The objective as formulas: slopes against finite differences, clipping, advantages, and what happens at their edges. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { advantages, clippedTerm, klTerm } from './objective.ts'

const logp = fc.double({ min: -6, max: 0, noNaN: true })
const advantage = fc.double({ min: -3, max: 3, noNaN: true })
const H = 1e-6

describe('the clipped term', () => {
  test('has the slope of its value, away from its two kinks', () => {
    fc.assert(
      fc.property(logp, logp, advantage, fc.double({ min: 0.05, max: 0.5, noNaN: true }), (at, old, a, range) => {
        const ratio = Math.exp(at - old)
        fc.pre(Math.min(Math.abs(ratio - 1 - range), Math.abs(ratio - 1 + range)) > 1e-4 && ratio < 50)
        const value = (x: number): number => clippedTerm(x, old, a, range).value
        const slope = (value(at + H) - value(at - H)) / (2 * H)
        expect(clippedTerm(at, old, a, range).slope).toBeCloseTo(slope, 3)
      }),
    )
  })
  test('at the policy that made the rollouts is the plain policy gradient: ratio 1, slope A', () => {
    fc.assert(
      fc.property(logp, advantage, (at, a) => {
        expect(clippedTerm(at, at, a, 0.2)).toEqual({ value: a, slope: a, ratio: 1, clipped: false })
      }),
    )
  })
  test.each([
    ['good and already likelier', 1.5, 2, { value: 2.4, slope: 0, clipped: true }],
    ['good and less likely', 0.5, 2, { value: 1, slope: 1, clipped: false }],
    ['bad and already less likely', 0.5, -2, { value: -1.6, slope: 0, clipped: true }],
    ['bad and likelier', 1.5, -2, { value: -3, slope: -3, clipped: false }],
  ])('of a token that was %s', (_what, ratio, a, expected) => {
    const term = clippedTerm(Math.log(ratio) - 1, -1, a, 0.2)
    expect(term.clipped).toBe(expected.clipped)
    expect(term.value).toBeCloseTo(expected.value, 10)
    expect(term.slope).toBeCloseTo(expected.slope, 10)
  })
})

describe('the KL term', () => {
  test('is never negative, 0 where both agree, and has the slope of its value', () => {
    fc.assert(
      fc.property(logp, logp, (at, held) => {
        const term = klTerm(at, held)
        expect(term.value).toBeGreaterThanOrEqual(0)
        expect(klTerm(at, at)).toEqual({ value: 0, slope: 0 })
        fc.pre(held - at < 4)
        const slope = (klTerm(at + H, held).value - klTerm(at - H, held).value) / (2 * H)
        expect(term.slope).toBeCloseTo(slope, 3)
      }),
    )
  })
  test('over tokens drawn from the policy has the mean KL(pi || held)', () => {
    const pi = [0.5, 0.3, 0.2]
    const held = [0.2, 0.2, 0.6]
    const kl = pi.reduce((sum, p, i) => sum + p * Math.log(p / held[i]!), 0)
    const estimate = pi.reduce((sum, p, i) => sum + p * klTerm(Math.log(p), Math.log(held[i]!)).value, 0)
    expect(estimate).toBeCloseTo(kl, 12)
  })
})

describe('advantages of a group', () => {
  test('have mean 0 and deviation 1', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 2, maxLength: 16 }), (rewards) => {
        const { values, flat } = advantages(rewards)
        fc.pre(!flat)
        const n = values.length
        expect(values.reduce((a: number, v) => a + v!, 0) / n).toBeCloseTo(0, 9)
        expect(values.reduce((a: number, v) => a + v! ** 2, 0) / n).toBeCloseTo(1, 9)
      }),
    )
  })
  test('are those of a group that differs by the floor, where it differs by less', () => {
    const shallow = [0.5, 0.52, 0.48]
    const { values, flat } = advantages(shallow, 0.2)
    expect(flat).toBe(false)
    values.forEach((v, i) => expect(v).toBeCloseTo((shallow[i]! - 0.5) / 0.2, 12))
    expect(advantages([0, 1], 0.2)).toEqual(advantages([0, 1]))
  })
  test.each([
    ['identical rewards', [0.5, 0.5, 0.5], [0, 0, 0], true],
    ['one rollout without a mark', [1, null, 0], [1, null, -1], false],
    ['one mark alone', [0.3, null, null], [0, null, null], true],
    ['no mark at all', [null, null], [null, null], true],
  ])('with %s', (_what, rewards, values, flat) => {
    expect(advantages(rewards)).toEqual({ values, flat })
  })
})
