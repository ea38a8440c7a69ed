/** Rows known from an earlier forward: what is the same as computing everything, and what may differ. */
import { afterAll, describe, expect, test } from 'vitest'
import type { Ask, Picks, PredictRequest, Reuse } from '../sampler/predictor.ts'
import { denoise } from '../sampler/denoise.ts'
import { runHeader } from '../sampler/testing.ts'
import { requireField, resolveLayout } from './layout.ts'
import { createPredictor, type ModelPredictor } from './predictor.ts'
import { allOptions, inlineWeights, noOptions, randomSequence, randomWeights, tinyConfig } from './testing.ts'

const made: ModelPredictor[] = []
afterAll(() => Promise.all(made.map((predictor) => predictor.dispose())))

type Options = Parameters<typeof tinyConfig>[0]
function open(options: Options, keepInput = true): ModelPredictor {
  const config = tinyConfig(options)
  const model = { config, weights: inlineWeights(randomWeights(config)) }
  const predictor = createPredictor(model, 'edit', { threads: 1, keepInput })
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

test('rows of the input saw another output: the answers of a kept input are near, and not the same', async () => {
  const predictor = open(noOptions)
  const reuse: Reuse = { key: {}, sequences: [sequence], keep: inputRows }
  await predictor.predict({ sequences: [sequence], asks, reuse })
  const near = await predictor.predict({ sequences: [stepped(sequence)], asks, reuse })
  const exact = await predictor.predict({ sequences: [stepped(sequence)], asks })
  expect(near.text!.confidence).not.toEqual(exact.text!.confidence)
})

describe('an input that does not attend to the output', () => {
  const options = { ...allOptions, inputAttends: 'input' as const }

  test('whole runs with and without its cache decide the same tokens, and the cache is used', async () => {
    const [kept, plain] = [open(options), open(options, false)]
    const tokens = sequence.slice()
    for (const { start, length } of [text, image]) tokens.fill(config.special.mask, start, start + length)
    const header = {
      ...runHeader('parallel', { steps: 6, guidance: { text: 0, image: 2 }, temperatures: { text: 0.7, image: 1 } }),
      tokens: [...tokens],
      length: layout.length,
      maskId: config.special.mask,
      fields: layout.fields.map((field) => ({ ...field })),
      image: { grid: config.image.grid, offset: config.image.offset, codebookSize: config.image.codebookSize },
    }
    const instruction = requireField(layout, 'instruction')
    const unconditional = (s: Int32Array): Int32Array =>
      s.map((t, p) => (p >= instruction.start && p < instruction.start + instruction.length ? config.special.mask : t))
    const decided = async (predictor: ModelPredictor): Promise<unknown> => {
      const out = []
      for await (const { commits } of denoise({ header, steps: [], events: [] }, { predictor, unconditional }))
        out.push([commits.positions, commits.tokens])
      return out
    }
    expect(await decided(kept)).toEqual(await decided(plain))
    expect(plain.rows.known).toBe(0)
    expect(kept.rows.known).toBeGreaterThan(0)
  })

  test('another picture is another input: nothing of the last one is used', async () => {
    const [kept, plain] = [open(options), open(options, false)]
    for (const one of [sequence, uncond, sequence])
      expectSame(
        await kept.predict({ sequences: [one, uncond], asks }),
        await plain.predict({ sequences: [one, uncond], asks }),
      )
  })
})
