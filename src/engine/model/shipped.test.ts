/** The model that ships, at its full size on two threads: what its tokenizer keeps of a scene, and that its graphs compute what the paper says. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { imageTokenizerConfigSchema, type FieldName } from '../../shared/model-config.ts'
import { readScene } from '../bench/judge.ts'
import { seededRandom } from '../data/random.ts'
import { loadWorld, randomScene, renderScene } from '../data/world/world.ts'
import { makeSample } from '../data/world/sample.ts'
import type { Family } from '../data/world/types.ts'
import { make, type Plain } from '../graph/testing.ts'
import { createProgram } from '../train/step.ts'
import { modelFiles, openModelFolder, readFlatWeights, readJson, type ModelFolder } from './folder.ts'
import { modelParameters } from './forward.ts'
import { buildTokenizerTrainGraph, patchSize, tokenizerParameters, windowPatches } from './image-tokenizer.ts'
import { isOutputField, padText, requireField, resolveLayout } from './layout.ts'
import { layOutParameters, viewOf } from './parameters.ts'
import { referenceLogits } from './reference-fixtures.ts'
import { openSafetensors, readFloats } from './safetensors.ts'
import { inferLogits, trainLogits, type Weights } from './testing.ts'
import { vocabularyOf } from './train-graph.ts'

const THREADS = 2
const SCENES = 400
const folder = fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url))
let model: ModelFolder
beforeAll(async () => {
  model = await openModelFolder(folder)
})
afterAll(() => model.image.dispose())

test('of unseen scenes, 99.5 % are read right after the image tokenizer: every sprite in its cell, the place as it was', async () => {
  const world = await loadWorld()
  const random = seededRandom('scenes that no training has drawn')
  const wrong: string[] = []
  for (let i = 0; i < SCENES; i++) {
    const scene = randomScene(world, random)
    const drawn = await model.image.decode(await model.image.encode(renderScene(world, scene)))
    const reading = readScene(world, drawn)
    const right =
      JSON.stringify(reading.scene) === JSON.stringify(scene) &&
      reading.cellBackgrounds.every((background) => background === scene.background)
    if (!right) wrong.push(`${i}: ${JSON.stringify(scene)}`)
  }
  expect(wrong.length, wrong.join('\n')).toBeLessThanOrEqual(0.005 * SCENES)
})

/** A task as the model meets it: its input whole, of its output the given share masked. */
async function sequenceOf(task: 'edit' | 'generate', masked: number): Promise<Int32Array> {
  const { config, text, image } = model
  const world = await loadWorld()
  const families: Family[] = task === 'edit' ? ['spatial'] : ['generate']
  const sample = makeSample(world, { split: 'test', seed: 4, index: 1, families })
  const layout = resolveLayout(config, task)
  const tokens = layout.template.slice()
  const random = seededRandom('masked', task)
  const put = (name: FieldName, ids: Int32Array): void => {
    const { start, length, modality } = requireField(layout, name)
    const given = modality === 'text' ? padText(config, ids, length) : ids.map((code) => code + config.image.offset)
    tokens.set(
      given.map((id) => (isOutputField(name) && random.next() < masked ? config.special.mask : id)),
      start,
    )
  }
  if (sample.input) put('inputImage', await image.encode(renderScene(world, sample.input)))
  put('instruction', text.encode(sample.instruction))
  put('outputImage', await image.encode(renderScene(world, sample.output)))
  put('outputText', text.encode(sample.reasoning))
  return tokens
}

/** The largest difference, as a share of the largest logit: a trained model's logits reach to 20. */
function difference(a: Plain, b: Plain): number {
  expect(a.shape).toEqual(b.shape)
  const largest = b.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0)
  return a.data.reduce((worst, value, i) => Math.max(worst, Math.abs(value - b.data[i]!)), 0) / largest
}

describe('the forward pass at full size', () => {
  let weights: Weights
  beforeAll(async () => {
    const table = layOutParameters(modelParameters(model.config))
    const flat = await readFlatWeights(folder, model.config)
    weights = new Map(table.spans.map((span) => [span.name, viewOf(flat, span)]))
  })

  test.each([
    ['edit', 0.5],
    ['generate', 1],
  ] as const)(
    '%s, %d of the output masked: training and inference builds give equal logits, those of the plain reference',
    async (task, masked) => {
      const { config } = model
      const tokens = await sequenceOf(task, masked)
      const trained = await trainLogits(config, task, weights, [tokens], THREADS)
      const inferred = await inferLogits(config, task, weights, tokens, THREADS)
      const layout = resolveLayout(config, task)
      const reference = referenceLogits(config, task, weights, tokens)
      expect(Object.keys(inferred).sort()).toEqual(['outputImage', 'outputText'])
      for (const name of ['outputImage', 'outputText'] as const) {
        expect(difference(inferred[name]!, trained[name]!), name).toBeLessThan(1e-5)
        const { start, length, modality } = requireField(layout, name)
        const { offset, size } = vocabularyOf(config, modality)
        const plain = make([length, size], ([row, id]) => reference[start + row!]![offset + id!]!)
        expect(difference(trained[name]!, plain), name).toBeLessThan(1e-5)
      }
    },
    240_000,
  )
})

test('the image tokenizer’s loss and gradients at full size are on two threads what they are on one', async () => {
  const config = await readJson(join(folder, modelFiles.imageConfig), imageTokenizerConfigSchema, 'the image tokenizer')
  const table = layOutParameters(tokenizerParameters(config))
  const file = await openSafetensors(join(folder, modelFiles.imageWeights))
  const weights = new Float32Array(table.size)
  for (const { name, offset } of table.spans) weights.set(await readFloats(file, name), offset)
  const windows = 256
  const dims = [windows * windowPatches(config), patchSize(config)]
  const random = seededRandom('windows')
  const target = Float32Array.from({ length: dims[0]! * dims[1]! }, () => random.next() * 2 - 1)
  const feeds = { patches: { data: target, dims }, target: { data: target, dims } }
  const [one, two] = await Promise.all(
    [1, THREADS].map(async (threads) => {
      const program = await createProgram(buildTokenizerTrainGraph(config, windows), table, threads)
      const gradient = new Float32Array(table.size)
      const { loss } = await program.step(feeds, weights, gradient)
      await program.dispose()
      return { loss: Number(loss!.data[0]), gradient }
    }),
  )
  expect(two!.loss).toBeCloseTo(one!.loss, 6)
  for (const span of table.spans) {
    const [a, b] = [viewOf(two!.gradient, span), viewOf(one!.gradient, span)]
    const length = Math.sqrt(b.reduce((sum, g) => sum + g * g, 0))
    expect(length, span.name).toBeGreaterThan(0)
    const apart = Math.sqrt(a.reduce((sum, g, i) => sum + (g - b[i]!) ** 2, 0))
    expect(apart / length, span.name).toBeLessThan(1e-5)
  }
})
