/**
 * What an answer is set against: which cells and claims count, which of them are right. Scores are shares of these and
 * reasons are their names, so that the two cannot say different things.
 */
import { CELLS, cellIndex } from '../data/world/cells.ts'
import { isResultClaim, parseReasoning, type Sentence } from '../data/world/grammar.ts'
import { resultClaims } from '../data/world/operations/kit.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { Scene, World } from '../data/world/world.ts'
import { nearestOutcome, type Contents } from './judge-outcomes.ts'
import type { SceneReading } from './judge-read.ts'

/** What the picture shows, with cells that show nothing nameable as undefined. */
export function contentsOf(reading: SceneReading): Contents {
  return reading.scene.cells.map((c, i) => (reading.legible[i] ? c : undefined))
}

export interface PictureComparison {
  readonly shown: Contents
  /** The right outcome that is nearest to what is shown. */
  readonly wanted: Scene
  /** The place itself is to become another one; in a drawing it always is. */
  readonly placeChanges: boolean
  /** Cells in which the wanted scene differs from the input, and the others. */
  readonly changing: readonly number[]
  readonly keeping: readonly number[]
  readonly isRight: (cell: number) => boolean
  /** The cell shows something, on the wanted place. */
  readonly isPlaced: (cell: number) => boolean
}

export function comparePicture(sample: WorldSample, reading: SceneReading): PictureComparison {
  const shown = contentsOf(reading)
  const wanted = nearestOutcome(sample, shown)
  const before: Scene = sample.input ?? { background: '', cells: Array.from({ length: CELLS }, () => null) }
  const placeChanges = before.background !== wanted.background
  const onWantedPlace = (i: number): boolean => reading.cellBackgrounds[i] === wanted.background
  const cells = wanted.cells.map((_, i) => i)
  return {
    shown,
    wanted,
    placeChanges,
    changing: cells.filter((i) => wanted.cells[i] !== before.cells[i]),
    keeping: cells.filter((i) => wanted.cells[i] === before.cells[i]),
    // Where the place itself is to change, a cell's sprite and its background are two separate demands.
    isRight: (i) => shown[i] === wanted.cells[i] && (placeChanges || onWantedPlace(i)),
    isPlaced: (i) => reading.legible[i]! && onWantedPlace(i),
  }
}

/** The picture a trace describes: its claims about the result, carried out on the input. */
export function describedScene(sample: WorldSample, sentences: readonly Sentence[]): Scene {
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
export function entailedClaims(world: World, sample: WorldSample, outcome: Scene): Set<string> {
  const truth = parseReasoning(world, sample.reasoning)
  if (!truth) throw new Error(`the trace of sample ${sample.id} does not parse in this world`)
  const thinking = truth.filter((s) => !isResultClaim(s))
  return new Set([...thinking, ...resultClaims(sample.input, outcome)].map((s) => s.text))
}

export interface TraceComparison {
  /** Its distinct sentences. */
  readonly claims: ReadonlySet<string>
  /** What it should say, of the right outcome nearest to the one it describes. */
  readonly entailed: ReadonlySet<string>
}

export function compareTrace(world: World, sample: WorldSample, sentences: readonly Sentence[]): TraceComparison {
  const meant = nearestOutcome(sample, describedScene(sample, sentences).cells)
  return { claims: new Set(sentences.map((s) => s.text)), entailed: entailedClaims(world, sample, meant) }
}

/** Claims about the result against the drawn picture, whether or not either is right. */
export interface OutputComparison {
  /** Distinct claims about the result; of them, those that the picture does not show. */
  readonly said: readonly Sentence[]
  readonly untrue: readonly Sentence[]
  /** What the picture changed, as a complete trace would say it; of that, what the trace leaves out. */
  readonly changes: readonly Sentence[]
  readonly unsaid: readonly Sentence[]
  /** Cells that nobody can name, and so nobody can claim. */
  readonly illegible: readonly number[]
}

export function compareOutput(
  sample: WorldSample,
  sentences: readonly Sentence[],
  reading: SceneReading,
): OutputComparison {
  const said = [...new Map(sentences.filter(isResultClaim).map((s) => [s.text, s])).values()]
  const shown = contentsOf(reading)
  const isTrue = ({ kind, slots }: Sentence): boolean => {
    if (kind === 'nowPlace') return reading.scene.background === slots.background
    return shown[cellIndex(slots.cell!)] === (kind === 'nowHas' ? slots.sprite! : null)
  }
  const changes = resultClaims(sample.input, reading.scene).filter(
    (c) => c.kind === 'nowPlace' || reading.legible[cellIndex(c.slots.cell!)],
  )
  const texts = new Set(said.map((s) => s.text))
  return {
    said,
    untrue: said.filter((s) => !isTrue(s)),
    changes,
    unsaid: changes.filter((c) => !texts.has(c.text)),
    illegible: reading.legible.flatMap((legible, i) => (legible ? [] : [i])),
  }
}
