/** What is asked of the model: masks as they were, or drawn; and which tokens are counted. */
import { describe, expect, test } from 'vitest'
import { randomRun } from '../../shared/trajectory-fixtures.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { seededRandom } from '../data/random.ts'
import { runAll, fresh } from '../sampler/testing.ts'
import { IMAGE, MASK, runHeader, TEXT } from '../sampler/testing.ts'
import { decodedAt, randomMaskQuery, replayQueries, sequenceBefore } from './likelihood.ts'
import { drawSampledSteps, eligibleSteps } from './sampled-steps.ts'

async function rollout(seed = 1): Promise<Trajectory> {
  const header = runHeader('parallel', { seed, temperatures: { text: 1, image: 1 } })
  return { ...fresh(header), steps: await runAll(fresh(header)) }
}

describe('replayed queries', () => {
  test('ask each sampled step about its own tokens, in the sequence it saw', async () => {
    const trajectory = await rollout()
    const queries = replayQueries(trajectory, [2, 5])
    for (const [at, t] of [2, 5].entries()) {
      const { sequence, tokens } = queries[at]!
      const decoded = decodedAt(trajectory, t)
      expect(tokens.map(({ position }) => position)).toEqual(decoded.positions)
      expect(tokens.every((token) => token.at === at && sequence[token.position] === MASK)).toBe(true)
      // Everything decided before is there, nothing decided later.
      for (const [k, { commits }] of trajectory.steps.entries())
        commits.positions.forEach((p, i) => expect(sequence[p]).toBe(k + 1 < t ? commits.tokens[i] : MASK))
    }
  })
  test('before the first step is the prompt, after the last the whole answer', async () => {
    const trajectory = await rollout()
    expect([...sequenceBefore(trajectory, 1)]).toEqual(trajectory.header.tokens)
    expect([...sequenceBefore(trajectory, 9)]).not.toContain(MASK)
  })
})

describe('a randomly masked query', () => {
  test('always masks the tokens in question, and of the rest a share that is uniform over rollouts', async () => {
    const trajectory = await rollout()
    const final = sequenceBefore(trajectory, 9)
    const outputs = TEXT.length + IMAGE.length
    const shares: number[] = []
    for (let seed = 0; seed < 400; seed++) {
      const { sequence, tokens } = randomMaskQuery(trajectory, [3, 4, 7], seededRandom(seed))
      const asked = new Set(tokens.map(({ position }) => position))
      for (const { position, token } of tokens) {
        expect(sequence[position]).toBe(MASK)
        expect(final[position]).toBe(token)
      }
      let masked = 0
      sequence.forEach((token, p) => {
        if (token === MASK && !asked.has(p)) masked++
        else if (!asked.has(p)) expect(token).toBe(final[p])
      })
      shares.push(masked / (outputs - asked.size))
    }
    const mean = shares.reduce((a, s) => a + s, 0) / shares.length
    expect(mean).toBeCloseTo(0.5, 1)
    expect(shares.filter((s) => s < 0.25).length / shares.length).toBeCloseTo(0.25, 1)
  })
  test('leaves tokens that were given alone', () => {
    const { trajectory } = randomRun({ seed: 3, length: 30, steps: 4, vocabSize: 300, remaskRate: 0, editRate: 0 })
    const { sequence } = randomMaskQuery(trajectory, [1], seededRandom('given'))
    trajectory.header.tokens.forEach((token, p) => {
      if (token !== trajectory.header.maskId) expect(sequence[p]).toBe(token)
    })
  })
})

describe('sampled steps', () => {
  test('are different, ascending, and every step is drawn as often as any other', () => {
    const header = runHeader('parallel', { steps: 8 })
    const counts = new Array<number>(9).fill(0)
    for (let seed = 0; seed < 4000; seed++) {
      const steps = drawSampledSteps(header, 3, 0, seededRandom('steps', seed))
      expect(new Set(steps).size).toBe(3)
      expect([...steps].sort((a, b) => a - b)).toEqual(steps)
      for (const step of steps) counts[step]!++
    }
    // 1500 each; five standard errors are 153.
    for (const count of counts.slice(1)) expect(Math.abs(count - 1500)).toBeLessThan(160)
  })
  test('of a sequential run are those at which there is a picture', () => {
    expect(eligibleSteps(runHeader('sequential', { steps: 8 }))).toEqual([5, 6, 7, 8])
    expect(drawSampledSteps(runHeader('sequential', { steps: 2 }), 3, 0, seededRandom('few'))).toEqual([2])
    const late = runHeader('parallel', { steps: 12 })
    for (let seed = 0; seed < 20; seed++)
      for (const step of drawSampledSteps(late, 3, 0.5, seededRandom('late', seed))) expect(step).toBeGreaterThan(6)
    expect(drawSampledSteps(late, 9, 0.5, seededRandom('all'))).toEqual([7, 8, 9, 10, 11, 12])
  })
})
