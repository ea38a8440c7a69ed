/**
 * The exact judge of the storybook world: six scores from 0 to 100 and two verdicts, computed from the picture, the
 * trace and the sample's ground truth alone. docs/parabench.md gives the same formulas in words; change both or none.
 */
import type { Dimension } from '../../shared/bench.ts'
import { CELLS } from '../data/world/cells.ts'
import { parseReasoning, type Sentence } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { World } from '../data/world/world.ts'
import { compareOutput, comparePicture, compareTrace, describedScene, entailedClaims } from './judge-compare.ts'
import { isValidOutcome } from './judge-outcomes.ts'
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
export const QUALITY_FULL_DISTANCE = 4

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

function isRightImage(world: World, sample: WorldSample, reading: SceneReading): boolean {
  const { scene } = reading
  const coherent = reading.cellBackgrounds.every((b, i) => b === scene.background && reading.legible[i])
  return coherent && isValidOutcome(world, sample, scene)
}

type ImageScores = Pick<Scores, 'image_consistency' | 'image_alignment' | 'image_quality'>

function imageScores(sample: WorldSample, reading: SceneReading): ImageScores {
  const { changing, keeping, placeChanges, isRight, isPlaced } = comparePicture(sample, reading)
  let met = changing.filter(isRight).length
  let demanded = changing.length
  if (placeChanges) {
    met += reading.legible.filter((_, i) => isPlaced(i)).length / CELLS
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
  const { claims, entailed } = compareTrace(world, sample, sentences)
  return {
    text_quality: share(claims.size, sentences.length),
    text_alignment: f1(countIn(claims, entailed), claims.size, entailed.size),
    output_alignment: outputAlignment(sample, sentences, reading),
  }
}

/** F1 of the claims about the result against the drawn picture, whether or not either is right. */
function outputAlignment(sample: WorldSample, sentences: readonly Sentence[], reading: SceneReading): number {
  const { said, untrue, changes, unsaid, illegible } = compareOutput(sample, sentences, reading)
  if (said.length === 0) return 0
  const precision = (said.length - untrue.length) / said.length
  const wanted = changes.length + illegible.length
  const recall = wanted === 0 ? 0 : (changes.length - unsaid.length) / wanted
  return precision + recall === 0 ? 0 : (200 * precision * recall) / (precision + recall)
}
