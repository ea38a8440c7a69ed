/**
 * A recipe carried out: text tokenizer, image tokenizer, mask predictor, export, early checkpoint. Every stage checkpoints
 * in the folder of the run and goes on where it was stopped; what comes out is put beside the recipe.
 */
import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { TandemError } from '../../shared/errors.ts'
import { imageTokenizerConfigSchema, modelConfigSchema, type ImageTokenizerConfig } from '../../shared/model-config.ts'
import { readScene } from '../bench/judge.ts'
import { CELLS } from '../data/world/cells.ts'
import { loadWorld, renderScene, resourcesUrl, type World } from '../data/world/world.ts'
import { worldWords } from '../data/world/words.ts'
import { writeFileAtomic } from '../files.ts'
import { createImageCodec, type ImageCodec } from '../model/image-codec.ts'
import { modelFiles, readJson, writeHalfWeights } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { tokenizerParameters } from '../model/image-tokenizer.ts'
import { layOutParameters } from '../model/parameters.ts'
import { openSafetensors, readFloats } from '../model/safetensors.ts'
import { shippedConfig } from '../model/shipped.ts'
import { buildTokenizerJson, loadTextTokenizer } from '../model/text-tokenizer.ts'
import { loadCheckpoint, type TrainState } from './checkpoint.ts'
import { checkpointPath, train, type TrainTask } from './loop.ts'
import { recipeSchema, type Recipe } from './recipe.ts'
import { createSftTask } from './sft.ts'
import { cellWindows, createWorldSource } from './storybook.ts'
import { createTokenizerTask } from './tokenizer-task.ts'

export const remakeStages = ['text', 'image', 'predictor', 'export', 'early'] as const
export type RemakeStage = (typeof remakeStages)[number]

export interface RemakeOptions {
  /** The folder that holds recipe.json and gets the model. */
  readonly model: string
  /** The folder that gets the early checkpoint as a model of its own. */
  readonly early: string
  /** Where checkpoints and snapshots are kept. */
  readonly runs: string
  /** All of them when absent, in their order. */
  readonly stages?: readonly RemakeStage[]
  /** Stops between two steps, with a checkpoint: the promise is then refused as cancelled. */
  readonly signal?: AbortSignal
  readonly say: (line: string) => void
}

/** What every stage needs. */
interface Bench extends RemakeOptions {
  readonly recipe: Recipe
  readonly world: World
}

/** The name of what comes out is the architecture's; that of the early one has this behind it. */
const EARLY = '-early'
/** Steps between lines. */
const SAY_EVERY = 250

export async function remake(options: RemakeOptions): Promise<void> {
  const recipe = await readJson(join(options.model, 'recipe.json'), recipeSchema, 'the recipe')
  const bench: Bench = { ...options, recipe, world: await loadWorld() }
  const stages = { text, image, predictor, export: exportWeights, early: exportEarly }
  for (const name of remakeStages) if (options.stages?.includes(name) ?? true) await stages[name](bench)
}

async function text({ model, world }: Bench): Promise<void> {
  await writeJson(join(model, modelFiles.tokenizer), buildTokenizerJson(worldWords(world)), 1)
}

/**
 * Two cells of the world may end with the same codes, and then one of them can never be drawn. Training then begins again
 * from another start, with what was misread so far shown as often as an empty cell, of which there are the most.
 */
