/** The optimisers against plain implementations of their papers, and the laws of clipping and schedule. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { layOutParameters, type ParameterSpec } from '../model/parameters.ts'
import { clipGradient, createOptimiser, learningRateAt, type OptimiserConfig } from './optimiser.ts'

const spec = (name: string, shape: number[], role: 'matrix' | 'other'): ParameterSpec => ({
  name,
  shape,
  role,
  init: { normal: 1 },
})
const table = layOutParameters([
  spec('norm', [5], 'other'),
  spec('wide', [3, 4], 'matrix'),
  spec('tall', [4, 3], 'matrix'),
  spec('embedding', [6, 2], 'other'),
  spec('wide2', [3, 4], 'matrix'),
])
const MATRICES = 36
const base: OptimiserConfig = { kind: 'adamw', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.1, momentum: 0.95 }
const rates = [0.01, 0.02, 0.005, 0.01, 0.03, 0.01]

const random = seededRandom('optimiser')
const numbers = (n: number): number[] => Array.from({ length: n }, () => random.normal())
const start = numbers(table.size)
const gradients = rates.map(() => numbers(table.size))

async function run(config: OptimiserConfig): Promise<Float32Array> {
  const optimiser = await createOptimiser(table, config, undefined, 1)
  const weights = Float32Array.from(start)
  for (const [i, rate] of rates.entries()) await optimiser.update(weights, Float32Array.from(gradients[i]!), rate)
  expect(optimiser.state.step).toBe(rates.length)
  await optimiser.dispose()
  return weights
}

/** Loshchilov and Hutter 2019, algorithm 2, one number at a time. */
function plainAdamW(w: number, gs: readonly number[], config: OptimiserConfig, decays: boolean): number {
  let [m, v] = [0, 0]
  gs.forEach((g, i) => {
    m = config.beta1 * m + (1 - config.beta1) * g
    v = config.beta2 * v + (1 - config.beta2) * g * g
    const [mHat, vHat] = [m / (1 - config.beta1 ** (i + 1)), v / (1 - config.beta2 ** (i + 1))]
    w -= rates[i]! * (mHat / (Math.sqrt(vHat) + config.eps) + (decays ? config.weightDecay * w : 0))
  })
  return w
}

const decays = (i: number): boolean =>
  table.spans.some((span) => span.shape.length > 1 && i >= span.offset && i < span.offset + span.size)
const column = (i: number): number[] => gradients.map((g) => g[i]!)

test.each([{}, { weightDecay: 0 }, { beta1: 0, beta2: 0.9 }, { eps: 0.1 }])(
  'AdamW with %o is the paper’s; vectors do not decay',
  async (more) => {
    const config = { ...base, ...more }
    const weights = await run(config)
    for (let i = 0; i < table.size; i++)
      expect(weights[i]).toBeCloseTo(plainAdamW(start[i]!, column(i), config, decays(i)), 5)
  },
)

describe('Muon', () => {
  type Matrix = number[][]
  const times = (a: Matrix, b: Matrix): Matrix =>
    a.map((row) => b[0]!.map((_, j) => row.reduce((sum, v, k) => sum + v * b[k]![j]!, 0)))
  const flip = (a: Matrix): Matrix => a[0]!.map((_, j) => a.map((row) => row[j]!))

  function newtonSchulz(matrix: Matrix): Matrix {
    if (matrix.length > matrix[0]!.length) return flip(newtonSchulz(flip(matrix)))
    const norm = Math.hypot(...matrix.flat())
    let x = matrix.map((row) => row.map((v) => v / norm))
    for (let i = 0; i < 5; i++) {
      const gram = times(x, flip(x))
      const square = times(gram, gram)
      const factor = gram.map((row, r) => row.map((v, c) => -4.775 * v + 2.0315 * square[r]![c]!))
      const product = times(factor, x)
      x = x.map((row, r) => row.map((v, c) => 3.4445 * v + product[r]![c]!))
    }
    return x
  }

  /** Nesterov momentum, orthogonalised, scaled by 0.2 sqrt(max(rows, cols)) (Liu et al. 2025), decoupled decay. */
  function plainMuon(offset: number, rows: number, cols: number, config: OptimiserConfig): number[] {
    const at = (flat: readonly number[]): number[] => flat.slice(offset, offset + rows * cols)
    let w = at(start)
    let buffer = w.map(() => 0)
    gradients.forEach((flat, step) => {
      const g = at(flat)
      buffer = buffer.map((b, i) => config.momentum * b + g[i]!)
      const update = g.map((v, i) => v + config.momentum * buffer[i]!)
      const direction = newtonSchulz(
        Array.from({ length: rows }, (_, r) => update.slice(r * cols, (r + 1) * cols)),
      ).flat()
      w = w.map(
        (v, i) =>
          v * (1 - rates[step]! * config.weightDecay) -
          rates[step]! * 0.2 * Math.sqrt(Math.max(rows, cols)) * direction[i]!,
      )
    })
    return w
  }

  const config = { ...base, kind: 'muon' } as const

  test('moves block matrices as the plain implementation does', async () => {
    const weights = await run(config)
    const expected = table.spans
      .filter((span) => span.role === 'matrix')
      .flatMap(({ offset, shape }) => plainMuon(offset, shape[0]!, shape[1]!, config))
    expect(expected).toHaveLength(MATRICES)
    expected.forEach((v, i) => expect(weights[i]).toBeCloseTo(v, 4))
  })

  test('leaves everything else to AdamW', async () => {
    const weights = await run(config)
    for (let i = MATRICES; i < table.size; i++)
      expect(weights[i]).toBeCloseTo(plainAdamW(start[i]!, column(i), config, decays(i)), 5)
  })

  test('steps about as far as AdamW does: 0.2 of the rate a number', async () => {
    const optimiser = await createOptimiser(table, { ...config, weightDecay: 0 }, undefined, 1)
    const weights = new Float32Array(table.size)
    await optimiser.update(weights, Float32Array.from(gradients[0]!), 1)
    await optimiser.dispose()
    const rms = Math.sqrt(weights.slice(0, MATRICES).reduce((sum, v) => sum + v * v, 0) / MATRICES)
    expect(rms).toBeGreaterThan(0.12)
    expect(rms).toBeLessThan(0.25)
  })
})

