/**
 * What rollouts are made for: instructions with their inputs, from the storybook world or from a data set; and the choice
 * of the hardest of them, as the paper trains on the 10 % the fine-tuned model does worst at.
 */
import { TandemError } from '../../shared/errors.ts'
import type { RlData, RlSettings } from '../../shared/rl.ts'
import { hashWords, seededRandom } from '../data/random.ts'
import { openDataset } from '../data/formats/open.ts'
import type { DatasetRow } from '../data/formats/types.ts'
import { makeSample } from '../data/world/sample.ts'
import { familyNames, type Split, type WorldSample } from '../data/world/types.ts'
import { loadWorld, renderScene, type World } from '../data/world/world.ts'
import { normaliseInstruction } from '../data/world/words.ts'
import { readPicture } from '../images.ts'
import { prepareRun, type Engine } from '../run.ts'
import type { Pair } from './pairs.ts'
import type { RlPrompt } from './rollout.ts'

const EDIT_FAMILIES = familyNames.filter((family) => family !== 'generate')

export interface PromptSource {
  readonly world: World | null
  /** At most `count` prompts of a split, of a data set drawn at random: those that train by the run's seed. */
  prompts(split: Split, count: number): Promise<RlPrompt[]>
  /** What a scale is measured on: a random 1 % of the true pairs that train, at least `least`; of a world, just as many. */
  truePairs(least: number): Promise<Pair[]>
}

type RolloutSettings = Pick<RlSettings, 'denoisingSteps' | 'mode' | 'temperatures' | 'seed'>

export async function openPrompts(
  engine: Engine,
  data: RlData,
  settings: RolloutSettings,
  signal: AbortSignal,
): Promise<PromptSource> {
  return data.kind === 'world'
    ? worldPrompts(engine, data, settings, await (data.path ? loadWorld(data.path) : loadWorld()))
    : folderPrompts(engine, data.path, settings, signal)
}

async function promptOf(
  engine: Engine,
  settings: RolloutSettings,
  prompt: Omit<RlPrompt, 'header'>,
  input: Uint8Array | null,
): Promise<RlPrompt> {
  const header = await prepareRun(engine, {
    instruction: prompt.instruction,
    input,
    mode: settings.mode,
    steps: settings.denoisingSteps,
    seed: 0,
    guidance: { text: 0, image: 0 },
    temperatures: settings.temperatures,
  }).catch((error: unknown) => {
    throw error instanceof TandemError
      ? new TandemError(`Prompt ${prompt.id}: ${error.message}`, error.remedy, error.kind, { cause: error })
      : error
  })
  return { ...prompt, header }
}

function worldPrompts(
  engine: Engine,
  data: Extract<RlData, { kind: 'world' }>,
  settings: RolloutSettings,
  world: World,
): PromptSource {
  const { size } = engine.model.config.image
  if (world.size !== size)
    throw new TandemError(
      `The world draws ${world.size} px pictures, the model reads ${size} px.`,
      'Give a data set with --data instead.',
    )
  const sampleAt = (split: Split, index: number): WorldSample => {
    const edit = seededRandom('pararl-kind', data.seed, split, index).next() >= data.generateShare
    // A world may be smaller than the share of it that is asked for.
    const spriteLimit = Math.min(data.sprites, world.sprites.length)
    return makeSample(world, {
      split,
      seed: data.seed,
      index,
      families: edit ? EDIT_FAMILIES : ['generate'],
      spriteLimit,
      ...(data.operations ? { operations: data.operations } : {}),
    })
  }
  return {
    world,
    async prompts(split, count) {
      const out: RlPrompt[] = []
      for (let index = 0; index < count; index++) {
        const sample = sampleAt(split, index)
        const input = sample.input ? renderScene(world, sample.input) : null
        const { id, instruction } = sample
        out.push(await promptOf(engine, settings, { index, id, instruction, sample }, input))
      }
      return out
    },
    truePairs: (least) =>
      Promise.resolve(
        Array.from({ length: least }, (_, i) => {
          // Other samples than the prompts', which stand at the start of the stream.
          const sample = sampleAt('train', 1_000_000 + i)
          return { words: sample.reasoning.split(' '), rgb: renderScene(world, sample.output), size, sample }
        }),
      ),
  }
}

