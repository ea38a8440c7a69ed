/**
 * The exact judge of the storybook world: six scores from 0 to 100 and two verdicts, computed from the picture, the
 * trace and the sample's ground truth alone. docs/parabench.md gives the same formulas in words; change both or none.
 */
import type { Dimension } from '../../shared/bench.ts'
import { CELLS, cellIndex } from '../data/world/cells.ts'
import { isResultClaim, parseReasoning, type Sentence } from '../data/world/grammar.ts'
import { resultClaims } from '../data/world/operations/kit.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { Scene, World } from '../data/world/world.ts'
import { isValidOutcome, nearestOutcome } from './judge-outcomes.ts'
import { ILLEGIBLE_DISTANCE, readScene, type SceneReading } from './judge-read.ts'

export { isValidOutcome } from './judge-outcomes.ts'
export { readScene, type SceneReading } from './judge-read.ts'

export { dimensionNames, type Dimension } from '../../shared/bench.ts'

/** 0 to 100 each; image_consistency is null for generation, where there is no input to be consistent with. */
export type Scores = Record<Exclude<Dimension, 'image_consistency'>, number> & { image_consistency: number | null }

export interface Answer {
  /** RGB [128, 128, 3]. */
  rgb: Uint8Array
  /** The trace as text; empty for an image-only answer. */
  reasoning: string
}

export interface Judgement {
  rightImage: boolean
  rightReasoning: boolean
  scores: Scores
  reading: SceneReading
}

/** Up to this RMS colour distance a cell has full Image Quality; from here it falls to 0 at ILLEGIBLE_DISTANCE. */
const QUALITY_FULL_DISTANCE = 4

/** Marks one answer. Pure; about 2 ms. */
export function judge(world: World, sample: WorldSample, answer: Answer): Judgement {
  const reading = readScene(world, answer.rgb)
  const sentences = parseReasoning(world, answer.reasoning)
  return {
    rightImage: isRightImage(world, sample, reading),
    rightReasoning: sentences !== null && isRightReasoning(world, sample, sentences),
    scores: { ...textScores(world, sample, sentences, reading), ...imageScores(sample, reading) },
    reading,
  }
}

const share = (part: number, whole: number): number => (whole === 0 ? 100 : (100 * part) / whole)

/** Harmonic mean of precision and recall as 0..100, from counts. */
function f1(hits: number, said: number, wanted: number): number {
  return said + wanted === 0 ? 100 : (200 * hits) / (said + wanted)
}

/** How many of the claims are among the others. */
const countIn = (claims: ReadonlySet<string>, others: ReadonlySet<string>): number =>
  [...claims].filter((c) => others.has(c)).length

// ---- the picture

/** What the picture shows, with cells that show nothing nameable as undefined. */
function contentsOf(reading: SceneReading): (string | null | undefined)[] {
  return reading.scene.cells.map((c, i) => (reading.legible[i] ? c : undefined))
}

function isRightImage(world: World, sample: WorldSample, reading: SceneReading): boolean {
  const { scene } = reading
  const coherent = reading.cellBackgrounds.every((b, i) => b === scene.background && reading.legible[i])
  return coherent && isValidOutcome(world, sample, scene)
}

type ImageScores = Pick<Scores, 'image_consistency' | 'image_alignment' | 'image_quality'>

function imageScores(sample: WorldSample, reading: SceneReading): ImageScores {
  const shown = contentsOf(reading)
  const wanted = nearestOutcome(sample, shown)
  const before: Scene = sample.input ?? { background: '', cells: Array.from({ length: CELLS }, () => null) }
  const placeChanges = before.background !== wanted.background
  const onWantedPlace = (i: number): boolean => reading.cellBackgrounds[i] === wanted.background
  const cells = wanted.cells.map((_, i) => i)
  const changing = cells.filter((i) => wanted.cells[i] !== before.cells[i])
  const keeping = cells.filter((i) => wanted.cells[i] === before.cells[i])
  // Where the place itself is to change, a cell's sprite and its background are two separate demands.
  const isRight = (i: number): boolean => shown[i] === wanted.cells[i] && (placeChanges || onWantedPlace(i))

  let met = changing.filter(isRight).length
  let demanded = changing.length
  if (placeChanges) {
    met += cells.filter((i) => reading.legible[i] && onWantedPlace(i)).length / CELLS
    demanded += 1
  }
  // A drawing has no input to keep; whatever nobody asked for weighs as a demand that was not met.
  if (!sample.input) demanded += keeping.filter((i) => !isRight(i)).length

  const span = ILLEGIBLE_DISTANCE - QUALITY_FULL_DISTANCE
  const quality = reading.cellDistance.map((d) => 1 - Math.max(0, Math.min(1, (d - QUALITY_FULL_DISTANCE) / span)))
  return {
    image_consistency: sample.input ? share(keeping.filter(isRight).length, keeping.length) : null,
    image_alignment: share(met, demanded),
    image_quality: share(
      quality.reduce((sum, q) => sum + q, 0),
      CELLS,
    ),
  }
}

