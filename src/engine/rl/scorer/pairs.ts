/**
 * Pairs for the scorer: a scene and a text that is true of it, both possibly unfinished as they are in the middle of a
 * run, and the same with a planted error. Texts are the world's reasoning, or plain claims about any scene, so that
 * every sprite is met in every cell.
 */
import type { Random } from '../../data/random.ts'
import { CELLS, cellIndex, cellNames } from '../../data/world/cells.ts'
import { parseReasoning, sentence, isResultClaim, type Sentence } from '../../data/world/grammar.ts'
import { makeSample } from '../../data/world/sample.ts'
import type { Split } from '../../data/world/types.ts'
import { randomScene, templateAt, type Scene, type World } from '../../data/world/world.ts'
import { cellCount, cellSize, type ScorerConfig } from './config.ts'
import { plantAny, type Claims } from './errors.ts'
import { pictureCells, type Words } from './features.ts'
import { PLANTED, PLANTED_TEXTS } from './graph.ts'
import { plantAnyText, sentenceWords, type Said } from './text-errors.ts'

export type Pair = Said

/** Shares of training pairs: claims about any scene, drawings from nothing, and the rest edits. */
const PLAIN_SHARE = 0.35
const GENERATE_SHARE = 0.15

/** The pair at an index of a split's stream: a pure function of (seed, split, index). */
export function worldPair(world: World, split: Split, seed: number, index: number, edit: boolean): Pair {
  const sample = makeSample(world, {
    split,
    seed,
    index,
    ...(edit ? {} : { families: ['generate' as const] }),
  })
  const sentences = parseReasoning(world, sample.reasoning)
  if (!sentences) throw new Error(`the trace of sample ${sample.id} does not parse in this world`)
  const results = sentences.filter(isResultClaim)
  return {
    claims: claimsOf(sample.input, sample.output, results),
    thinking: sentences.filter((s) => !isResultClaim(s)),
    results,
  }
}

function claimsOf(input: Scene | null, output: Scene, results: readonly Sentence[]): Claims {
  return {
    input,
    output,
    cells: results.flatMap(({ slots }) => (slots.cell === undefined ? [] : [cellIndex(slots.cell)])),
    place: results.some(({ kind }) => kind === 'nowPlace'),
  }
}

/** One to five true sentences about a scene of chance. */
function plainPair(world: World, random: Random): Pair {
  const output = randomScene(world, random)
  const drawn = output.cells.flatMap((content, i) => (content === null ? [] : [i]))
  const empty = Array.from({ length: CELLS }, (_, i) => i).filter((i) => output.cells[i] === null)
  const count = 1 + random.int(5)
  const told = [
    ...random.shuffle(drawn).slice(0, count),
    ...(random.next() < 0.3 && empty.length > 0 ? [random.pick(empty)] : []),
  ].sort((a, b) => a - b)
  const results: Sentence[] = []
  if (random.next() < 0.25) results.push(sentence('nowPlace', { background: output.background }))
  for (const cell of told) {
    const sprite = output.cells[cell]
    const name = cellNames[cell]!
    results.push(sprite ? sentence('nowHas', { cell: name, sprite }) : sentence('nowEmpty', { cell: name }))
  }
  return { claims: claimsOf(null, output, results), thinking: [], results }
}

export function trainingPair(world: World, seed: number, index: number, random: Random): Pair {
  const at = random.next()
  if (at < PLAIN_SHARE) return plainPair(world, random)
  return worldPair(world, 'train', seed, index, at >= PLAIN_SHARE + GENERATE_SHARE)
}

/** Cells of every (background, sprite), as the scorer sees them, so that a scene is sixteen copies. */
export type CellTable = (background: string, sprite: string | null) => Float32Array

export function makeCellTable(world: World, config: ScorerConfig): CellTable {
  const single: ScorerConfig = { ...config, grid: 1 }
  const known = new Map<string, Float32Array>()
  return (background, sprite) => {
    const key = `${background}/${sprite ?? ''}`
    let found = known.get(key)
    if (!found) {
      const at = sprite === null ? -1 : world.spriteIndex.get(sprite)!
      found = pictureCells(single, templateAt(world, world.backgroundIndex.get(background)!, at), world.cell)
      known.set(key, found)
    }
    return found
  }
}

export function sceneCells(table: CellTable, config: ScorerConfig, scene: Scene): Float32Array {
  const width = cellSize(config)
  const out = new Float32Array(cellCount(config) * width)
  scene.cells.forEach((content, i) => out.set(table(scene.background, content), i * width))
  return out
}