test.each(['adamw', 'muon'] as const)('%s goes on exactly from a restored state', async (kind) => {
  const config = { ...base, kind }
  const whole = await run(config)
  const weights = Float32Array.from(start)
  let state = { step: 0, first: new Float32Array(table.size), second: new Float32Array(table.size) }
  for (const [i, rate] of rates.entries()) {
    const optimiser = await createOptimiser(table, config, state, 1)
    await optimiser.update(weights, Float32Array.from(gradients[i]!), rate)
    state = { step: optimiser.state.step, first: optimiser.state.first.slice(), second: optimiser.state.second.slice() }
    await optimiser.dispose()
  }
  expect(weights).toEqual(whole)
})

describe('clipping', () => {
  const vectors = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 50 })
  const norm = (v: Iterable<number>): number => Math.sqrt([...v].reduce((sum, x) => sum + x * x, 0))

  test('returns the norm before, leaves at most the limit, and keeps the direction', () => {
    fc.assert(
      fc.property(vectors, fc.double({ min: 0.01, max: 100, noNaN: true }), (values, limit) => {
        const gradient = Float32Array.from(values)
        const before = norm(gradient)
        expect(clipGradient(gradient, limit)).toBeCloseTo(before, 4)
        expect(norm(gradient)).toBeLessThanOrEqual(Math.min(before, limit) * (1 + 1e-5))
        const factor = before > limit ? limit / before : 1
        gradient.forEach((g, i) => expect(g).toBeCloseTo(Math.fround(values[i]!) * factor, 3))
      }),
    )
  })

  test('a gradient within the limit is not touched', () => {
    const gradient = Float32Array.of(0.3, -0.4)
    expect(clipGradient(gradient, 0.6)).toBeCloseTo(0.5, 6)
    expect(gradient).toEqual(Float32Array.of(0.3, -0.4))
  })

  test.each([NaN, Infinity])('%d anywhere makes the norm not finite', (bad) => {
    expect(Number.isFinite(clipGradient(Float32Array.of(1, bad, 2), 1))).toBe(false)
  })

  test('numbers whose squares would overflow single precision are summed in doubles', () => {
    expect(clipGradient(Float32Array.of(3e30, 4e30), 1)).toBeCloseTo(5e30, -25)
  })
})

describe('the learning rate', () => {
  const schedule = { peak: 0.003, warmup: 10, total: 100, decayFrom: 0.5, floor: 0.1 }
  test.each([
    [0, 0.0003],
    [4, 0.0015],
    [9, 0.003],
    [10, 0.003],
    [49, 0.003],
    [50, 0.003],
    [75, 0.003 * 0.55],
    [100, 0.0003],
    [200, 0.0003],
  ])('at step %i is %d', (step, rate) => {
    expect(learningRateAt(step, schedule)).toBeCloseTo(rate, 9)
  })

  test('never jumps, never exceeds the peak, never falls below the floor after the warm-up, and never rises after the plateau', () => {
    const arbitrary = fc.record({
      peak: fc.double({ min: 1e-5, max: 1, noNaN: true }),
      warmup: fc.nat(30),
      total: fc.integer({ min: 1, max: 300 }),
      decayFrom: fc.double({ min: 0, max: 1, noNaN: true }),
      floor: fc.double({ min: 0, max: 1, noNaN: true }),
    })
    fc.assert(
      fc.property(arbitrary, (s) => {
        let last = Infinity
        for (let step = 0; step < s.total; step++) {
          const rate = learningRateAt(step, s)
          expect(rate).toBeGreaterThan(0 - 1e-12)
          expect(rate).toBeLessThanOrEqual(s.peak * (1 + 1e-12))
          if (step >= s.warmup) {
            expect(rate).toBeGreaterThanOrEqual(s.peak * s.floor * (1 - 1e-12))
            expect(rate).toBeLessThanOrEqual(last * (1 + 1e-12))
            last = rate
          }
        }
      }),
    )
  })
})
