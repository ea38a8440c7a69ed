/** What judging is said to cost before anything is sent. */
import { expect, test } from 'vitest'
import { estimateCost } from './cost.ts'
import { judgeIdentity } from './judge.ts'

const edit = { task: 'edit' as const, instruction: 'remove the dog' }

test('the estimate counts every question and multiplies by the prices', () => {
  const cases = [edit, edit, { task: 'generation' as const, instruction: 'draw' }]
  const estimate = estimateCost(cases, true, { host: 'h', model: 'm', prices: { input: 1, output: 10 } })
  expect(estimate.requests).toBe(6 + 6 + 5)
  expect(estimate.usd).toBeCloseTo((estimate.input_tokens + 10 * estimate.output_tokens) / 1e6, 4)
  expect(estimateCost(cases, true, { host: 'h', model: 'm' }).usd).toBeNull()
  expect(judgeIdentity('m', 'h')).toBe('m at h, prompts 1')
})
