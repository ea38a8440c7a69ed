/**
 * Remakes the model that ships from resources/models/storybook/recipe.json: text tokenizer, image tokenizer, mask
 * predictor. Every stage checkpoints under runs/storybook and goes on where it stopped. Usage: npm run remake [stage]
 */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { imageTokenizerConfigSchema, modelConfigSchema, type ImageTokenizerConfig } from '../src/shared/model-config.ts'
import { loadWorld, resourcesUrl } from '../src/engine/data/world/world.ts'
import { worldWords } from '../src/engine/data/world/words.ts'
import { createImageCodec, type ImageCodec } from '../src/engine/model/image-codec.ts'
import { modelFiles, writeHalfWeights } from '../src/engine/model/folder.ts'
import { tokenizerParameters } from '../src/engine/model/image-tokenizer.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { layOutParameters } from '../src/engine/model/parameters.ts'
import { openSafetensors, readFloats } from '../src/engine/model/safetensors.ts'
import { shippedConfig } from '../src/engine/model/shipped.ts'
import { buildTokenizerJson, createTextTokenizer } from '../src/engine/model/text-tokenizer.ts'
import { loadCheckpoint, type TrainState } from '../src/engine/train/checkpoint.ts'
import { checkpointPath, train, type TrainTask } from '../src/engine/train/loop.ts'
import { recipeSchema, type Recipe } from '../src/engine/train/recipe.ts'
import { createSftTask } from '../src/engine/train/sft.ts'
import { cellWindows, createWorldSource } from '../src/engine/train/storybook.ts'
import { createTokenizerTask } from '../src/engine/train/tokenizer-task.ts'
import { fileURLToPath } from 'node:url'

const model = fileURLToPath(new URL('../resources/models/storybook/', import.meta.url))
const runs = fileURLToPath(
  new URL(process.env['TANDEM_RUNS'] ? `file://${process.env['TANDEM_RUNS']}/` : '../runs/storybook/', import.meta.url),
)
const recipe = recipeSchema.parse(JSON.parse(await readFile(join(model, 'recipe.json'), 'utf8')))
const world = await loadWorld()

const stages = { text, image, predictor, export: exportWeights }
const asked = process.argv.slice(2)
for (const [name, stage] of Object.entries(stages)) if (asked.length === 0 || asked.includes(name)) await stage()

async function text(): Promise<void> {
  await writeFile(
    join(model, modelFiles.tokenizer),
    JSON.stringify(buildTokenizerJson(worldWords(world)), null, 1) + '\n',
  )
}

async function image(): Promise<void> {
  const { model: sizes, training, emptyCopies } = recipe.imageTokenizer
  const config = imageTokenizerConfigSchema.parse({ format: 'tandem-image-tokenizer', version: 1, ...sizes })
  const extra = await loadWorld(fileURLToPath(new URL('extra.json', resourcesUrl)))
  const first = cellWindows(world, sizes.factor, emptyCopies)
  const task = await createTokenizerTask(config, training, first, cellWindows(extra, sizes.factor, 1))
  const directory = join(runs, 'image-tokenizer')
  await drive(task, directory, recipe.imageTokenizer)
  const state = await loadCheckpoint(checkpointPath(directory), task.table)
  await writeHalfWeights(join(model, modelFiles.imageWeights), task.table, state.ema, {
    format: 'tandem-image-tokenizer',
  })
  await writeFile(join(model, modelFiles.imageConfig), JSON.stringify(config, null, 2) + '\n')
}

async function predictor(): Promise<void> {
  const { architecture, phases, snapshotEvery } = recipe.predictor
  const tokenizer = createTextTokenizer(JSON.parse(await readFile(join(model, modelFiles.tokenizer), 'utf8')) as object)
  const imageConfig = imageTokenizerConfigSchema.parse(
    JSON.parse(await readFile(join(model, modelFiles.imageConfig), 'utf8')),
  )
  const config = shippedConfig(architecture, tokenizer.size, imageConfig, world.size)
  await writeFile(join(model, modelFiles.config), JSON.stringify(config, null, 2) + '\n')
  const codec = await openCodec(imageConfig)
  let start: Float32Array | undefined
  for (const [i, phase] of phases.entries()) {
    const source = await createWorldSource(world, codec, tokenizer, {
      seed: recipe.seed + i,
      curriculum: phase.curriculum,
      families: phase.families,
    })
    const task = createSftTask(config, phase.sft, source, start ? { start } : {})
    const directory = join(runs, `predictor-${i + 1}`)
    console.error(`predictor, phase ${i + 1} of ${phases.length}`)
    await drive(task, directory, phase, snapshotEvery)
    start = (await loadCheckpoint(checkpointPath(directory), task.table)).ema
  }
  await codec.dispose()
}

