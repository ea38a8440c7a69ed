/**
 * The storybook world as training data: cells as windows of pixels for the image tokenizer, samples as tokens for the
 * mask predictor. Codes of a scene are looked up cell by cell: a window of the tokenizer is a cell of the world.
 */
import type { Scene, World } from '../data/world/world.ts'
import { renderScene, templateAt } from '../data/world/world.ts'
import { makeSample } from '../data/world/sample.ts'
import { familyNames, type Family, type Split, type WorldSample } from '../data/world/types.ts'
import { CELLS } from '../data/world/cells.ts'
import type { ImageCodec } from '../model/image-codec.ts'
import { picturePatches, windowOrder } from '../model/image-codec.ts'
import type { TextTokenizer } from '../model/text-tokenizer.ts'
import type { TokenSample } from './batch.ts'
import type { SampleSource } from './sft.ts'

const EDIT_FAMILIES: readonly Family[] = familyNames.filter((family) => family !== 'generate')

/** Every cell of a world (each background with each sprite, and alone) as patches in [-1, 1]; empty ones `copies` times. */
export function cellWindows(world: World, factor: number, emptyCopies: number): Float32Array[] {
  const windows: Float32Array[] = []
  const grid = world.cell / factor
  for (let background = 0; background < world.backgrounds.length; background++) {
    for (let sprite = -1; sprite < world.sprites.length; sprite++) {
      const patches = picturePatches(templateAt(world, background, sprite), world.cell, factor, windowOrder(grid, grid))
      for (let i = 0; i < (sprite < 0 ? emptyCopies : 1); i++) windows.push(patches)
    }
  }
  return windows
}

/** Codes of any scene, from a table made by encoding every cell once. */
export async function sceneEncoder(world: World, codec: ImageCodec): Promise<(scene: Scene) => Int32Array> {
  const grid = world.size / codec.config.factor
  const perCell = world.cell / codec.config.factor
  const cellsAcross = world.size / world.cell
  const table = new Map<string, Int32Array[]>()
  for (const background of world.backgrounds) {
    const contents: (string | null)[] = [null, ...world.sprites.map((sprite) => sprite.name)]
    const codesOf: Int32Array[] = []
    for (let from = 0; from < contents.length; from += CELLS) {
      const cells = Array.from({ length: CELLS }, (_, i) => contents[from + i] ?? null)
      const codes = await codec.encode(renderScene(world, { background, cells }))
      cells.forEach((_, cell) => {
        if (from + cell < contents.length)
          codesOf[from + cell] = Int32Array.from(cellPlaces(cell), (place) => codes[place]!)
      })
    }
    table.set(background, codesOf)
  }
  function cellPlaces(cell: number): number[] {
    const top = Math.floor(cell / cellsAcross) * perCell
    const left = (cell % cellsAcross) * perCell
    return Array.from(
      { length: perCell * perCell },
      (_, i) => (top + Math.floor(i / perCell)) * grid + left + (i % perCell),
    )
  }
  const places = Array.from({ length: CELLS }, (_, cell) => cellPlaces(cell))
  return (scene) => {
    const codesOf = table.get(scene.background)!
    const out = new Int32Array(grid * grid)
    scene.cells.forEach((name, cell) => {
      const codes = codesOf[name === null ? 0 : world.spriteIndex.get(name)! + 1]!
      places[cell]!.forEach((place, i) => (out[place] = codes[i]!))
    })
    return out
  }
}

export interface WorldSourceOptions {
  readonly seed: number
  /** Sprites known at the start, and the share of the run after which all are. */
  readonly curriculum: { readonly sprites: number; readonly until: number }
  /** Relative shares of the edit families; 1 each when absent. */
  readonly families?: Partial<Record<Family, number>> | undefined
  /** Only these operations; all of the world's when absent. */
  readonly operations?: readonly string[] | undefined
}

/** Samples of the world as tokens; a sample is a pure function of (seed, split, index). */
export async function createWorldSource(
  world: World,
  codec: ImageCodec,
  text: TextTokenizer,
  options: WorldSourceOptions,
): Promise<SampleSource> {
  const encode = await sceneEncoder(world, codec)
  const tokens = (sample: WorldSample): TokenSample => ({
    inputImage: sample.input ? encode(sample.input) : null,
    instruction: text.encode(sample.instruction),
    outputImage: encode(sample.output),
    outputText: text.encode(sample.reasoning),
  })
  const make = (split: Split, index: number, edit: boolean, spriteLimit: number): WorldSample =>
    makeSample(world, {
      split,
      seed: options.seed,
      index,
      families: edit ? EDIT_FAMILIES : ['generate'],
      spriteLimit,
      ...(options.operations ? { operations: options.operations } : {}),
      ...(edit && split === 'train' && options.families ? { weights: options.families } : {}),
    })
  const draw = (split: Split, index: number, edit: boolean, spriteLimit: number): TokenSample =>
    tokens(make(split, index, edit, spriteLimit))
  const all = world.sprites.length
  const { sprites, until } = options.curriculum
  return {
    identity: JSON.stringify({ world: world.file.name, ...options }),
    train: (index, edit, progress) =>
      draw(
        'train',
        index,
        edit,
        progress >= until ? all : Math.min(all, Math.round(sprites + ((all - sprites) * progress) / until)),
      ),
    validation: (index, edit) => draw('val', index, edit, all),
    prompts: (_rows, count) =>
      Array.from({ length: count }, (_, i) => {
        const { input, instruction } = make('val', i, true, all)
        return { row: null, instruction, inputImage: input ? encode(input) : null }
      }),
  }
}
