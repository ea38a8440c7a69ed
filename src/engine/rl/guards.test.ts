/** What is looked for while a policy is trained, and the choice of its prompts. */
import { describe, expect, test } from 'vitest'
import type { RlValidationRow } from '../../shared/rl.ts'
import { diversityFell, endFell, judgeFell, klPassed } from './guards.ts'
import { hardest, promptsOfPhase } from './prompts.ts'
import { wholeSentences } from './reward-oracle.ts'
import { measureScale, standardise, toRewards } from './reward.ts'

const row = (reward: number | null, mean: number | null): RlValidationRow => ({
  kind: 'validation',
  step: 0,
  seconds: 0,
  reward,
  raw: null,
  judge: mean === null ? null : { mean },
})

test.each([
  ['the reward rose and the judge fell', row(0.4, 80), row(0.6, 70), 5, true],
  ['both rose', row(0.4, 80), row(0.6, 85), 5, false],
  ['both fell', row(0.6, 80), row(0.4, 70), 5, true],
  ['the reward stood still and the judge fell', row(0.6, 80), row(0.6, 70), 5, true],
  ['the judge fell by less than was said', row(0.4, 80), row(0.6, 76), 5, false],
  ['nobody wants to know', row(0.4, 80), row(0.6, 10), null, false],
  ['there is no judge', row(0.4, null), row(0.6, null), 5, false],
  ['there is no reward', row(null, 80), row(0.6, 10), 5, false],
])('a fall of the judge: %s', (_what, first, now, fall, found) => {
  const finding = judgeFell(first, now, { judgeFall: fall })
  expect(finding !== null).toBe(found)
  if (!finding) return
  expect(finding).toMatchObject({ code: 'judge-fell', stops: true })
  const rose = now.reward! > first.reward!
  expect(finding.message).toContain(rose ? "the reward's weaknesses" : 'makes the model worse')
})

describe('the end of a run that gets worse while its way gets better', () => {
  const rewards = (...of: (number | null)[]): { reward: number | null }[] => of.map((reward) => ({ reward }))
  const rising = rewards(0.5, 0.5, 0.5, 0.5, 0.5, 0.6, 0.6, 0.6, null, 0.6)
  test('is told once, where both are true', () => {
    expect(endFell(rewards(0.7, 0.6), rising)).toMatchObject({ code: 'end-fell', stops: false })
    expect(endFell(rewards(0.7, 0.6), rising)?.message).toMatch(/rose by 0\.100 .* fell by 0\.100/)
    expect(endFell(rewards(0.7, 0.6, 0.5), rising)).toBeNull()
  })
  test.each([
    ['the end holds', rewards(0.7, 0.68), rising],
    ['the way does not get better', rewards(0.7, 0.5), rising.toReversed()],
    ['there are few phases', rewards(0.7, 0.5), rising.slice(0, 9)],
    ['nothing was marked', rewards(null, 0.5), rising],
    ['no phase was marked', rewards(0.7, 0.5), rising.map(() => ({ reward: null }))],
  ])('is not told where %s', (_what, validations, phases) => {
    expect(endFell(validations, phases)).toBeNull()
  })
})

test('the KL ceiling stops past it, not at it, and not where there is none', () => {
  expect(klPassed({ klReference: 0.5 }, { klCeiling: 0.5 })).toBeNull()
  expect(klPassed({ klReference: 0.51 }, { klCeiling: 0.5 })).toMatchObject({ code: 'kl-ceiling', stops: true })
  expect(klPassed({ klReference: 9 }, { klCeiling: null })).toBeNull()
})

test('a fall of variety is said once, after three phases of it', () => {
  const said = [1, 0.2, 0.2, 0.2, 0.2, 1, 0.2, 0.2, 0.2].map(
    (_, i, all) =>
      diversityFell(
        all.slice(0, i + 1).map((distinct) => ({ distinct })),
        { distinctFloor: 0.25 },
      ) !== null,
  )
  expect(said).toEqual([false, false, false, true, false, false, false, false, true])
})

describe('the hardest prompts', () => {
  test.each([
    ['the worst tenth', [5, 1, 9, 0, 7, 6, 8, 4, 3, 2], 0.1, 1, [3]],
    ['at least a phase of them', [5, 1, 9, 0], 0.1, 2, [1, 3]],
    ['those without a mark first', [5, NaN, 9, 0], 0.25, 1, [1]],
    ['the earlier of equals', [1, 1, 1, 1], 0.5, 1, [0, 1]],
    ['all where all are asked for', [3, 2], 1, 1, [0, 1]],
  ])('are %s', (_what, marks, share, least, chosen) => {
    expect(hardest(marks, share, least)).toEqual(chosen)
  })
})

test('phases go through all prompts before any comes again, in a new order each time', () => {
  const asked = Array.from({ length: 6 }, (_, phase) => promptsOfPhase(6, phase, 4, 1)).flat()
  for (let epoch = 0; epoch < 4; epoch++)
    expect([...asked.slice(6 * epoch, 6 * epoch + 6)].sort()).toEqual([0, 1, 2, 3, 4, 5])
  expect(promptsOfPhase(2, 5, 4, 1).sort()).toEqual([0, 1])
})

describe('a reward', () => {
  test.each([
    [0.3, 0.5],
    [0.4, 1],
    [0.9, 1],
    [0.25, 0.25],
    [-1, 0],
  ])('of cosine %s with mean 0.3 and deviation 0.1 is %s', (c, expected) => {
    expect(standardise(c, { mean: 0.3, deviation: 0.1 })).toBeCloseTo(expected, 12)
  })
  test('is missing where the mark is not a number, and clipped where it needs no scale', () => {
    expect(
      toRewards([0.5, NaN, Infinity], [1, 2, 3], { standardised: true }, () => ({ mean: 0, deviation: 1 })),
    ).toEqual([0.75, null, null])
    expect(toRewards([0.5, 1.2, NaN], [1, 2, 3], { standardised: false }, () => null)).toEqual([0.5, 1, null])
  })
  test('has a scale only where its marks differ', () => {
    expect(measureScale([1, 3, NaN])).toEqual({ mean: 2, deviation: 1 })
    expect(measureScale([2, 2])).toBeNull()
    expect(measureScale([NaN, 1])).toBeNull()
  })
})

test.each([
  ['now a1 has the cat . now _ is empty .', 'now a1 has the cat .'],
  ['now _ has the cat . now a2 is empty .', 'now a2 is empty .'],
  ['now a1 has the', 'now a1 has the'],
  ['now a1 has the cat . now a2 _', 'now a1 has the cat .'],
  ['_ _ _', ''],
])('an oracle hears of "%s" only "%s"', (text, heard) => {
  expect(wholeSentences(text.split(' ').map((word) => (word === '_' ? null : word)))).toBe(heard)
})
