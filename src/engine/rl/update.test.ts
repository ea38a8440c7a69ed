/**
 * The gradient of the whole objective on a small model: against finite differences of J itself, at the first inner step
 * against the plain policy gradient, and a policy of two tokens that has to find a known optimum.
 */
import { afterAll, describe, expect, test } from 'vitest'
import { completeRlSettings, type RlSettings } from '../../shared/rl.ts'
import { seededRandom } from '../data/random.ts'
import { modelParameters } from '../model/forward.ts'
import { layOutParameters } from '../model/parameters.ts'
import { allOptions, flatWeights, randomSequence, randomWeights, tinyConfig } from '../model/testing.ts'
import { resolveLayout } from '../model/layout.ts'
import { createLikelihood, likelihoodsOf, type Likelihood } from './likelihood-run.ts'
import type { Query } from './likelihood.ts'
import { isAsked, type Phase } from './phase.ts'
import { objectiveSlopes, updateGradient } from './update.ts'

const config = tinyConfig(allOptions)
const table = layOutParameters(modelParameters(config))
const likelihood = createLikelihood(config, table, { batch: 3, threads: 1 })
afterAll(() => likelihood.dispose())
const tasks = ['edit', 'edit', 'generate', 'edit'] as const

/** Four rollouts of two sampled steps each: random sequences, random tokens, fixed advantages. */
async function phaseOf(old: Float32Array, reference: Float32Array): Promise<Phase> {
  const random = seededRandom('update-test')
  const queries = tasks.map((task, i) =>
    [0, 1].map((at): Query => {
      const layout = resolveLayout(config, task)
      const sequence = randomSequence(config, task, 10 * i + at)
      const tokens = layout.fields.flatMap(({ name, start, length, modality }) => {
        if (name !== 'outputImage' && name !== 'outputText') return []
        return Array.from({ length: 2 }, (_, k) => {
          const position = start + ((at * 2 + k) % length)
          sequence[position] = config.special.mask
          const token =
            modality === 'text'
              ? 1 + random.int(config.textVocabSize - 1)
              : config.image.offset + random.int(config.image.codebookSize)
          return { position, token, at }
        })
      })
      return { sequence, tokens }
    }),
  )
  const rollouts = tasks.map((_, i) => ({
    prompt: 0,
    rollout: i,
    seed: i,
    trajectory: '',
    marks: [0, 1].map((at) => ({
      step: 1 + at,
      raw: 0,
      reward: 0.5,
      advantage: [1.3, -0.4, -1.2, null][(i + at) % 4]!,
      text: 2,
      image: 2,
    })),
    final: 0.5,
    length: 3,
    entropy: 1,
  }))
  const trajectories = tasks.map((task) => ({ header: { task }, steps: [], events: [] }) as never)
  return {
    number: 0,
    prompts: [],
    rollouts,
    trajectories,
    queries,
    old: await likelihoodsOf(likelihood, old, tasks, queries),
    reference: await likelihoodsOf(likelihood, reference, tasks, queries),
    distinct: 1,
    parts: { rollouts: 0, rewards: 0, likelihood: 0 },
  }
}

const GROUP = 64

/** Small enough that no token crosses the kink of its clipped term. */
const STEP = 5e-4

const settings = (part: Partial<RlSettings>): RlSettings => completeRlSettings(part)
const at = flatWeights(config, randomWeights(config, 1))
const near = (seed: number, by: number): Float32Array => {
  const random = seededRandom('near', seed)
  return at.map((w) => w + by * random.normal())
}

describe.each<[string, Partial<RlSettings>]>([
  ['KL to the old policy', { klTo: 'old', klWeight: 0.3 }],
  ['KL to the reference', { klTo: 'reference', klWeight: 0.3 }],
  ['no KL', { klWeight: 0 }],
])('the gradient with %s', (_name, part) => {
  test('agrees with central differences of J', async () => {
    const phase = await phaseOf(near(1, 0.05), near(2, 0.05))
    // The clipped term has kinks, where no difference is right: the range lies as far from every token's ratio as it can.
    const now = await likelihoodsOf(likelihood, at, tasks, phase.queries)
    const away = now.flatMap((own, i) => own!.map((logp, o) => Math.abs(Math.exp(logp - phase.old[i]![o]!) - 1)))
    const gap = (range: number): number => Math.min(...away.map((d) => Math.abs(d - range)))
    const ranges = Array.from({ length: 400 }, (_, i) => 0.1 + i / 1000)
    const clipRange = ranges.reduce((best, range) => (gap(range) > gap(best) ? range : best))
    expect(gap(clipRange)).toBeGreaterThan(0.01)
    const own = settings({ ...part, clipRange })
    const gradient = new Float32Array(table.size).fill(NaN)
    const numbers = await updateGradient(own, likelihood, phase, 1, at, gradient)
    expect(numbers.ratio.low).toBeLessThan(0.95)
    expect(numbers.ratio.high).toBeGreaterThan(1.05)
    expect(numbers.clipFraction).toBeGreaterThan(0)
    const J = async (weights: Float32Array): Promise<number> =>
      objectiveSlopes(own, phase, await likelihoodsOf(likelihood, weights, tasks, phase.queries)).numbers.objective
    const random = seededRandom('direction')
    for (let round = 0; round < 4; round++) {
      const direction = Float64Array.from({ length: table.size }, () => random.normal())
      const difference = async (h: number): Promise<number> => {
        const moved = (sign: number): Float32Array => at.map((w, i) => w + sign * h * direction[i]!)
        const [up, down] = [moved(1), moved(-1)]
        // Less what the gradient expects of the step that single precision made of it.
        let expected = 0
        for (let i = 0; i < up.length; i++) expected -= gradient[i]! * (up[i]! - down[i]!)
        return ((await J(up)) - (await J(down)) - expected) / (2 * h)
      }
      // Richardson: the bend falls with the square of the step.
      const left = (4 * (await difference(STEP)) - (await difference(2 * STEP))) / 3
      expect(Math.abs(left) / Math.hypot(...gradient)).toBeLessThan(5e-3)
    }
  })
})

