import { afterAll, describe, expect, test } from 'vitest'
import type { Ask, PredictRequest } from '../sampler/predictor.ts'
import { requireField, resolveLayout } from './layout.ts'
import { createPredictor } from './predictor.ts'
import { allOptions, inferLogits, inlineWeights, randomSequence, randomWeights, tinyConfig } from './testing.ts'

const config = tinyConfig(allOptions)
const weights = randomWeights(config)
const predictor = createPredictor({ config, weights: inlineWeights(weights) }, 'edit', { threads: 1 })
afterAll(() => predictor.dispose())
const layout = resolveLayout(config, 'edit')
const image = requireField(layout, 'outputImage')
const text = requireField(layout, 'outputText')
const sequence = randomSequence(config, 'edit', 1)
const other = randomSequence(config, 'edit', 2)

const ask = (positions: number[], more: Partial<Ask> = {}): Ask => ({
  positions,
  uniforms: Float32Array.from(positions, (_, i) => ((i * 7 + 3) % 10) / 10),
  temperature: 0,
  guidance: 0,
  ...more,
})
const best = (row: ArrayLike<number>, without = -1): number => {
  const values = Array.from(row, (v, i) => (i === without ? -Infinity : v))
  return values.indexOf(Math.max(...values))
}

test('temperature 0 answers with the most likely token of each asked position, codes as ids of the vocabulary', async () => {
  const logits = await inferLogits(config, 'edit', weights, sequence)
  const picks = await predictor.predict({
    sequences: [sequence],
    asks: { text: ask([text.start + 1, text.start + 4]), image: ask([image.start + 2]) },
  })
  const row = (field: string, i: number, size: number): Float64Array =>
    logits[field]!.data.slice(i * size, (i + 1) * size)
  expect([...picks.text!.tokens]).toEqual(
    [1, 4].map((i) => best(row('outputText', i, config.textVocabSize), config.special.mask)),
  )
  expect([...picks.image!.tokens]).toEqual([
    config.image.offset + best(row('outputImage', 2, config.image.codebookSize)),
  ])
  for (const p of [...picks.text!.confidence, ...picks.image!.confidence]) expect(p > 0 && p <= 1).toBe(true)
})

test.each<[string, PredictRequest['asks'], string[]]>([
  ['text alone', { text: ask([text.start]) }, ['text']],
  ['the image alone', { image: ask([image.start, image.start + 3]) }, ['image']],
  ['both', { text: ask([text.start]), image: ask([image.start]) }, ['image', 'text']],
])('answers what was asked and nothing else: %s', async (_, asks, modalities) => {
  const picks = await predictor.predict({ sequences: [sequence], asks })
  expect(Object.keys(picks).sort()).toEqual(modalities)
  for (const modality of ['text', 'image'] as const)
    expect(picks[modality]?.tokens.length).toBe(asks[modality]?.positions.length)
})

test('a modality’s answer does not depend on what else is asked', async () => {
  const asks = {
    text: ask([text.start, text.start + 2], { temperature: 1 }),
    image: ask([image.start], { temperature: 1 }),
  }
  const both = await predictor.predict({ sequences: [sequence], asks })
  const one = await predictor.predict({ sequences: [sequence], asks: { text: asks.text } })
  expect(one.text!.tokens).toEqual(both.text!.tokens)
  expect(one.text!.confidence).toEqual(both.text!.confidence)
})

describe('two sequences', () => {
  test('without guidance give what one gives', async () => {
    const asks = {
      text: ask([text.start, text.start + 2], { temperature: 1 }),
      image: ask([image.start], { temperature: 1 }),
    }
    const [one, two] = [
      await predictor.predict({ sequences: [sequence], asks }),
      await predictor.predict({ sequences: [sequence, other], asks }),
    ]
    expect(two.text!.tokens).toEqual(one.text!.tokens)
    two.image!.confidence.forEach((p, i) => expect(p).toBeCloseTo(one.image!.confidence[i]!, 5))
  })

  test('at guidance -1 give what the unconditional one gives: the scales reach their modality', async () => {
    const asks = { text: ask([text.start], { guidance: -1 }), image: ask([image.start], { guidance: -1 }) }
    const guided = await predictor.predict({ sequences: [sequence, other], asks })
    const plain = await predictor.predict({
      sequences: [other],
      asks: { text: ask([text.start]), image: ask([image.start]) },
    })
    expect([guided.text!.tokens, guided.image!.tokens]).toEqual([plain.text!.tokens, plain.image!.tokens])
    expect(guided.text!.confidence[0]).toBeCloseTo(plain.text!.confidence[0]!, 4)
  })
})

test('the same request gives the same answer', async () => {
  const request = {
    sequences: [sequence],
    asks: {
      text: ask([text.start, text.start + 1], { temperature: 1 }),
      image: ask([image.start + 1], { temperature: 1 }),
    },
  }
  expect(await predictor.predict(request)).toEqual(await predictor.predict(request))
})

test('a layout without text answers for the image alone, whatever is asked', async () => {
  const own = createPredictor({ config, weights: inlineWeights(weights) }, 'generateImageOnly', { threads: 1 })
  const start = requireField(resolveLayout(config, 'generateImageOnly'), 'outputImage').start
  const picks = await own.predict({
    sequences: [randomSequence(config, 'generateImageOnly', 1)],
    asks: { image: ask([start]) },
  })
  await own.dispose()
  expect(Object.keys(picks)).toEqual(['image'])
})

test('closing twice is harmless, and work after it opens anew', async () => {
  const own = createPredictor({ config, weights: inlineWeights(weights) }, 'edit', { threads: 1 })
  await own.dispose()
  const first = await own.predict({ sequences: [sequence], asks: { image: ask([image.start]) } })
  await own.dispose()
  await own.dispose()
  expect(await own.predict({ sequences: [sequence], asks: { image: ask([image.start]) } })).toEqual(first)
  await own.dispose()
})
