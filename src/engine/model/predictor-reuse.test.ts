/** Rows known from an earlier forward: what is the same as computing everything, and what may differ. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Ask, Picks, PredictRequest, Reuse } from '../sampler/predictor.ts'
import { requireField, resolveLayout } from './layout.ts'
import { createPredictor, type ModelPredictor } from './predictor.ts'
import { allOptions, inlineWeights, noOptions, randomSequence, randomWeights, tinyConfig } from './testing.ts'

const made: ModelPredictor[] = []
afterAll(() => Promise.all(made.map((predictor) => predictor.dispose())))

function open(options: Parameters<typeof tinyConfig>[0]): ModelPredictor {
  const config = tinyConfig(options)
  const model = { config, weights: inlineWeights(randomWeights(config)) }
  const predictor = createPredictor(model, 'edit', { threads: 1 })
  made.push(predictor)
  return predictor
}

const config = tinyConfig(allOptions)
const layout = resolveLayout(config, 'edit')
const text = requireField(layout, 'outputText')
const image = requireField(layout, 'outputImage')
const sequence = randomSequence(config, 'edit', 1)
const uncond = randomSequence(config, 'edit', 2)

const ask = (positions: number[], more: Partial<Ask> = {}): Ask => ({
  positions,
  uniforms: Float32Array.from(positions, (_, i) => ((i * 7 + 3) % 10) / 10),
  temperature: 1,
  guidance: 0,
  ...more,
})
const asks = {
  text: ask([text.start, text.start + 3]),
  image: ask([image.start + 1, image.start + 2], { guidance: 1.5 }),
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)
const inputRows = range(0, layout.outputStart)
const asked = new Set([...asks.text.positions, ...asks.image.positions])
const allButAsked = range(0, layout.length).filter((p) => !asked.has(p))

/** The first word of the output replaced: what a step does to a sequence. */
const stepped = (from: Int32Array): Int32Array => {
  const out = from.slice()
  out[text.start + 1] = 15
  return out
}

function expectSame(a: Partial<Record<string, Picks>>, b: Partial<Record<string, Picks>>): void {
  for (const m of ['text', 'image']) {
    expect(a[m]!.tokens).toEqual(b[m]!.tokens)
    a[m]!.confidence.forEach((p, i) => expect(p).toBeCloseTo(b[m]!.confidence[i]!, 5))
  }
}

describe.each([
  ['the published architecture', noOptions],
  ['all options', allOptions],
])('%s', (_, options) => {
  describe.each([
    ['the input', inputRows],
    ['all that is not asked', allButAsked],
  ])('%s kept', (_what, keep) => {
    test.each([1, 2])('%d sequences: while nothing changed, known rows answer as computed ones do', async (n) => {
      const predictor = open(options)
      const sequences = [sequence, uncond].slice(0, n)
      const whole = await predictor.predict({ sequences, asks })
      const reuse: Reuse = { key: {}, sequences, keep }
      expectSame(await predictor.predict({ sequences, asks, reuse }), whole)
      expectSame(await predictor.predict({ sequences, asks, reuse }), whole)
      expect(predictor.rows.known).toBe(n * keep.length)
    })
  })

  test('what is known is what stood there then, whether kept or computed from it later', async () => {
    const predictor = open(options)
    const keep = inputRows
    const kept: Reuse = { key: {}, sequences: [sequence], keep }
    await predictor.predict({ sequences: [sequence], asks, reuse: kept })
    const later: PredictRequest = { sequences: [stepped(sequence)], asks, reuse: kept }
    const resumed: PredictRequest = { ...later, reuse: { ...kept, key: {} } }
    expect(await predictor.predict(resumed)).toEqual(await predictor.predict(later))
  })
})

describe.each([
  ['the published architecture', noOptions],
  ['all options', allOptions],
])('%s, forwards of one key that know other rows', (_, options) => {
  test.each([1, 2])('%d sequences: each answers as if it knew those alone', async (n) => {
    const predictor = open(options)
    const sequences = [sequence, uncond].slice(0, n)
    const all: Reuse = { key: {}, sequences, keep: inputRows, varies: true }
    const whole = await predictor.predict({ sequences, asks })
    expectSame(await predictor.predict({ sequences, asks, reuse: all }), whole)
    expect(predictor.rows.known).toBe(0)
    const later = sequences.map(stepped)
    const changed = text.start + 1
    for (const keep of [inputRows, allButAsked, allButAsked.filter((p) => p !== changed), range(4, 9)]) {
      const alone = await predictor.predict({ sequences: later, asks, reuse: { key: {}, sequences, keep } })
      expect(await predictor.predict({ sequences: later, asks, reuse: { ...all, keep } })).toEqual(alone)
      // Of a run that goes on from here, whose rows are computed now.
      const resumed = { sequences: later, asks, reuse: { ...all, key: {}, keep } }
      expect(await predictor.predict(resumed)).toEqual(alone)
    }
  })
})

test('rows of the input saw another output: the answers of a kept input are near, and not the same', async () => {
  const predictor = open(noOptions)
  const reuse: Reuse = { key: {}, sequences: [sequence], keep: inputRows }
  await predictor.predict({ sequences: [sequence], asks, reuse })
  const near = await predictor.predict({ sequences: [stepped(sequence)], asks, reuse })
  const exact = await predictor.predict({ sequences: [stepped(sequence)], asks })
  expect(near.text!.confidence).not.toEqual(exact.text!.confidence)
})
