/** Rows of a ParaRL run as the screen folds them. */
import { describe, expect, test } from 'vitest'
import type { RlRow } from '../../shared/rl.ts'
import { judgeChange, noRlRows, tint, withRlRows } from './rl-rows.ts'

const update = (step: number, objective: number): RlRow => ({
  kind: 'update',
  step,
  seconds: step,
  phase: 0,
  inner: 0,
  objective,
  klOld: 0,
  klReference: 0,
  clipFraction: 0,
  ratio: { mean: 1, low: 1, high: 1 },
  tokens: 1,
  learningRate: 1e-4,
  gradientNorm: 1,
  took: 1,
})
const validation = (step: number, score: number | null): RlRow => ({
  kind: 'validation',
  step,
  seconds: step,
  reward: 0.5,
  raw: 0.3,
  judge: { output_alignment: score },
})

describe('rows of a run', () => {
  test('a step that is written twice counts once, the later one', () => {
    const rows = withRlRows(withRlRows(noRlRows, [update(1, 0.1), update(2, 0.2)]), [update(2, 0.9), update(3, 0.3)])
    expect(rows.updates.map(({ step, objective }) => [step, objective])).toEqual([
      [1, 0.1],
      [2, 0.9],
      [3, 0.3],
    ])
  })

  test('a change of the judge needs two validations with a number', () => {
    const of = (...scores: (number | null)[]): number | null =>
      judgeChange(
        withRlRows(
          noRlRows,
          scores.map((score, i) => validation(i, score)),
        ).validations,
        'output_alignment',
      )
    expect([of(), of(50), of(50, null), of(50, 55.5), of(50, 40, 48)]).toEqual([null, null, null, 5.5, -2])
  })

  test('the colour of an advantage is in the middle at 0 and at an end from two deviations on', () => {
    expect([-9, -2, 0, 1, 2, 9].map(tint)).toEqual([-1, -1, 0, 0.5, 1, 1])
  })
})