async function image(bench: Bench): Promise<void> {
  const { model, runs, world, recipe, say } = bench
  const { model: sizes, training, emptyCopies, attempts, mostWrong } = recipe.imageTokenizer
  const config = imageTokenizerConfigSchema.parse({ format: 'tandem-image-tokenizer', version: 1, ...sizes })
  const extra = await loadWorld(fileURLToPath(new URL('extra.json', resourcesUrl)))
  const first = cellWindows(world, sizes.factor, emptyCopies)
  const second = cellWindows(extra, sizes.factor, 1)
  const hard: Float32Array[] = []
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const task = await createTokenizerTask(config, training, [...first, ...hard], second)
    const directory = join(runs, attempt === 1 ? 'image-tokenizer' : `image-tokenizer-${attempt}`)
    await drive(bench, task, directory, recipe.imageTokenizer, { seed: recipe.seed + attempt - 1 })
    const { ema } = await loadCheckpoint(checkpointPath(directory), task.table)
    await writeHalfWeights(join(model, modelFiles.imageWeights), task.table, ema, { format: 'tandem-image-tokenizer' })
    await writeJson(join(model, modelFiles.imageConfig), config)
    const wrong = await cellsReadWrong(bench, config)
    const which = wrong.slice(0, 5).map(({ what }) => what)
    say(
      `image tokenizer, attempt ${attempt}: ${wrong.length} cells are misread${which.length > 0 ? `: ${which.join(', ')}` : ''}`,
    )
    if (wrong.length <= mostWrong) return
    for (const { window } of wrong) hard.push(...Array.from({ length: emptyCopies }, () => window))
  }
  throw new TandemError(
    `No image tokenizer of ${attempts} draws the world so that it is read right.`,
    'Give the recipe more steps, more bits, or another seed.',
  )
}

interface Misread {
  readonly what: string
  /** The cell as the tokenizer is shown it. */
  readonly window: Float32Array
}

/** Every background with every sprite, and empty, drawn through the tokenizer beside empty cells: which are misread. */
async function cellsReadWrong(bench: Bench, config: ImageTokenizerConfig): Promise<Misread[]> {
  const { world } = bench
  const codec = await openCodec(bench, config)
  const windows = cellWindows(world, config.factor, 1)
  const wrong = new Map<number, Misread>()
  for (const [b, background] of world.backgrounds.entries()) {
    for (let from = 0; from < world.sprites.length; from += CELLS / 2) {
      const cells = Array.from({ length: CELLS }, (_, i) =>
        i % 2 === 0 ? (world.sprites[from + i / 2]?.name ?? null) : null,
      )
      const drawn = await codec.decode(await codec.encode(renderScene(world, { background, cells })))
      const { scene } = readScene(world, drawn)
      cells.forEach((name, i) => {
        if (scene.cells[i] === name && scene.background === background) return
        const sprite = name === null ? -1 : world.spriteIndex.get(name)!
        const at = b * (world.sprites.length + 1) + sprite + 1
        wrong.set(at, { what: `${background} with ${name ?? 'nothing'}`, window: windows[at]! })
      })
    }
  }
  await codec.dispose()
  return [...wrong.values()]
}

const phaseFolder = (runs: string, phase: number): string => join(runs, `predictor-${phase}`)
const snapshotPath = (directory: string, step: number): string => join(directory, `snapshot-${step}.safetensors`)

async function predictor(bench: Bench): Promise<void> {
  const { model, runs, world, recipe } = bench
  const { architecture, phases, snapshotEvery } = recipe.predictor
  const tokenizer = await loadTextTokenizer(join(model, modelFiles.tokenizer))
  const imageConfig = await readJson(
    join(model, modelFiles.imageConfig),
    imageTokenizerConfigSchema,
    'the image tokenizer',
  )
  const config = shippedConfig(architecture, tokenizer.size, imageConfig, world.size)
  await writeJson(join(model, modelFiles.config), config)
  const codec = await openCodec(bench, imageConfig)
  try {
    let start: Float32Array | undefined
    for (const [i, phase] of phases.entries()) {
      const source = await createWorldSource(world, codec, tokenizer, {
        seed: recipe.seed + i,
        curriculum: phase.curriculum,
        families: phase.families,
      })
      const task = createSftTask(config, phase.sft, source, start ? { start } : {})
      const directory = phaseFolder(runs, i + 1)
      bench.say(`predictor, phase ${i + 1} of ${phases.length}`)
      await drive(bench, task, directory, phase, { seed: recipe.seed, snapshotEvery })
      start = (await loadCheckpoint(checkpointPath(directory), task.table)).ema
    }
  } finally {
    await codec.dispose()
  }
}

async function openCodec({ model, world }: Bench, config: ImageTokenizerConfig): Promise<ImageCodec> {
  const file = await openSafetensors(join(model, modelFiles.imageWeights))
  const weights = new Map<string, Uint8Array>()
  for (const { name } of tokenizerParameters(config)) {
    const floats = await readFloats(file, name)
    weights.set(name, new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength))
  }
  return createImageCodec(config, world.size, (name) => ({ kind: 'inline', bytes: weights.get(name)! }))
}

