/** Votes: shares and intervals, Bradley-Terry, and agreement with judges, against numbers worked out by hand. */
import { describe, expect, test } from 'vitest'
import type { Vote, VotedPair } from '../../shared/bench-read.ts'
import type { Judged } from './group.ts'
import { cohensKappa, reportVotes } from './votes.ts'

const votes = (...list: Vote[]): VotedPair[] => list.map((vote, i) => ({ id: `p${i}`, seed: 1, vote }))
const judged = (...values: (number | null)[]): Judged[] =>
  values.map((value, i) => ({
    id: `p${i}`,
    seed: 1,
    category: 'Spatial',
    heldOut: false,
    scores: {
      text_quality: null,
      text_alignment: null,
      image_consistency: null,
      image_alignment: value,
      image_quality: value,
      output_alignment: null,
    },
  }))
const category = (id: string): string => (id === 'p0' ? 'Causal' : 'Spatial')

describe('votes', () => {
  test('count a tie and "both bad" as half a win for each', () => {
    const { overall, categories } = reportVotes(votes('a', 'b', 'b', 'tie', 'both-bad'), category, [])
    expect(overall).toMatchObject({ pairs: 5, prompts: 5, a: 1, b: 2, tie: 1, both_bad: 1, win_rate: { value: 0.6 } })
    expect(overall.win_rate.low).toBeLessThan(0.6)
    expect(overall.win_rate.high).toBeGreaterThan(0.6)
    expect(categories).toMatchObject({ Causal: { pairs: 1, a: 1 }, Spatial: { pairs: 4, b: 2 } })
  })

  test('have an interval over prompts: seeds of one prompt say no more than one of them', () => {
    const seeds = (n: number): VotedPair[] =>
      ['p0', 'p1'].flatMap((id) =>
        Array.from({ length: n }, (_, seed) => ({ id, seed, vote: id === 'p0' ? ('a' as const) : ('b' as const) })),
      )
    expect(reportVotes(seeds(40), category, []).overall.win_rate).toEqual(
      reportVotes(seeds(1), category, []).overall.win_rate,
    )
  })

  test('become points of strength: 10 to 1 are 400, even is 0, a clean sweep is none', () => {
    const swept = reportVotes(votes('b', 'b'), category, [])
    expect(swept.elo).toBeNull()
    const eleven = votes(...Array.from({ length: 10 }, (): Vote => 'b'), 'a')
    expect(reportVotes(eleven, category, []).elo?.value).toBe(400)
    expect(reportVotes(votes('a', 'b'), category, []).elo?.value).toBe(0)
  })

  test('agree with a judge as often as it prefers the same; answers it did not mark are left out', () => {
    const judge = { judge: 'exact 1', a: judged(50, 50, 50, 50), b: judged(80, 20, 50) }
    const { agreement } = reportVotes(votes('b', 'b', 'tie', 'a'), category, [judge])
    // Person b, b, neither; judge b, a, neither: 2 of 3 alike, by chance 2/3*1/3 + 0*1/3 + 1/3*1/3 = 1/3.
    expect(agreement).toEqual([{ judge: 'exact 1', pairs: 3, same: 0.6667, kappa: 0.5, correlation: 0 }])
  })
})

describe("Cohen's kappa", () => {
  test.each([
    ['of the textbook table 20, 5, 10, 15', [20, 5, 10, 15], 0.4],
    ['of perfect agreement', [7, 0, 0, 3], 1],
    ['of the opposite', [0, 5, 5, 0], -1],
  ])('%s', (_name, [yy, yn, ny, nn], wanted) => {
    const said = [
      ...Array.from({ length: yy! }, () => ['y', 'y'] as const),
      ...Array.from({ length: yn! }, () => ['y', 'n'] as const),
      ...Array.from({ length: ny! }, () => ['n', 'y'] as const),
      ...Array.from({ length: nn! }, () => ['n', 'n'] as const),
    ]
    expect(cohensKappa(said)).toBeCloseTo(wanted, 6)
  })

  test('says nothing where both always say the same one thing', () => {
    expect(cohensKappa([['y', 'y']])).toBeNull()
    expect(cohensKappa([])).toBeNull()
  })
})