// ---- the text

/** The picture a trace describes: its claims about the result, carried out on the input. */
function describedScene(sample: WorldSample, sentences: readonly Sentence[]): Scene {
  const cells = sample.input ? [...sample.input.cells] : Array.from({ length: CELLS }, () => null)
  const scene: Scene = { background: sample.input?.background ?? '', cells }
  for (const { kind, slots } of sentences) {
    if (kind === 'nowPlace') scene.background = slots.background!
    if (kind === 'nowHas') scene.cells[cellIndex(slots.cell!)] = slots.sprite!
    if (kind === 'nowEmpty') scene.cells[cellIndex(slots.cell!)] = null
  }
  return scene
}

/** Everything the input and the instruction entail, given which right outcome is meant. */
function entailedClaims(world: World, sample: WorldSample, outcome: Scene): Set<string> {
  const truth = parseReasoning(world, sample.reasoning)
  if (!truth) throw new Error(`the trace of sample ${sample.id} does not parse in this world`)
  const thinking = truth.filter((s) => !isResultClaim(s))
  return new Set([...thinking, ...resultClaims(sample.input, outcome)].map((s) => s.text))
}

function isRightReasoning(world: World, sample: WorldSample, sentences: readonly Sentence[]): boolean {
  const described = describedScene(sample, sentences)
  if (!isValidOutcome(world, sample, described)) return false
  const entailed = entailedClaims(world, sample, described)
  const claims = new Set(sentences.map((s) => s.text))
  // As many sentences as entailed claims, all different, all entailed.
  return (
    sentences.length === entailed.size && claims.size === entailed.size && countIn(claims, entailed) === claims.size
  )
}

type TextScores = Pick<Scores, 'text_quality' | 'text_alignment' | 'output_alignment'>

function textScores(
  world: World,
  sample: WorldSample,
  sentences: Sentence[] | null,
  reading: SceneReading,
): TextScores {
  if (!sentences) return { text_quality: 0, text_alignment: 0, output_alignment: 0 }
  const claims = new Set(sentences.map((s) => s.text))
  const meant = nearestOutcome(sample, describedScene(sample, sentences).cells)
  const entailed = entailedClaims(world, sample, meant)
  return {
    text_quality: share(claims.size, sentences.length),
    text_alignment: f1(countIn(claims, entailed), claims.size, entailed.size),
    output_alignment: outputAlignment(sample, sentences, reading),
  }
}

/** F1 of the claims about the result against the drawn picture, whether or not either is right. */
function outputAlignment(sample: WorldSample, sentences: readonly Sentence[], reading: SceneReading): number {
  const said = [...new Map(sentences.filter(isResultClaim).map((s) => [s.text, s])).values()]
  if (said.length === 0) return 0
  const shown = contentsOf(reading)
  const isTrue = ({ kind, slots }: Sentence): boolean => {
    if (kind === 'nowPlace') return reading.scene.background === slots.background
    return shown[cellIndex(slots.cell!)] === (kind === 'nowHas' ? slots.sprite! : null)
  }
  // What the picture changed and a complete trace would say; a cell nobody can name can be claimed by no one.
  const legibleChanges = resultClaims(sample.input, reading.scene).filter(
    (c) => c.kind === 'nowPlace' || reading.legible[cellIndex(c.slots.cell!)],
  )
  const illegible = reading.legible.filter((ok) => !ok).length
  const saidTexts = new Set(said.map((s) => s.text))
  const precision = said.filter(isTrue).length / said.length
  const wanted = legibleChanges.length + illegible
  const recall = wanted === 0 ? 0 : legibleChanges.filter((c) => saidTexts.has(c.text)).length / wanted
  return precision + recall === 0 ? 0 : (200 * precision * recall) / (precision + recall)
}
