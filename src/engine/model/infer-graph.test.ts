/** Sampling inside the graph: laws of the draw, read from the graph's own logits. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { modelConfigSchema, type ModelConfig } from '../../shared/model-config.ts'
import { plainOf, worstError, type Plain } from '../graph/testing.ts'
import { createSession, type Session, type Tensor } from '../runtime/session.ts'
import { buildInferGraph } from './infer-graph.ts'
import { requireField, resolveLayout, type Layout } from './layout.ts'
import {
  allOptions,
  inferLogits,
  inlineWeights,
  randomSequence,
  randomWeights,
  tinyConfig,
  tokenFeed,
  type Weights,
} from './testing.ts'

interface Model {
  readonly config: ModelConfig
  readonly weights: Weights
  readonly layout: Layout
  readonly session: Session
}

async function open(config: ModelConfig, passes: 1 | 2): Promise<Model> {
  const weights = randomWeights(config)
  const { model, layout } = buildInferGraph(config, 'edit', passes, inlineWeights(weights), { logits: true })
  return { config, weights, layout, session: await createSession(model, { threads: 1 }) }
}

interface Asked {
  readonly sequences: readonly Int32Array[]
  /** Rows by index in their field, with a uniform number each. */
  readonly text: readonly (readonly [row: number, uniform: number])[]
  readonly image: readonly (readonly [row: number, uniform: number])[]
  readonly temperature?: number
  readonly guidance?: { readonly text: number; readonly image: number }
}
interface Drawn {
  readonly tokens: number[]
  readonly confidence: number[]
  readonly logits: Plain
}

async function draw({ session, layout }: Model, asked: Asked): Promise<{ text: Drawn; image: Drawn }> {
  const feeds: Record<string, Tensor> = { tokens: tokenFeed(asked.sequences) }
  for (const modality of ['text', 'image'] as const) {
    const { start } = requireField(layout, modality === 'text' ? 'outputText' : 'outputImage')
    const rows = asked[modality]
    feeds[`rows:${modality}`] = {
      data: BigInt64Array.from(rows, ([row]) => BigInt(start + row - layout.outputStart)),
      dims: [rows.length],
    }
    feeds[`uniform:${modality}`] = { data: Float32Array.from(rows, ([, u]) => u), dims: [rows.length, 1] }
    feeds[`temperature:${modality}`] = { data: Float32Array.of(asked.temperature ?? 1), dims: [] }
    if (asked.guidance) feeds[`guidance:${modality}`] = { data: Float32Array.of(asked.guidance[modality]), dims: [] }
  }
  const results = await session.run(feeds)
  const read = (modality: string): Drawn => ({
    tokens: [...results[`token:${modality}`]!.data].map(Number),
    confidence: [...results[`confidence:${modality}`]!.data].map(Number),
    logits: plainOf(results[`logits:${modality}`]!),
  })
  return { text: read('text'), image: read('image') }
}

/** Softmax of one row in doubles, some ids left out. */
function softmaxRow({ shape, data }: Plain, row: number, temperature = 1, without = -1): number[] {
  const size = shape[1]!
  const logits = [...data.slice(row * size, (row + 1) * size)].map((v, id) =>
    id === without ? -Infinity : v / temperature,
  )
  const top = Math.max(...logits)
  const total = logits.reduce((sum, v) => sum + Math.exp(v - top), 0)
  return logits.map((v) => Math.exp(v - top) / total)
}

/** n numbers spread evenly over [0, 1): inverting the distribution at them must give its shares to within 1/n. */
const evenly = (row: number, n: number): [number, number][] => Array.from({ length: n }, (_, i) => [row, (i + 0.5) / n])
const shares = (tokens: readonly number[], size: number): number[] =>
  Array.from({ length: size }, (_, id) => tokens.filter((t) => t === id).length / tokens.length)
const largestGap = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)))

/** The tiny model with its mask token at the given text id. */
function withMask(mask: number): ModelConfig {
  const config = tinyConfig(allOptions)
  return modelConfigSchema.parse({ ...config, special: { ...config.special, mask } })
}
const CLOSEST_TO_ONE = 1 - 2 ** -24

