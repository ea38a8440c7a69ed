/** The scorer: what it sees, the errors it is trained against, its gradient, that it learns, and its folder. */
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../../data/random.ts'
import { loadWorld, randomScene, renderScene, scenesEqual, type World } from '../../data/world/world.ts'
import { isResultClaim, parseReasoning } from '../../data/world/grammar.ts'
import { worldWords } from '../../data/world/words.ts'
import { initialiseParameters, layOutParameters, viewOf } from '../../model/parameters.ts'
import { buildTokenizerJson, createTextTokenizer } from '../../model/text-tokenizer.ts'
import { cosine } from '../reward.ts'
import { openReward } from '../open-reward.ts'
import { cellSize, scorerConfigSchema, scorerFiles, scorerParameters } from './config.ts'
import { errorNames, plantError } from './errors.ts'
import { evaluateScorer, testPairs } from './evaluate.ts'
import { pictureCells, textTokens } from './features.ts'
import { createScorer, openScorer, readScorerWeights, scorerTable, writeScorerWeights } from './folder.ts'
import { makeCellTable, maskWords, sceneCells, trainingPair, worldPair } from './pairs.ts'
import { plantTextError, sentenceWords, textErrorNames } from './text-errors.ts'
import { createScorerTask } from './task.ts'

const json = (world: World): object => buildTokenizerJson(worldWords(world))
const world = await loadWorld()
const tokenizer = createTextTokenizer(json(world))
const config = scorerConfigSchema.parse({
  format: 'tandem-scorer',
  version: 1,
  name: 'tiny',
  grid: 4,
  pixels: 4,
  words: 36,
  reach: 2,
  dModel: 16,
  layers: 1,
  heads: 2,
  mlpHidden: 24,
  embedding: 12,
  vocabSize: tokenizer.size,
  special: { mask: 0, pad: 1, eos: 3 },
  scale: { mean: 0.2, deviation: 0.1 },
})
const table = layOutParameters(scorerParameters(config))
const fresh = initialiseParameters(table, seededRandom('scorer-test'))
const spans = new Map(table.spans.map((span) => [span.name, span]))
const scorer = createScorer(config, tokenizer, (name) => viewOf(fresh, spans.get(name)!), 1)
afterAll(() => scorer.dispose())

describe('what the scorer sees', () => {
  test('of a picture is the mean of each block, at any multiple of its size', () => {
    const scene = randomScene(world, seededRandom('scene'))
    const seen = pictureCells(config, renderScene(world, scene), world.size)
    const composed = sceneCells(makeCellTable(world, config), config, scene)
    seen.forEach((value, i) => expect(value).toBeCloseTo(composed[i]!, 5))
    const flat = pictureCells(config, new Uint8Array(32 * 32 * 3).fill(255), 32)
    for (const value of flat) expect(value).toBeCloseTo(1, 5)
    expect(seen).toHaveLength(16 * cellSize(config))
    expect(() => pictureCells(config, new Uint8Array(100 * 100 * 3), 100)).toThrow(/multiple of 16 px, not 100/)
  })
  test('of a text is its tokens, masks where words are missing, an end where it ends', () => {
    const [cat] = tokenizer.encode('cat')
    expect([...textTokens(config, tokenizer, ['cat', null, 'cat'])].slice(0, 5)).toEqual([cat, 0, cat, 3, 1])
    const long = Array.from({ length: 50 }, () => 'cat')
    expect([...textTokens(config, tokenizer, long)]).toEqual(Array.from({ length: 36 }, () => cat))
  })
  test('of an unfinished text has no end, unless the end is decided', () => {
    const words = ['now', 'a1', 'is', 'empty', '.']
    expect(maskWords(words, 36, 0, seededRandom('whole'))).toEqual(words)
    const all = maskWords(words, 36, 1, seededRandom('none'))
    expect(all).toEqual(Array.from({ length: 35 }, () => null))
    const half = maskWords(words, 36, 0.5, seededRandom('half'))
    half.forEach((word, i) => expect([null, words[i] ?? null]).toContain(word))
  })
  test('of two pairs alone or together is the same vector, of length 1', async () => {
    const rgb = renderScene(world, randomScene(world, seededRandom('two')))
    const [alone] = await scorer.texts([['the', 'cat']])
    const many = await scorer.texts(Array.from({ length: 20 }, (_, i) => (i === 17 ? ['the', 'cat'] : [null])))
    expect(cosine(alone!, many[17]!)).toBeCloseTo(1, 5)
    const [picture] = await scorer.pictures([rgb], world.size)
    expect(cosine(picture!, picture!)).toBeCloseTo(1, 5)
  })
})

