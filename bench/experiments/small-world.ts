/**
 * The small world: 8 sprites on 2 backgrounds, a handful of operations, and a model of at most a million parameters that is
 * trained from nothing in minutes, image tokenizer included. World, recipe and suite are data in
 * resources/experiments/small-world; what is trained lies under runs/small-world. Experiments that need many models use it.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { imageTokenizerConfigSchema, type ImageTokenizerConfig } from '../../src/shared/model-config.ts'
import { CELLS } from '../../src/engine/data/world/cells.ts'
import { worldWords } from '../../src/engine/data/world/words.ts'
import { loadWorld, type World } from '../../src/engine/data/world/world.ts'
import { writeFileAtomic } from '../../src/engine/files.ts'
import { writeTogether } from '../../src/engine/jobs/output.ts'
import { modelParameters } from '../../src/engine/model/forward.ts'
import { createImageCodec, type ImageCodec } from '../../src/engine/model/image-codec.ts'
import { tokenizerParameters } from '../../src/engine/model/image-tokenizer.ts'
import { modelFiles, writeHalfWeights } from '../../src/engine/model/folder.ts'
import { layOutParameters } from '../../src/engine/model/parameters.ts'
import { openSafetensors, readFloats } from '../../src/engine/model/safetensors.ts'
import { shippedConfig } from '../../src/engine/model/shipped.ts'
import { buildTokenizerJson, createTextTokenizer } from '../../src/engine/model/text-tokenizer.ts'
import { loadCheckpoint, type TrainState } from '../../src/engine/train/checkpoint.ts'
import { checkpointPath, train, type LoopOptions, type TrainTask } from '../../src/engine/train/loop.ts'
import { architectureSchema, loopSchema } from '../../src/engine/train/recipe.ts'
import { createSftTask, sftSchema } from '../../src/engine/train/sft.ts'
import { cellWindows, createWorldSource, sceneEncoder } from '../../src/engine/train/storybook.ts'
import { createTokenizerTask, tokenizerTrainingSchema } from '../../src/engine/train/tokenizer-task.ts'

export const smallWorldFolder = fileURLToPath(new URL('../../resources/experiments/small-world/', import.meta.url))
export const smallWorldRuns =
  process.env['TANDEM_SMALL_WORLD_RUNS'] ?? fileURLToPath(new URL('../../runs/small-world/', import.meta.url))

const recipeSchema = z.strictObject({
  seed: z.int().nonnegative(),
  operations: z.array(z.string()).min(1),
  imageTokenizer: loopSchema.extend({
    model: z.strictObject({ factor: z.int(), window: z.int(), bits: z.int(), features: z.int(), hidden: z.int() }),
    training: tokenizerTrainingSchema,
    emptyCopies: z.int().positive(),
  }),
  predictor: loopSchema.extend({ architecture: architectureSchema, sft: sftSchema }),
})
export type SmallWorldRecipe = z.infer<typeof recipeSchema>
type Loop = Pick<LoopOptions, 'steps' | 'optimiser' | 'schedule' | 'clip' | 'ema'>

/** The recipe, with values set by path: `predictor.steps=400` as ['predictor.steps', '400']. */
export async function readRecipe(settings: readonly (readonly [string, string])[] = []): Promise<SmallWorldRecipe> {
  const raw = JSON.parse(await readFile(join(smallWorldFolder, 'recipe.json'), 'utf8')) as Record<string, unknown>
  for (const [path, value] of settings) {
    const keys = path.split('.')
    const last = keys.pop()!
    let at: unknown = raw
    for (const key of keys) at = (at as Record<string, unknown>)[key]
    if (typeof at !== 'object' || at === null) throw new Error(`the recipe has no ${path}`)
    ;(at as Record<string, unknown>)[last] = /^[-\d.]/.test(value) ? Number(value) : value
  }
  return recipeSchema.parse(raw)
}

export const loadSmallWorld = (): Promise<World> => loadWorld(smallWorldFolder)

const key = (value: unknown): string => createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)

/**
 * Folder of the trained image tokenizer, made on first need: models of one recipe share it. With so few bits for a whole
 * cell two cells may end with one code, and one of them could never be drawn: then it is trained again from another start.
 */
async function imageTokenizer(world: World, recipe: SmallWorldRecipe, threads?: number): Promise<string> {
  const { model, training, emptyCopies } = recipe.imageTokenizer
  const config = imageTokenizerConfigSchema.parse({ format: 'tandem-image-tokenizer', version: 1, ...model })
  const directory = join(smallWorldRuns, `tokenizer-${key([recipe.imageTokenizer, recipe.seed, world.file])}`)
  const out = join(directory, 'tokenizer')
  if (existsSync(out)) return out
  const windows = cellWindows(world, model.factor, emptyCopies)
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    const task = await createTokenizerTask(config, training, windows, windows)
    const started = join(directory, `attempt-${attempt}`)
    const { state } = await drive(task, started, recipe.imageTokenizer, recipe.seed + attempt, threads)
    const made = join(started, 'tokenizer')
    if (!existsSync(made))
      await writeTogether(made, async (temporary) => {
        await writeFileAtomic(join(temporary, modelFiles.imageConfig), JSON.stringify(config, null, 2) + '\n')
        await writeHalfWeights(join(temporary, modelFiles.imageWeights), task.table, state.ema, {
          format: 'tandem-image-tokenizer',
        })
      })
    const shared = await cellsShared(world, made)
    console.error(`image tokenizer, attempt ${attempt + 1}: ${shared} cells share their codes with another`)
    if (shared > 0) continue
    await writeTogether(out, (temporary) => cp(made, temporary, { recursive: true }))
    return out
  }
  throw new Error(`no image tokenizer of ${MOST_ATTEMPTS} tells all cells apart: give it more bits or steps`)
}