describe.each([0, 7, 19, 23])('with the mask token at id %i', (mask) => {
  const config = withMask(mask)
  const sequence = randomSequence(config, 'edit', 2)
  const inText = mask < config.textVocabSize ? mask : -1
  let model: Model
  beforeAll(async () => {
    model = await open(config, 1)
  })
  afterAll(() => model.session.dispose())

  test.each([1, 0.5, 2])('frequencies at temperature %d follow softmax of the logits', async (temperature) => {
    const n = 2000
    const { text, image } = await draw(model, {
      sequences: [sequence],
      text: evenly(3, n),
      image: evenly(1, n),
      temperature,
    })
    expect(largestGap(shares(text.tokens, 20), softmaxRow(text.logits, 0, temperature, inText))).toBeLessThan(1.5 / n)
    expect(largestGap(shares(image.tokens, 8), softmaxRow(image.logits, 0, temperature))).toBeLessThan(1.5 / n)
  })

  test('a temperature near zero is argmax, whatever the number drawn', async () => {
    const ends = [0, 2 ** -24, 0.3, 0.999, CLOSEST_TO_ONE]
    const rows = [0, 1, 2, 3].flatMap((row) => ends.map((u): [number, number] => [row, u]))
    const drawn = await draw(model, { sequences: [sequence], text: rows, image: rows, temperature: 1e-4 })
    for (const [part, without] of [
      [drawn.text, inText],
      [drawn.image, -1],
    ] as const) {
      part.tokens.forEach((token, i) => {
        const p = softmaxRow(part.logits, i, 1, without)
        expect(token).toBe(p.indexOf(Math.max(...p)))
      })
    }
  })

  test('confidence is the pick’s exact probability at temperature 1 over the whole vocabulary, the mask left out', async () => {
    for (const temperature of [1, 0.3, 3]) {
      const drawn = await draw(model, { sequences: [sequence], text: evenly(5, 50), image: evenly(0, 50), temperature })
      drawn.text.tokens.forEach((token, i) =>
        expect(drawn.text.confidence[i]).toBeCloseTo(softmaxRow(drawn.text.logits, i, 1, inText)[token]!, 5),
      )
      drawn.image.tokens.forEach((token, i) =>
        expect(drawn.image.confidence[i]).toBeCloseTo(softmaxRow(drawn.image.logits, i)[token]!, 5),
      )
    }
  })

  test('the mask token, and any token without probability, is never drawn, even at the ends of the unit interval', async () => {
    const ends = [0, 2 ** -32, 2 ** -24, 0.5, 1 - 2 ** -23, CLOSEST_TO_ONE]
    for (const temperature of [1e-4, 0.02, 1, 100]) {
      for (let seed = 0; seed < 8; seed++) {
        const rows = [0, 1, 2, 3].flatMap((row) => ends.map((u): [number, number] => [row, u]))
        const drawn = await draw(model, {
          sequences: [randomSequence(config, 'edit', seed)],
          text: rows,
          image: rows,
          temperature,
        })
        drawn.text.tokens.forEach((token, i) => {
          expect(token).not.toBe(mask)
          expect(softmaxRow(drawn.text.logits, i, temperature, inText)[token]).toBeGreaterThan(0)
        })
        drawn.image.tokens.forEach((token, i) =>
          expect(softmaxRow(drawn.image.logits, i, temperature)[token]).toBeGreaterThan(0),
        )
      }
    }
  })
})

describe('guidance', () => {
  const config = tinyConfig(allOptions)
  const sequences = [randomSequence(config, 'edit', 1), randomSequence(config, 'edit', 2)]
  const rows = [0, 1, 2, 3].map((row): [number, number] => [row, 0.4])
  let model: Model
  beforeAll(async () => {
    model = await open(config, 2)
  })
  afterAll(() => model.session.dispose())

  test.each([
    [0, 0],
    [3.5, 0],
    [0, 1.5],
    [-0.5, 4],
  ])('text %d, image %d: logits are cond + g (cond - uncond)', async (text, image) => {
    const drawn = await draw(model, { sequences, text: rows, image: rows, guidance: { text, image } })
    const [cond, uncond] = await Promise.all(sequences.map((s) => inferLogits(config, 'edit', model.weights, s)))
    for (const [part, field, g] of [
      [drawn.text, 'outputText', text],
      [drawn.image, 'outputImage', image],
    ] as const) {
      const size = part.logits.data.length
      const expected = cond![field]!.data.slice(0, size).map((c, i) => c + g * (c - uncond![field]!.data[i]!))
      expect(worstError(part.logits, { shape: part.logits.shape, data: expected })).toBeLessThan(2e-5)
    }
  })

  test('confidence is that of the guided distribution', async () => {
    const drawn = await draw(model, { sequences, text: rows, image: rows, guidance: { text: 2, image: 3 } })
    drawn.image.tokens.forEach((token, i) =>
      expect(drawn.image.confidence[i]).toBeCloseTo(softmaxRow(drawn.image.logits, i)[token]!, 5),
    )
    drawn.text.tokens.forEach((token, i) =>
      expect(drawn.text.confidence[i]).toBeCloseTo(softmaxRow(drawn.text.logits, i, 1, config.special.mask)[token]!, 5),
    )
  })
})

test('asked rows are answered in the order asked, a row asked twice included', async () => {
  const config = tinyConfig()
  const model = await open(config, 1)
  const sequence = randomSequence(config, 'edit', 3)
  const one = await draw(model, {
    sequences: [sequence],
    text: [
      [0, 0.9],
      [4, 0.2],
    ],
    image: [[3, 0.7]],
  })
  const two = await draw(model, {
    sequences: [sequence],
    text: [
      [4, 0.2],
      [0, 0.9],
      [4, 0.2],
    ],
    image: [
      [0, 0.1],
      [3, 0.7],
    ],
  })
  await model.session.dispose()
  expect(two.text.tokens).toEqual([one.text.tokens[1], one.text.tokens[0], one.text.tokens[1]])
  expect(two.image.tokens[1]).toBe(one.image.tokens[0])
})

test('an image-only layout has no text feeds at all', () => {
  const config = tinyConfig()
  const { layout } = buildInferGraph(config, 'editImageOnly', 1, inlineWeights(randomWeights(config)))
  expect(layout.fields.map((field) => field.name)).toEqual(['inputImage', 'instruction', 'outputImage'])
  expect(resolveLayout(config, 'editImageOnly').length).toBe(layout.length)
})
