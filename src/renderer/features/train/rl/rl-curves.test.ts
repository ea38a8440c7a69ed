/** What stands on which chart of a ParaRL run. */
import { expect, it } from 'vitest'
import type { PhaseRow, RlValidationRow, UpdateRow } from '../../../../shared/rl.ts'
import { noRlRows } from '../../../state/rl-rows.ts'
import { rlCharts } from './rl-curves.ts'

const phase = (step: number, numbers: Partial<PhaseRow>): PhaseRow => ({
  kind: 'phase',
  step,
  seconds: step,
  phase: step,
  prompts: [],
  rollouts: [],
  reward: 0.5,
  raw: 0.3,
  final: 0.6,
  length: 12,
  entropy: 0.2,
  distinct: 0.75,
  klReference: 0,
  parts: { rollouts: 1, rewards: 1, likelihood: 1 },
  ...numbers,
})
const update: UpdateRow = {
  kind: 'update',
  step: 1,
  seconds: 1,
  phase: 0,
  inner: 0,
  objective: 0,
  klOld: 0.01,
  klReference: 0.02,
  clipFraction: 0.03,
  ratio: { mean: 1, low: 1, high: 1 },
  tokens: 1,
  learningRate: 1e-4,
  gradientNorm: 4,
  took: 1,
}
const validation: RlValidationRow = {
  kind: 'validation',
  step: 2,
  seconds: 2,
  reward: 0.5,
  raw: 0.3,
  judge: { output_alignment: 70, image_alignment: 80, text_alignment: null },
}
const charts = rlCharts({
  ...noRlRows,
  phases: [phase(0, { reward: 0.4, raw: 0.1, final: 0.2 }), phase(1, { reward: null, raw: 0.2, final: 0.9 })],
  updates: [update],
  validations: [validation],
})
/** By line, what a chart has at each step. */
const linesOf = (id: string): Record<string, [number, number | null][]> =>
  Object.fromEntries(
    charts
      .find((chart) => chart.id === id)!
      .lines.map(({ label, x, y }) => [label, x.map((step, i): [number, number | null] => [step, y[i]!])]),
  )

it('has reward, its mark, the judge, KL, clip fraction, entropy, diversity, length and gradient, a chart each', () => {
  expect(charts.map(({ id }) => id)).toEqual('reward raw judge kl clip entropy distinct length gradient'.split(' '))
})

it('draws what rows say, with a gap where nothing could be marked', () => {
  expect(linesOf('reward')).toMatchObject({
    'sampled steps, raw': [
      [0, 0.4],
      [1, null],
    ],
    'final, raw': [
      [0, 0.2],
      [1, 0.9],
    ],
  })
  expect(linesOf('raw')['mark, raw']).toEqual([
    [0, 0.1],
    [1, 0.2],
  ])
  expect(linesOf('kl')).toEqual({ 'to old': [[1, 0.01]], 'to the start': [[1, 0.02]] })
  expect(linesOf('clip')).toEqual({ clipped: [[1, 0.03]] })
  expect(linesOf('gradient')).toEqual({ norm: [[1, 4]] })
  expect(linesOf('judge')).toEqual({
    'output alignment': [[2, 70]],
    'image alignment': [[2, 80]],
    'text alignment': [[2, null]],
  })
  expect(linesOf('entropy')['entropy, raw']).toEqual([
    [0, 0.2],
    [1, 0.2],
  ])
  expect(linesOf('distinct')['different, raw']?.[0]).toEqual([0, 0.75])
  expect(linesOf('length')['tokens, raw']?.[0]).toEqual([0, 12])
})

it('smooths what every phase draws anew, between the raw values', () => {
  const last = linesOf('reward')['final']!.at(-1)![1]!
  expect(last).toBeGreaterThan(0.2)
  expect(last).toBeLessThan(0.9)
})