describe.each(errorNames)('the planted error "%s"', (error) => {
  test('changes what the text speaks of, and nothing where it cannot be planted', () => {
    let planted = 0
    for (let i = 0; i < 60; i++) {
      const { claims } = worldPair(world, 'test', 5, i, i % 5 !== 0)
      const scene = plantError(world, claims, error, seededRandom('plant', error, i))
      if (!scene) continue
      planted++
      expect(scenesEqual(scene, claims.output)).toBe(false)
      const touched = scene.cells.flatMap((content, k) => (content === claims.output.cells[k] ? [] : [k]))
      if (error === 'wrong background') expect(touched).toEqual([])
      if (error === 'wrong place') expect(touched).toHaveLength(2)
      if (error !== 'wrong background' && error !== 'extra copy' && error !== 'nothing changed')
        expect(touched.some((cell) => claims.cells.includes(cell))).toBe(true)
    }
    expect(planted).toBeGreaterThan(5)
  })
})

describe.each(textErrorNames)('the planted error of the text "%s"', (error) => {
  test('makes it false of the picture, or no text', () => {
    let planted = 0
    for (let i = 0; i < 60; i++) {
      const pair = worldPair(world, 'test', 5, i, i % 5 !== 0)
      const words = plantTextError(world, pair, error, seededRandom('plant-text', error, i))
      if (!words) continue
      planted++
      const sentences = parseReasoning(world, words.join(' '))
      if (error === 'broken sentence') {
        expect(sentences).toBeNull()
        continue
      }
      const { cells, background } = pair.claims.output
      const lies = sentences!.filter(isResultClaim).filter(({ kind, slots }) => {
        if (kind === 'nowPlace') return slots['background'] !== background
        const content = cells['abcd'.indexOf(slots['cell']![0]!) * 4 + Number(slots['cell']![1]) - 1]
        return content !== (kind === 'nowHas' ? slots['sprite'] : null)
      })
      expect(lies).toHaveLength(1)
    }
    expect(planted).toBeGreaterThan(5)
  })
})

describe('training', () => {
  const context = (weights: Float32Array, gradient: Float32Array, seed: string) => ({
    weights,
    gradient,
    random: seededRandom(seed),
    position: 0,
    step: 0,
    progress: 0,
  })
  test('has the gradient of its loss, by central differences for every kind of parameter', async () => {
    const task = await createScorerTask(world, config, tokenizer, { batch: 4, seed: 1, threads: 1 })
    const gradient = new Float32Array(table.size)
    const loss = async (weights: Float32Array): Promise<number> =>
      (await task.step(context(weights, new Float32Array(table.size), 'fixed'))).metrics['loss']!
    await task.step(context(fresh, gradient, 'fixed'))
    const random = seededRandom('direction')
    for (const span of table.spans) {
      const direction = Float64Array.from({ length: span.size }, () => random.normal())
      const difference = async (h: number): Promise<number> => {
        const moved = (sign: number): Float32Array => {
          const copy = fresh.slice()
          direction.forEach((v, i) => (copy[span.offset + i] = copy[span.offset + i]! + sign * h * v))
          return copy
        }
        const [up, down] = [moved(1), moved(-1)]
        let expected = 0
        for (let i = span.offset; i < span.offset + span.size; i++) expected += gradient[i]! * (up[i]! - down[i]!)
        return ((await loss(up)) - (await loss(down)) - expected) / (2 * h)
      }
      const scale = Math.hypot(...viewOf(gradient, span))
      const left = (4 * (await difference(5e-3)) - (await difference(1e-2))) / 3
      // Losses are about 2 and single: what is left of them below this is rounding.
      expect(Math.abs(left), span.name).toBeLessThan(Math.max(2e-4, 0.02 * scale))
    }
    await task.dispose()
  })
  test('is a pure function of seed and position', async () => {
    const task = await createScorerTask(world, config, tokenizer, { batch: 3, seed: 1, threads: 1 })
    const once = await task.step(context(fresh, new Float32Array(table.size), 'a'))
    const again = await task.step(context(fresh, new Float32Array(table.size), 'a'))
    expect(again).toEqual(once)
    expect(once.position).toBe(3)
    await task.dispose()
  })
  test('pairs say what is true of their scene', () => {
    const random = seededRandom('pairs')
    for (let i = 0; i < 40; i++) {
      const { claims, results } = trainingPair(world, 3, i, random)
      for (const { kind, slots } of results) {
        if (kind === 'nowPlace') expect(claims.output.background).toBe(slots['background'])
        else
          expect(
            claims.output.cells[claims.cells.find((c) => 'abcd'[c >> 2]! + ((c & 3) + 1) === slots['cell'])!],
          ).toBe(slots['sprite'] ?? null)
      }
      expect(sentenceWords(results).at(-1)).toBe('.')
    }
  })
})

