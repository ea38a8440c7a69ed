/** The storybook world as training data, with an untrained image tokenizer: places and purity, not quality. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageTokenizerConfigSchema } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import { loadWorld, renderScene, type Scene, type World } from '../data/world/world.ts'
import { worldWords } from '../data/world/words.ts'
import { createImageCodec, type ImageCodec } from '../model/image-codec.ts'
import { patchSize, tokenizerParameters, windowPatches } from '../model/image-tokenizer.ts'
import { initialiseParameters, layOutParameters, viewOf } from '../model/parameters.ts'
import { buildTokenizerJson, createTextTokenizer } from '../model/text-tokenizer.ts'
import { cellWindows, createWorldSource, sceneEncoder } from './storybook.ts'

const config = imageTokenizerConfigSchema.parse({
  format: 'tandem-image-tokenizer',
  version: 1,
  factor: 16,
  window: 2,
  bits: 10,
  features: 8,
  hidden: 16,
})
let world: World
let codec: ImageCodec
beforeAll(async () => {
  world = await loadWorld()
  const table = layOutParameters(tokenizerParameters(config))
  const flat = initialiseParameters(table, seededRandom('codec'))
  const spans = new Map(table.spans.map((span) => [span.name, span]))
  codec = createImageCodec(config, world.size, (name) => {
    const view = viewOf(flat, spans.get(name)!)
    return { kind: 'inline', bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength) }
  })
})
afterAll(() => codec.dispose())

test('a scene’s codes from the table of cells are those of its picture', async () => {
  const encode = await sceneEncoder(world, codec)
  const random = seededRandom('scenes')
  for (let i = 0; i < 6; i++) {
    const cells = Array.from({ length: 16 }, () => (random.next() < 0.4 ? null : random.pick(world.sprites).name))
    const scene: Scene = { background: random.pick(world.backgrounds), cells }
    expect([...encode(scene)]).toEqual([...(await codec.encode(renderScene(world, scene)))])
  }
})

test('the list of windows holds every cell once, and every empty one as often as asked', () => {
  const windows = cellWindows(world, config.factor, 3)
  expect(windows).toHaveLength(world.backgrounds.length * (world.sprites.length + 3))
  for (const window of windows) expect(window).toHaveLength(windowPatches(config) * patchSize(config))
})

describe('the source', () => {
  const make = (seed = 1): ReturnType<typeof createWorldSource> =>
    createWorldSource(world, codec, createTextTokenizer(buildTokenizerJson(worldWords(world))), {
      seed,
      curriculum: { sprites: 8, until: 0.5 },
    })

  test('is a pure function of its index and seed: a position is all a resume needs', async () => {
    const [one, two, other] = [await make(), await make(), await make(2)]
    for (const index of [0, 7, 100_000]) {
      expect(one.train(index, true, 1)).toEqual(two.train(index, true, 1))
      expect(one.validation(index, false)).toEqual(two.validation(index, false))
    }
    expect(one.train(3, true, 1)).not.toEqual(one.train(4, true, 1))
    expect(one.train(3, true, 1)).not.toEqual(other.train(3, true, 1))
    expect(one.identity).not.toBe(other.identity)
  })

  test('gives edits an input picture and generations none; every word is one token', async () => {
    const source = await make()
    const text = createTextTokenizer(buildTokenizerJson(worldWords(world)))
    for (let index = 0; index < 30; index++) {
      const [edit, generation] = [source.train(index, true, 1), source.train(index, false, 1)]
      expect([edit.inputImage?.length, edit.outputImage.length, generation.inputImage]).toEqual([64, 64, null])
      for (const ids of [edit.instruction, edit.outputText, generation.instruction, generation.outputText]) {
        expect(ids.length).toBeGreaterThan(0)
        expect(Math.min(...ids)).toBeGreaterThanOrEqual(10 + 256) // neither a special token nor a byte
        expect([...text.encode(text.decode(ids))]).toEqual([...ids])
      }
    }
  })

  test('begins with few sprites and knows all from the set share of the run on', async () => {
    const source = await make()
    const drawn = (progress: number): Set<number> =>
      new Set(Array.from({ length: 150 }, (_, i) => [...source.train(i, true, progress).outputImage]).flat())
    expect(drawn(0).size).toBeLessThan(drawn(0.5).size)
    expect(source.train(5, true, 0.5)).toEqual(source.train(5, true, 1))
  })
})