test('what was not asked before a single update changes nothing of it', async () => {
  const own = settings({ inner: 1, klWeight: 0.5, klTo: 'old', rollouts: 4 })
  const whole = await phaseOf(at, near(2, 0.05))
  const few = <T>(of: readonly T[]): (T | null)[] => of.map((each, i) => (isAsked(own, i) ? each : null))
  const phase = { ...whole, old: few(whole.old), reference: few(whole.reference) }
  expect(phase.old.map((each) => each !== null)).toEqual([true, false, false, false])
  const [all, some] = [new Float32Array(table.size), new Float32Array(table.size)]
  const { klReference: ofAll, ...numbers } = await updateGradient(own, likelihood, whole, 0, at, all)
  const { klReference: ofSome, ...same } = await updateGradient(own, likelihood, phase, 0, at, some)
  expect(some).toEqual(all)
  expect(same).toEqual(numbers)
  expect(ofSome).toBeGreaterThan(0)
  expect(ofSome).not.toBe(ofAll)
})

test('all rollouts are asked where their ratios or their KL count', () => {
  const every = (part: Partial<RlSettings>): boolean =>
    [0, 1, 2, 3, 4, 5, 6, 7].every((i) => isAsked(settings({ rollouts: 8, ...part }), i))
  expect(every({ inner: 2 })).toBe(true)
  expect(every({ inner: 1, klTo: 'reference', klWeight: 0.1 })).toBe(true)
  expect(every({ inner: 1, klTo: 'reference', klWeight: 0 })).toBe(false)
  expect(every({ inner: 1, klTo: 'old' })).toBe(false)
})

test('at the first inner step every ratio is 1 and the gradient is that of the plain policy gradient', async () => {
  const own = settings({ klWeight: 0.5, klTo: 'old' })
  const phase = await phaseOf(at, near(2, 0.05))
  const [first, plain] = [new Float32Array(table.size), new Float32Array(table.size)]
  const numbers = await updateGradient(own, likelihood, phase, 0, at, first)
  expect(numbers).toMatchObject({ ratio: { mean: 1, low: 1, high: 1 }, clipFraction: 0, klOld: 0 })
  // Sum of A / (G s |tau|) d log p, written out without ratio, clip or KL.
  const slopes = phase.rollouts.map(({ marks }, i) =>
    phase.queries[i]!.flatMap(({ tokens }) =>
      tokens.map((t) => (marks[t.at]!.advantage ?? 0) / (4 * 2 * tokens.length)),
    ),
  )
  const part = new Float32Array(table.size)
  for (const [i, task] of tasks.entries()) {
    let from = 0
    for (const query of phase.queries[i]!) {
      const seeds = [slopes[i]!.slice(from, from + query.tokens.length)]
      from += query.tokens.length
      await likelihood.backward(task, [query], seeds, at, part)
      part.forEach((g, k) => (plain[k] = plain[k]! - g))
    }
  }
  const scale = Math.hypot(...plain)
  const difference = Math.hypot(...first.map((g, k) => g - plain[k]!))
  expect(scale).toBeGreaterThan(0)
  expect(difference / scale).toBeLessThan(1e-5)
})