async function openCodec(config: ImageTokenizerConfig): Promise<ImageCodec> {
  const file = await openSafetensors(join(model, modelFiles.imageWeights))
  const weights = new Map<string, Uint8Array>()
  for (const { name } of tokenizerParameters(config)) {
    const floats = await readFloats(file, name)
    weights.set(name, new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength))
  }
  return createImageCodec(config, world.size, (name) => ({ kind: 'inline', bytes: weights.get(name)! }))
}

/** Exports the latest phase that has a checkpoint, finished or not. */
async function exportWeights(): Promise<void> {
  const config = modelConfigSchema.parse(JSON.parse(await readFile(join(model, modelFiles.config), 'utf8')))
  const table = layOutParameters(modelParameters(config))
  const directories = recipe.predictor.phases.map((_, i) => join(runs, `predictor-${i + 1}`))
  const states: TrainState[] = []
  for (const directory of directories.filter((d) => existsSync(checkpointPath(d)))) {
    states.push(await loadCheckpoint(checkpointPath(directory), table))
  }
  const last = states.at(-1)
  if (!last) throw new Error('no predictor has been trained yet')
  const sum = (pick: (state: TrainState) => number): string =>
    states.reduce((n, state) => n + pick(state), 0).toFixed(0)
  const metadata = {
    format: 'tandem-model',
    phases: String(states.length),
    steps: sum((s) => s.progress.step),
    samples: sum((s) => s.progress.samples),
    seconds: sum((s) => s.progress.seconds),
  }
  await writeHalfWeights(join(model, modelFiles.weights), table, last.ema, metadata)
  console.error(`exported ${JSON.stringify(metadata)}`)
}

/** Runs a loop to its end, printing a line now and then; keeps the early checkpoint when its step passes. */
async function drive(
  task: TrainTask,
  directory: string,
  loop: Pick<Recipe['imageTokenizer'], 'steps' | 'optimiser' | 'schedule' | 'clip' | 'ema'>,
  snapshotEvery?: number,
): Promise<void> {
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  const { steps, optimiser, schedule, clip, ema } = loop
  const options = {
    directory,
    seed: recipe.seed,
    steps,
    optimiser,
    schedule,
    clip,
    ema,
    validateEvery: 1000,
    saveEvery: 120,
    resume: true,
    signal: stop.signal,
    ...(snapshotEvery ? { snapshotEvery } : {}),
  }
  const sums = new Map<string, number>()
  let counted = 0
  for await (const event of train(task, options)) {
    if (event.kind === 'step') {
      counted++
      for (const [name, value] of Object.entries(event.metrics)) sums.set(name, (sums.get(name) ?? 0) + value)
      if (event.step % 250 !== 0) continue
      const shown = [...sums].map(([name, value]) => `${name} ${(value / counted).toFixed(4)}`).join('  ')
      console.error(
        `${event.step}/${event.total}  ${shown}  lr ${event.learningRate.toExponential(1)}  ${(event.samples / event.seconds).toFixed(1)}/s  ${(event.seconds / 60).toFixed(1)} min`,
      )
      sums.clear()
      counted = 0
    } else if (event.kind === 'snapshot') {
      await writeHalfWeights(join(directory, `snapshot-${event.step}.safetensors`), task.table, event.weights, {
        step: String(event.step),
      })
    } else if (event.kind === 'validation') {
      console.error('validation', event.step, JSON.stringify(event.metrics))
    }
  }
  await task.dispose()
  if (stop.signal.aborted) process.exit(130)
}
