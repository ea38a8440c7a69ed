/** A small recipe carried out whole, and stopped every few steps and gone on with: the same model and the same early checkpoint. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { imageTokenizerConfigSchema, modelConfigSchema } from '../../shared/model-config.ts'
import { loadWorld } from '../data/world/world.ts'
import { modelFiles, openModelFolder, readFlatWeights } from '../model/folder.ts'
import { shippedConfig } from '../model/shipped.ts'
import { loadTextTokenizer } from '../model/text-tokenizer.ts'
import { readCheckpointProgress } from './checkpoint.ts'
import { recipeSchema } from './recipe.ts'
import { remake, type RemakeOptions } from './remake.ts'

const loop = {
  steps: 4,
  optimiser: { kind: 'muon' },
  schedule: { peak: 0.003, warmup: 1, decayFrom: 0.5, floor: 0.1 },
  clip: 1,
  ema: 0.9,
}
const phase = { ...loop, curriculum: { sprites: 8, until: 0.5 } }
const sft = { batch: 2, generateShare: 0.5, imageOnlyShare: 0.3, validationSamples: 2 }
const recipe = {
  seed: 7,
  imageTokenizer: {
    ...loop,
    model: { factor: 16, window: 2, bits: 4, features: 8, hidden: 8 },
    training: { batch: 8, firstShare: 0.65, noise: 0.1 },
    emptyCopies: 2,
    attempts: 2,
    // A few steps draw nothing that can be read.
    mostWrong: 10_000,
  },
  predictor: {
    architecture: {
      name: 'tiny',
      dModel: 32,
      layers: 1,
      heads: 2,
      mlpHidden: 32,
      ropeTheta: 10_000,
      options: { gridEmbeddings: true, segmentEmbeddings: true, fuse: true, tiedHead: true },
      instructionLength: 32,
      reasoningLength: 36,
    },
    snapshotEvery: 2,
    early: { phase: 1, step: 2 },
    phases: [
      { ...phase, sft },
      { ...phase, sft: { ...sft, generateShare: 0.2 } },
    ],
  },
}

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-remake-'))
})
afterAll(() => rm(root, { recursive: true }))

/** A folder with the recipe and nothing else, and where the rest goes. */
async function place(name: string): Promise<RemakeOptions> {
  const at = (part: string): string => join(root, name, part)
  await mkdir(at('model'), { recursive: true })
  await writeFile(at('model/recipe.json'), JSON.stringify(recipe))
  return { model: at('model'), early: at('early'), runs: at('runs'), say: () => undefined }
}

/** A signal that is raised when it has been looked at so often. */
function raisedAfter(looks: number): AbortSignal {
  const { signal } = new AbortController()
  let looked = 0
  Object.defineProperty(signal, 'aborted', { get: () => ++looked > looks })
  return signal
}