async function folderPrompts(
  engine: Engine,
  path: string,
  settings: RolloutSettings,
  signal: AbortSignal,
): Promise<PromptSource> {
  const { size } = engine.model.config.image
  const set = await openDataset(path)
  async function* rowsOf(split: Split): AsyncGenerator<DatasetRow, void, undefined> {
    for await (const entry of set.entries()) {
      if (signal.aborted) return
      if (entry.kind === 'row' && (entry.row.split ?? 'train') === split) yield entry.row
    }
  }
  /** Rows of a split drawn at random, in their order. They are counted first: no picture of another row is read. */
  async function* drawnRows(
    split: Split,
    countOf: (rows: number) => number,
  ): AsyncGenerator<DatasetRow, void, undefined> {
    let rows = 0
    for await (const _row of rowsOf(split)) rows++
    // What validates is the same in every run: runs are compared by it.
    const seed = split === 'train' ? settings.seed : 0
    const order = seededRandom('pararl-rows', seed, split).shuffle(Array.from({ length: rows }, (_, i) => i))
    const drawn = new Set(order.slice(0, countOf(rows)))
    let at = 0
    for await (const row of rowsOf(split)) if (drawn.has(at++)) yield row
  }
  const read = async (split: Split, count: number): Promise<RlPrompt[]> => {
    const out: RlPrompt[] = []
    for await (const { id, instruction, inputImage } of drawnRows(split, () => count)) {
      const bytes = inputImage ? await inputImage.read() : null
      const input = bytes && inputImage ? (await readPicture({ name: inputImage.name, bytes }, { size })).rgb : null
      const words = normaliseInstruction(instruction)
      out.push(await promptOf(engine, settings, { index: out.length, id, instruction: words, sample: null }, input))
    }
    return out
  }
  return {
    world: null,
    prompts: read,
    async truePairs(least) {
      const out: Pair[] = []
      const count = (rows: number): number => Math.max(least, Math.ceil(rows / 100))
      for await (const { outputImage, reasoning } of drawnRows('train', count)) {
        const bytes = await outputImage.read()
        const { rgb } = await readPicture({ name: outputImage.name, bytes }, { size })
        out.push({ words: reasoning.split(/\s+/).filter(Boolean), rgb, size, sample: null })
      }
      return out
    },
  }
}

/** (8) Indices of the worst `share` by mark, ascending index; what has no mark counts as worst: the model failed at it. */
export function hardest(marks: readonly number[], share: number, least: number): number[] {
  const order = marks.map((_, i) => i)
  const badness = (i: number): number => (Number.isFinite(marks[i]) ? marks[i]! : -Infinity)
  order.sort((a, b) => badness(a) - badness(b) || a - b)
  const count = Math.min(marks.length, Math.max(least, Math.ceil(share * marks.length)))
  return order.slice(0, count).sort((a, b) => a - b)
}

/** Which prompts of the set a phase asks: epochs of the whole set, each in an order of its own. */
export function promptsOfPhase(count: number, phase: number, perPhase: number, seed: number): number[] {
  const out: number[] = []
  for (let i = 0; i < Math.min(perPhase, count); i++) {
    const at = phase * Math.min(perPhase, count) + i
    const epoch = Math.floor(at / count)
    const order = seededRandom('pararl-epoch', seed, epoch).shuffle(Array.from({ length: count }, (_, k) => k))
    out.push(order[at % count]!)
  }
  return out
}

export const rolloutSeed = (seed: number, phase: number, prompt: number, rollout: number): number =>
  hashWords(['pararl', seed, phase, prompt, rollout], 1)[0]!
