/** What judging is said to cost before anything is sent. */
import { expect, test } from 'vitest'
import { describeEstimate, estimateCost, sumEstimates } from './cost.ts'
import { judgeIdentity } from './judge.ts'

const edit = { task: 'edit' as const, instruction: 'remove the dog' }
const draw = { task: 'generation' as const, instruction: 'draw' }
const judge = { host: 'h', model: 'm', concurrency: 4, prices: { input: 1, output: 10 } }

test('every question is counted once, and multiplied by the prices', () => {
  const estimate = estimateCost([edit, edit, draw], true, judge)
  expect(estimate.requests).toBe(6 + 6 + 5)
  expect(estimate.usd).toBeCloseTo((estimate.input_tokens + 10 * estimate.output_tokens) / 1e6, 4)
  const unpriced = estimateCost([edit, edit, draw], true, { ...judge, prices: undefined })
  expect([unpriced.usd, unpriced.most.usd]).toEqual([null, null])
  expect(judgeIdentity('m', 'h')).toBe('m at h, prompts 1')
})

test('the most is three answers a question, thirty requests an answer, and once more in plain words', () => {
  const { requests, most, usd, input_tokens } = estimateCost([edit, draw], true, judge)
  expect(most.requests).toBe(90 * requests + 4)
  expect(most.output_tokens).toBe(400 * most.requests)
  // Asking again sends the answer that could not be read along.
  expect(most.input_tokens).toBeGreaterThan(90 * input_tokens + 60 * requests * 500)
  expect(most.usd).toBeGreaterThan(90 * usd!)
  expect(estimateCost([], true, judge)).toMatchObject({ requests: 0, most: { requests: 0, usd: 0 } })
})

test('several runs add up', () => {
  const [thinking, without] = [estimateCost([edit, draw], true, judge), estimateCost([edit, draw], false, judge)]
  const sum = sumEstimates([thinking, thinking, without])
  expect(sum.requests).toBe(2 * 11 + 5)
  expect(sum.most.requests).toBe(2 * thinking.most.requests + without.most.requests)
  expect(sum.usd).toBeCloseTo(2 * thinking.usd! + without.usd!, 3)
})

test('the sentence says which number is which', () => {
  const said = describeEstimate(estimateCost([edit], true, judge))
  expect(said).toMatch(
    /^h \(m\) will be sent .* about 6 requests without repeats, .* USD\. The most, .* 544 requests, .* USD\.$/,
  )
  expect(describeEstimate(estimateCost([edit], true, { ...judge, prices: undefined }))).toMatch(/Give --price-in/)
})