test('what no rollout of a prompt was better or worse at is not propagated, and the gradient is the same', async () => {
  const own = settings({ klTo: 'old' })
  const phase = await phaseOf(at, at)
  const rollouts = phase.rollouts.map((rollout) => ({
    ...rollout,
    marks: rollout.marks.map((mark, k) => ({ ...mark, advantage: k === 0 ? 0 : mark.advantage })),
  }))
  const asked: number[] = []
  const counting: Likelihood = {
    ...likelihood,
    backward(task, queries, seeds, weights, gradient) {
      asked.push(queries.length)
      return likelihood.backward(task, queries, seeds, weights, gradient)
    },
  }
  const [skipped, whole] = [new Float32Array(table.size), new Float32Array(table.size)]
  await updateGradient(own, counting, { ...phase, rollouts }, 0, at, skipped)
  const all = phase.queries.flat().length
  const empty = rollouts.flatMap(({ marks }) => marks).filter(({ advantage }) => (advantage ?? 0) === 0).length
  expect(empty).toBeGreaterThan(0)
  expect(asked.reduce((a, b) => a + b, 0)).toBe(all - empty)
  const part = new Float32Array(table.size)
  for (const [i, task] of tasks.entries())
    for (const [k, query] of phase.queries[i]!.entries()) {
      const { advantage } = rollouts[i]!.marks[k]!
      const weight = (advantage ?? 0) / (rollouts.length * rollouts[i]!.marks.length * query.tokens.length)
      await likelihood.backward(task, [query], [query.tokens.map(() => -weight)], at, part)
      part.forEach((g, j) => (whole[j] = whole[j]! + g))
    }
  const difference = Math.hypot(...skipped.map((g, j) => g - whole[j]!))
  expect(difference / Math.hypot(...whole)).toBeLessThan(1e-5)
})

test('where the sampled steps decided nothing there is no gradient, and every number is one', async () => {
  const phase = await phaseOf(at, at)
  const queries = phase.queries.map((own) => own.map((query) => ({ ...query, tokens: [] })))
  const none = phase.rollouts.map(() => [])
  const gradient = new Float32Array(table.size).fill(1)
  const empty = { ...phase, queries, old: none, reference: none }
  const { ratio, ...numbers } = await updateGradient(settings({}), likelihood, empty, 0, at, gradient)
  expect(ratio).toEqual({ mean: 1, low: 1, high: 1 })
  expect(numbers).toEqual({ objective: 0, klOld: 0, klReference: 0, clipFraction: 0, tokens: 0 })
  expect(gradient.every((g) => g === 0)).toBe(true)
})

test.each([0, 1, 2])('a policy of two tokens reaches the optimum that is known, with a KL of weight %s', (klWeight) => {
  // pi = softmax(theta), p = pi(1); token 1 is rewarded with 1, token 0 with 0. In theta_1 - theta_0 the advantages over a
  // group, (r - mean) / deviation, have the slope sqrt(p (1 - p)) and (7) to the uniform reference has p - 1/2: the optimum
  // is where the one is beta times the other.
  const optimum = 1 / 2 + 1 / (2 * Math.sqrt(1 + klWeight ** 2))
  const own = settings({ klWeight, klTo: 'reference' })
  const reached: number[] = []
  const random = seededRandom('two tokens')
  const theta = [0, 0]
  const logs = (): number[] => {
    const norm = Math.log(Math.exp(theta[0]!) + Math.exp(theta[1]!))
    return theta.map((t) => t - norm)
  }
  for (let phase = 0; phase < 400; phase++) {
    const old = logs()
    const drawn = Array.from({ length: GROUP }, () => (random.next() < Math.exp(old[1]!) ? 1 : 0))
    const mean = drawn.reduce((a: number, t) => a + t, 0) / GROUP
    const deviation = Math.sqrt(mean * (1 - mean))
    const rollouts = drawn.map((token, i) => ({
      prompt: 0,
      rollout: i,
      seed: 0,
      trajectory: '',
      marks: [
        {
          step: 1,
          raw: token,
          reward: token,
          advantage: deviation ? (token - mean) / deviation : 0,
          text: 1,
          image: 0,
        },
      ],
      final: token,
      length: 1,
      entropy: 0,
    }))
    const queries = drawn.map((token) => [{ sequence: new Int32Array(1), tokens: [{ position: 0, token, at: 0 }] }])
    const held = drawn.map((token) => [old[token]!])
    const uniform = drawn.map(() => [Math.log(0.5)])
    for (let inner = 0; inner < 2; inner++) {
      const now = logs()
      const current = drawn.map((token) => [now[token]!])
      const { slopes } = objectiveSlopes(own, { rollouts, queries, old: held, reference: uniform }, current)
      // d log pi(token) / d theta_k = [k = token] - pi(k)
      drawn.forEach((token, i) =>
        theta.forEach(
          (_, k) => (theta[k] = theta[k]! + 0.3 * slopes[i]![0]! * ((k === token ? 1 : 0) - Math.exp(now[k]!))),
        ),
      )
    }
    reached.push(Math.exp(logs()[1]!))
  }
  const last = reached.slice(-100)
  expect(Math.abs(last.reduce((a, p) => a + p, 0) / last.length - optimum)).toBeLessThan(0.02)
})
