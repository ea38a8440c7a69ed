/** Why the exact judge gave less than 100, dimension by dimension: what is drawn wrong, unclean, claimed wrongly, or missing. */
import { dimensionNames, type Dimension, type DimensionReason, type DimensionScores } from '../../shared/bench.ts'
import { CELLS, cellNames } from '../data/world/cells.ts'
import { parseReasoning, type Sentence } from '../data/world/grammar.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { World } from '../data/world/world.ts'
import { compareOutput, comparePicture, compareTrace, type PictureComparison } from './judge-compare.ts'
import { ILLEGIBLE_DISTANCE, type SceneReading } from './judge-read.ts'
import { QUALITY_FULL_DISTANCE } from './judge.ts'

/** More in one dimension are counted, not listed. */
const LISTED = 6

/**
 * One sentence a finding. Every score below 100 has at least one that names its dimension; a score of 100, and one that
 * does not apply (null), has none. `scores` as they are recorded; `reading` of the same answer.
 */
export function explain(
  world: World,
  sample: WorldSample,
  reasoning: string,
  reading: SceneReading,
  scores: DimensionScores,
): DimensionReason[] {
  const picture = comparePicture(sample, reading)
  const sentences = parseReasoning(world, reasoning)
  const unread = reasoning.trim() === '' ? 'Nothing was said.' : 'The reasoning is not in the language of the world.'
  const ofText = (find: (sentences: readonly Sentence[]) => string[]) => () => (sentences ? find(sentences) : [unread])
  const findings: Readonly<Record<Dimension, () => string[]>> = {
    text_quality: ofText(repeated),
    text_alignment: ofText((said) => traceFindings(world, sample, said)),
    image_consistency: () => cellFindings(picture.keeping, picture, reading),
    image_alignment: () => alignmentFindings(sample, picture, reading),
    image_quality: () => uncleanCells(reading),
    output_alignment: ofText((said) => outputFindings(sample, said, reading)),
  }
  return dimensionNames.flatMap((dimension) => {
    const score = scores[dimension]
    if (score === null || score >= 100) return []
    return shorten([...new Set(findings[dimension]())]).map((why) => ({ dimension, why }))
  })
}

function shorten(findings: readonly string[]): string[] {
  if (findings.length <= LISTED) return [...findings]
  return [...findings.slice(0, LISTED), `And ${findings.length - LISTED} more.`]
}

const show = (sprite: string | null): string => (sprite === null ? 'nothing' : `the ${sprite}`)
const illegible = (cell: number): string => `${cellNames[cell]!} shows nothing that can be named.`

/** What is wrong with those of the cells that are not right. */
function cellFindings(
  cells: readonly number[],
  { shown, wanted, isRight }: PictureComparison,
  reading: SceneReading,
): string[] {
  return cells
    .filter((i) => !isRight(i))
    .map((i) => {
      const [is, should] = [shown[i], wanted.cells[i]!]
      if (is === undefined) return illegible(i)
      if (is !== should) return `${cellNames[i]!} shows ${show(is)}, not ${show(should)}.`
      return placeFinding(i, wanted.background, reading)
    })
}

/** A cell on another place than the wanted one, which the whole picture may share. */
function placeFinding(cell: number, wanted: string, { scene, cellBackgrounds }: SceneReading): string {
  if (scene.background !== wanted) return `The place is ${scene.background}, not ${wanted}.`
  return `${cellNames[cell]!} stands on ${cellBackgrounds[cell]!}, not on ${wanted}.`
}

function alignmentFindings(sample: WorldSample, picture: PictureComparison, reading: SceneReading): string[] {
  const { changing, keeping, placeChanges, wanted, isPlaced } = picture
  const offPlace = placeChanges ? reading.legible.flatMap((_, i) => (isPlaced(i) ? [] : [i])) : []
  return [
    ...offPlace.map((i) => (reading.legible[i] ? placeFinding(i, wanted.background, reading) : illegible(i))),
    ...cellFindings(changing, picture, reading),
    ...(sample.input ? [] : cellFindings(keeping, picture, reading)),
  ]
}

function uncleanCells({ cellDistance }: SceneReading): string[] {
  const worst = cellDistance.indexOf(Math.max(...cellDistance))
  const count = cellDistance.filter((d) => d > QUALITY_FULL_DISTANCE).length
  return [
    `${count} of ${CELLS} cells are not clean; ${cellNames[worst]!} is furthest from its template, by ${cellDistance[worst]!.toFixed(1)} (clean up to ${QUALITY_FULL_DISTANCE}, illegible above ${ILLEGIBLE_DISTANCE}).`,
  ]
}

function repeated(sentences: readonly Sentence[]): string[] {
  const counts = new Map<string, number>()
  for (const { text } of sentences) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts].flatMap(([text, n]) => (n === 1 ? [] : [`Said ${n === 2 ? 'twice' : `${n} times`}: "${text}"`]))
}

function traceFindings(world: World, sample: WorldSample, sentences: readonly Sentence[]): string[] {
  const { claims, entailed } = compareTrace(world, sample, sentences)
  return [
    ...[...claims].filter((t) => !entailed.has(t)).map((t) => `Wrong: "${t}"`),
    ...[...entailed].filter((t) => !claims.has(t)).map((t) => `Missing: "${t}"`),
  ]
}

function outputFindings(sample: WorldSample, sentences: readonly Sentence[], reading: SceneReading): string[] {
  const found = compareOutput(sample, sentences, reading)
  if (found.said.length === 0) return ['It claims nothing about the result.']
  return [
    ...found.untrue.map((s) => `Said, not drawn: "${s.text}"`),
    ...(found.changes.length + found.illegible.length === 0 ? ['The picture shows no change.'] : []),
    ...found.unsaid.map((s) => `Drawn, not said: "${s.text}"`),
    ...found.illegible.map(illegible),
  ]
}