const MOST_ATTEMPTS = 40

/** Cells of the world (a background with a sprite or none) whose codes another cell has too. */
async function cellsShared(world: World, tokenizer: string): Promise<number> {
  const codec = await openCodec(tokenizer, world.size)
  const encode = await sceneEncoder(world, codec)
  const seen = new Set<string>()
  let cells = 0
  for (const background of world.backgrounds)
    for (const sprite of [null, ...world.sprites.map(({ name }) => name)]) {
      cells++
      seen.add(encode({ background, cells: Array.from({ length: CELLS }, () => sprite) }).join())
    }
  await codec.dispose()
  return cells - seen.size
}

async function openCodec(folder: string, size: number): Promise<ImageCodec> {
  const config: ImageTokenizerConfig = imageTokenizerConfigSchema.parse(
    JSON.parse(await readFile(join(folder, modelFiles.imageConfig), 'utf8')),
  )
  const file = await openSafetensors(join(folder, modelFiles.imageWeights))
  const weights = new Map<string, Uint8Array>()
  for (const { name } of tokenizerParameters(config)) {
    const floats = await readFloats(file, name)
    weights.set(name, new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength))
  }
  return createImageCodec(config, size, (name) => ({ kind: 'inline', bytes: weights.get(name)! }))
}

export interface Trained {
  /** A model folder, for any command. */
  readonly model: string
  readonly parameters: number
  readonly steps: number
  readonly samples: number
  /** Training alone, over all sittings. */
  readonly seconds: number
}

/** Trains a model of the small world in `directory`, going on where an earlier call was stopped. */
export async function trainSmallWorld(
  recipe: SmallWorldRecipe,
  directory: string,
  seed: number,
  threads?: number,
): Promise<Trained> {
  const world = await loadSmallWorld()
  const images = await imageTokenizer(world, recipe, threads)
  const codec = await openCodec(images, world.size)
  const textJson = buildTokenizerJson(worldWords(world))
  const text = createTextTokenizer(textJson)
  const { architecture, sft } = recipe.predictor
  const config = shippedConfig(architecture, text.size, codec.config, world.size)
  const source = await createWorldSource(world, codec, text, {
    seed: recipe.seed + seed,
    curriculum: { sprites: world.sprites.length, until: 0 },
    operations: recipe.operations,
  })
  const task = createSftTask(config, sft, source, threads === undefined ? {} : { threads })
  const { state } = await drive(task, directory, recipe.predictor, seed, threads)
  const { step: steps, samples, seconds } = state.progress
  const model = join(directory, 'model')
  if (!existsSync(model))
    await writeTogether(model, async (temporary) => {
      const write = (name: string, value: object): Promise<void> =>
        writeFileAtomic(join(temporary, name), JSON.stringify(value, null, 2) + '\n')
      await write(modelFiles.config, { ...config, name: `${config.name}-${seed}` })
      await write(modelFiles.tokenizer, textJson)
      for (const name of [modelFiles.imageConfig, modelFiles.imageWeights])
        await writeFileAtomic(join(temporary, name), await readFile(join(images, name)))
      await writeHalfWeights(join(temporary, modelFiles.weights), task.table, state.ema, {
        format: 'tandem-model',
        steps: String(steps),
        samples: String(samples),
      })
    })
  await codec.dispose()
  return { model, parameters: layOutParameters(modelParameters(config)).size, steps, samples, seconds }
}

/** Runs a loop to its end with a line now and then; a signal leaves a checkpoint to go on from. */
async function drive(
  task: TrainTask,
  directory: string,
  loop: Loop,
  seed: number,
  threads?: number,
): Promise<{ state: TrainState }> {
  const stop = new AbortController()
  const halt = (): void => stop.abort()
  process.once('SIGINT', halt).once('SIGTERM', halt)
  const { steps, optimiser, schedule, clip, ema } = loop
  const options = { directory, seed, steps, optimiser, schedule, clip, ema, resume: true, signal: stop.signal }
  const pace = { validateEvery: steps + 1, saveEvery: 30, ...(threads === undefined ? {} : { threads }) }
  for await (const event of train(task, { ...options, ...pace })) {
    if (event.kind !== 'step' || (event.step % 100 !== 0 && event.step !== steps)) continue
    const losses = Object.entries(event.metrics).map(([name, value]) => `${name} ${value.toFixed(4)}`)
    console.error(`${event.step}/${steps}  ${losses.join('  ')}  ${(event.samples / event.seconds).toFixed(0)}/s`)
  }
  await task.dispose()
  process.off('SIGINT', halt).off('SIGTERM', halt)
  if (stop.signal.aborted) process.exit(130)
  return { state: await loadCheckpoint(checkpointPath(directory), task.table) }
}