test('an untrained scorer ranks by chance, and its measures say so with intervals', async () => {
  const scores = await evaluateScorer(scorer, world, 40, 1)
  expect(testPairs(world, 40, 1)).toHaveLength(40)
  expect(scores.recallPicture.high).toBeLessThan(0.35)
  expect(scores.ranks).toHaveLength(2 * (errorNames.length + textErrorNames.length))
  for (const { share } of scores.ranks) expect(share.low <= share.value && share.value <= share.high).toBe(true)
})

describe('a scorer folder', () => {
  let directory: string
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'scorer-test-'))
    await writeFile(join(directory, scorerFiles.config), JSON.stringify(config))
    await writeFile(join(directory, scorerFiles.tokenizer), JSON.stringify(json(world)))
    await writeScorerWeights(join(directory, scorerFiles.weights), config, fresh, {})
  })
  afterAll(() => rm(directory, { recursive: true }))

  test('opened again marks as before, to half precision, and rewards with its own scale', async () => {
    const reward = await openReward(directory, null)
    const rgb = renderScene(world, randomScene(world, seededRandom('again')))
    const pair = { words: ['now', 'a1', null], rgb, size: world.size, sample: null }
    const [mark] = await reward.mark([pair])
    const [text] = await scorer.texts([pair.words])
    const [picture] = await scorer.pictures([rgb], world.size)
    expect(mark).toBeCloseTo(cosine(text!, picture!), 2)
    expect(reward.scale).toEqual({ mean: 0.2, deviation: 0.1 })
    await reward.dispose()
  })
  test('with weights of other sizes, cut weights or a broken config is refused by name', async () => {
    await writeFile(join(directory, scorerFiles.config), JSON.stringify({ ...config, embedding: 13 }))
    await expect(openScorer(directory)).rejects.toThrow(/\.out\.weight in scorer.safetensors is \[12, 16\]/)
    await writeFile(join(directory, scorerFiles.config), JSON.stringify({ ...config, heads: 3 }))
    await expect(openScorer(directory)).rejects.toThrow(/scorer.json .* multiple of heads/)
    await writeFile(join(directory, scorerFiles.config), JSON.stringify(config))
    await truncate(join(directory, scorerFiles.weights), 400)
    await expect(openScorer(directory)).rejects.toThrow(/not a usable safetensors/)
  })
  test('is what training may start from; of other sizes it is refused', async () => {
    const other = await mkdtemp(join(tmpdir(), 'scorer-start-'))
    await writeScorerWeights(join(other, scorerFiles.weights), config, fresh, {})
    const start = await readScorerWeights(other, config)
    start.forEach((value, i) => expect(value).toBeCloseTo(fresh[i]!, 2))
    const task = await createScorerTask(world, config, tokenizer, { batch: 2, seed: 1, threads: 1, start })
    expect(task.start).toBe(start)
    await task.dispose()
    await expect(readScorerWeights(other, { ...config, layers: 2 })).rejects.toThrow(/blocks\.1/)
    await rm(other, { recursive: true })
  })
  test('has exactly the parameters its config says', () => {
    expect(scorerTable(config).size).toBe(table.size)
  })
})