/** Exports the latest phase that has a checkpoint, finished or not. */
async function exportWeights({ model, runs, recipe, say }: Bench): Promise<void> {
  const config = await readJson(join(model, modelFiles.config), modelConfigSchema, 'the model config')
  const table = layOutParameters(modelParameters(config))
  const directories = recipe.predictor.phases.map((_, i) => phaseFolder(runs, i + 1))
  const states: TrainState[] = []
  for (const directory of directories.filter((d) => existsSync(checkpointPath(d))))
    states.push(await loadCheckpoint(checkpointPath(directory), table))
  const last = states.at(-1)
  if (!last) throw new TandemError('No predictor has been trained yet.', 'Carry out the stage "predictor" first.')
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
  say(`exported ${JSON.stringify(metadata)}`)
}

/** The recipe's snapshot as a model of its own, beside the tokenizers it was trained with. */
async function exportEarly({ model, early: folder, runs, recipe, say }: Bench): Promise<void> {
  const { phase, step } = recipe.predictor.early
  const weights = snapshotPath(phaseFolder(runs, phase), step)
  if (!existsSync(weights))
    throw new TandemError(
      `Phase ${phase} has left no snapshot of step ${step} yet.`,
      'Carry out the stage "predictor" first.',
    )
  const config = await readJson(join(model, modelFiles.config), modelConfigSchema, 'the model config')
  await mkdir(folder, { recursive: true })
  await writeJson(join(folder, modelFiles.config), { ...config, name: config.name + EARLY })
  for (const name of [modelFiles.tokenizer, modelFiles.imageConfig, modelFiles.imageWeights])
    await copyFile(join(model, name), join(folder, name))
  await copyFile(weights, join(folder, modelFiles.weights))
  say(`kept step ${step} of phase ${phase} as ${config.name}${EARLY}`)
}

const writeJson = (path: string, value: unknown, indent = 2): Promise<void> =>
  writeFileAtomic(path, JSON.stringify(value, null, indent) + '\n')

/** Runs a loop to its end, telling a line now and then; keeps snapshots as their steps pass. */
async function drive(
  { signal, say }: Bench,
  task: TrainTask,
  directory: string,
  loop: Pick<Recipe['imageTokenizer'], 'steps' | 'optimiser' | 'schedule' | 'clip' | 'ema'>,
  { seed, snapshotEvery }: { readonly seed: number; readonly snapshotEvery?: number },
): Promise<void> {
  const { steps, optimiser, schedule, clip, ema } = loop
  const options = {
    ...{ directory, seed, steps, optimiser, schedule, clip, ema },
    ...{ validateEvery: 1000, saveEvery: 120, resume: true },
    ...(signal ? { signal } : {}),
    ...(snapshotEvery ? { snapshotEvery } : {}),
  }
  const sums = new Map<string, number>()
  let counted = 0
  try {
    for await (const event of train(task, options)) {
      if (event.kind === 'step') {
        counted++
        for (const [name, value] of Object.entries(event.metrics)) sums.set(name, (sums.get(name) ?? 0) + value)
        if (event.step % SAY_EVERY !== 0) continue
        const shown = [...sums].map(([name, value]) => `${name} ${(value / counted).toFixed(4)}`).join('  ')
        const { step, total, learningRate, samples, seconds } = event
        say(
          `${step}/${total}  ${shown}  lr ${learningRate.toExponential(1)}  ${(samples / seconds).toFixed(1)}/s  ${(seconds / 60).toFixed(1)} min`,
        )
        sums.clear()
        counted = 0
      } else if (event.kind === 'snapshot') {
        await writeHalfWeights(snapshotPath(directory, event.step), task.table, event.weights, {
          step: String(event.step),
        })
      } else if (event.kind === 'validation') say(`validation ${event.step} ${JSON.stringify(event.metrics)}`)
    }
  } finally {
    await task.dispose()
  }
  if (signal?.aborted) throw new TandemError('Stopped.', 'Run it again to go on.', 'cancelled')
}