/**
 * A picture as it stands in the middle of a run: of a share of the cells, quarters (one code of the image tokenizer each)
 * show something else; and a little noise everywhere, which is what the tokenizer leaves.
 */
export function spoilCells(
  world: World,
  table: CellTable,
  config: ScorerConfig,
  cells: Float32Array,
  share: number,
  random: Random,
): void {
  const { pixels } = config
  const width = cellSize(config)
  const half = pixels / 2
  for (let cell = 0; cell < cellCount(config); cell++) {
    for (let quarter = 0; quarter < 4; quarter++) {
      if (random.next() >= share) continue
      const sprite = random.next() < 0.3 ? null : random.pick(world.sprites).name
      const other = table(random.pick(world.backgrounds), sprite)
      const [top, left] = [(quarter >> 1) * half, (quarter & 1) * half]
      for (let y = top; y < top + half; y++) {
        const at = (y * pixels + left) * 3
        cells.set(other.subarray(at, at + half * 3), cell * width + at)
      }
    }
  }
  const noise = 0.04 * random.next()
  for (let i = 0; i < cells.length; i++) cells[i] = cells[i]! + noise * (random.next() + random.next() - 1)
}

/** Which of a text's words are hidden, for all its tellings alike: true is hidden. */
export const drawMask = (length: number, share: number, random: Random): boolean[] =>
  Array.from({ length: length - 1 }, () => random.next() < share)

/** Words with some hidden, end included in what may be hidden: an unfinished text has no end yet. No mask: the text is whole. */
export function hideWords(words: readonly string[], mask: readonly boolean[] | null): Words {
  if (!mask) return words
  const padded = Array.from({ length: Math.max(mask.length, words.length) }, (_, i) => words[i] ?? '')
  const masked = padded.map((word, i) => ((mask[i] ?? false) ? null : word))
  // Decided padding says that the text is over: nothing stands behind it.
  const end = masked.findIndex((word) => word === '')
  return end < 0 ? masked : masked.slice(0, end)
}

/** Words with a share of them masked. */
export const maskWords = (words: readonly string[], length: number, share: number, random: Random): Words =>
  hideWords(words, share === 0 ? null : drawMask(length, share, random))

export interface TrainingRow {
  readonly words: Words
  readonly cells: Float32Array
  /** Texts with a planted error each. */
  readonly wrongWords: readonly Words[]
  /** Pictures with a planted error each. */
  readonly wrong: readonly Float32Array[]
  /** How much of the pair can be seen. */
  readonly weight: number
}

/** Share of rows that are whole; the others are as unfinished as chance has it. */
const WHOLE_SHARE = 0.5

/** A row of a training batch: a pair and planted errors, all equally unfinished. */
export function trainingRow(
  world: World,
  table: CellTable,
  config: ScorerConfig,
  pair: Pair,
  random: Random,
): TrainingRow {
  const whole = random.next() < WHOLE_SHARE
  const textShare = whole ? 0 : random.next()
  const pictureShare = whole ? 0 : 0.6 * random.next()
  const picture = (scene: Scene): Float32Array => {
    const cells = sceneCells(table, config, scene)
    spoilCells(world, table, config, cells, pictureShare, random)
    return cells
  }
  const mask = textShare === 0 ? null : drawMask(config.words, textShare, random)
  const words = hideWords(sentenceWords([...pair.thinking, ...pair.results]), mask)
  return {
    words,
    wrongWords: Array.from({ length: PLANTED_TEXTS }, () => wrongWords(world, config, pair, words, mask, random)),
    cells: picture(pair.claims.output),
    wrong: Array.from({ length: PLANTED }, () =>
      picture(plantAny(world, pair.claims, random) ?? randomScene(world, random)),
    ),
    weight: Math.max(0.05, (1 - textShare) * (1 - pictureShare)),
  }
}

/** Draws until an error is met that can be seen: where the mask hides it, the text is as true as the right one. */
const ERROR_TRIES = 4

function wrongWords(
  world: World,
  config: ScorerConfig,
  pair: Pair,
  right: Words,
  mask: readonly boolean[] | null,
  random: Random,
): Words {
  const seen = (words: Words): string => words.slice(0, config.words).join(' ')
  for (let tries = 0; tries < ERROR_TRIES; tries++) {
    const planted = plantAnyText(world, pair, random)
    if (!planted) break
    const words = hideWords(planted, mask)
    if (seen(words) !== seen(right)) return words
  }
  return hideWords(sentenceWords(plainPair(world, random).results), mask)
}