describe('a recipe', () => {
  let whole: RemakeOptions
  beforeAll(async () => {
    whole = await place('whole')
    await remake(whole)
  })

  test('ends in a model that opens, and its early checkpoint beside it under a name of its own', async () => {
    const [model, early] = [await openModelFolder(whole.model), await openModelFolder(whole.early)]
    expect([model.name, early.name]).toEqual(['tiny', 'tiny-early'])
    expect({ ...early.config, name: 'tiny' }).toEqual(model.config)
    expect(early.hash).not.toBe(model.hash)
    for (const { image } of [model, early]) await image.dispose()
    for (const name of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
      expect(await readFile(join(whole.early, name))).toEqual(await readFile(join(whole.model, name)))
    const snapshot = await readFile(join(whole.runs, 'predictor-1/snapshot-2.safetensors'))
    expect(await readFile(join(whole.early, modelFiles.weights))).toEqual(snapshot)
  })

  test('stopped again and again, and gone on with by the same call, gives the same', async () => {
    const cut = await place('cut')
    let sittings = 0
    for (let done = false; !done; sittings++) {
      expect(sittings).toBeLessThan(40)
      done = await remake({ ...cut, signal: raisedAfter(8) }).then(
        () => true,
        (error: unknown) => {
          expect(error).toMatchObject({ kind: 'cancelled' })
          return false
        },
      )
    }
    expect(sittings).toBeGreaterThan(2)
    expect((await readdir(cut.model)).sort()).toEqual((await readdir(whole.model)).sort())
    // The weights say how long they took; all else is equal byte by byte.
    for (const [folder, as] of [
      [cut.model, whole.model],
      [cut.early, whole.early],
    ] as const) {
      const { config, image } = await openModelFolder(folder)
      await image.dispose()
      expect(await readFlatWeights(folder, config)).toEqual(await readFlatWeights(as, config))
      for (const name of Object.values(modelFiles).filter((file) => file !== modelFiles.weights))
        expect(await readFile(join(folder, name)), name).toEqual(await readFile(join(as, name)))
    }
  })

  test('carried out again when it is done changes nothing', async () => {
    const before = await readFile(join(whole.model, modelFiles.weights))
    await remake(whole)
    expect((await readFile(join(whole.model, modelFiles.weights))).equals(before)).toBe(true)
  })
})

test('of the model that ships, words and config are what its recipe makes of the world', async () => {
  const shipped = (file: string): Promise<string> =>
    readFile(new URL(`../../../resources/models/storybook/${file}`, import.meta.url), 'utf8')
  const bare = await place('shipped')
  await writeFile(join(bare.model, 'recipe.json'), await shipped('recipe.json'))
  await remake({ ...bare, stages: ['text'] })
  expect(await readFile(join(bare.model, modelFiles.tokenizer), 'utf8')).toBe(await shipped(modelFiles.tokenizer))
  const { predictor, imageTokenizer } = recipeSchema.parse(JSON.parse(await shipped('recipe.json')))
  const image = imageTokenizerConfigSchema.parse(JSON.parse(await shipped(modelFiles.imageConfig)))
  expect(image).toMatchObject(imageTokenizer.model)
  const { size } = await loadTextTokenizer(join(bare.model, modelFiles.tokenizer))
  const config = shippedConfig(predictor.architecture, size, image, (await loadWorld()).size)
  expect(modelConfigSchema.parse(JSON.parse(await shipped(modelFiles.config)))).toEqual(config)
})

test('an image tokenizer that draws what is misread is trained from another start, and refused where none is better', async () => {
  const bare = await place('misread')
  const { imageTokenizer } = recipe
  await writeFile(
    join(bare.model, 'recipe.json'),
    JSON.stringify({ ...recipe, imageTokenizer: { ...imageTokenizer, mostWrong: 0 } }),
  )
  const said: string[] = []
  const made = remake({ ...bare, stages: ['text', 'image'], say: (line) => said.push(line) })
  await expect(made).rejects.toThrow('No image tokenizer of 2')
  expect(said.filter((line) => /attempt [12]: \d+ cells are misread: \w+ with/.test(line))).toHaveLength(2)
  // What the first one misread is shown to the second as often as an empty cell.
  const shown = async (name: string): Promise<number> => {
    const { config } = await readCheckpointProgress(join(bare.runs, name, 'checkpoint.safetensors'))
    return (JSON.parse(config) as { first: number }).first
  }
  const misread = Number(/attempt 1: (\d+)/.exec(said.join('\n'))![1])
  expect(await shown('image-tokenizer-2')).toBe((await shown('image-tokenizer')) + 2 * misread)
})

test('a stage before its time is refused with the one that is missing', async () => {
  const bare = await place('bare')
  await remake({ ...bare, stages: ['text'] })
  await expect(remake({ ...bare, stages: ['early'] })).rejects.toThrow('no snapshot of step 2')
  await expect(remake({ ...bare, stages: ['predictor'] })).rejects.toBeInstanceOf(TandemError)
})

test('a recipe whose early checkpoint falls between snapshots, or behind its phase, is refused', () => {
  const { predictor } = recipe
  expect(recipeSchema.safeParse(recipe).error).toBeUndefined()
  for (const early of [
    { phase: 1, step: 3 },
    { phase: 1, step: 6 },
    { phase: 3, step: 2 },
  ])
    expect(recipeSchema.safeParse({ ...recipe, predictor: { ...predictor, early } }).success).toBe(false)
})
