/** The judge on trial: ground truths it has to pass and planted errors it has to catch, counted as a confusion table. */
import { dimensionNames, type DimensionReason } from '../../shared/bench.ts'
import { seededRandom } from '../data/random.ts'
import { makeSample } from '../data/world/sample.ts'
import type { WorldSample } from '../data/world/types.ts'
import { renderScene, type World } from '../data/world/world.ts'
import { explain } from './judge-reasons.ts'
import { judge, type Judgement } from './judge.ts'
import { plant, plantedKinds, type PlantedKind } from './planted-fixtures.ts'

export interface ProofRow {
  readonly kind: string
  /** The verdicts that are right: picture, reasoning. */
  readonly expected: string
  readonly count: number
  /** How often the judge said what, by verdicts "picture/reasoning". */
  readonly said: Record<string, number>
  /** Cases with a wrong verdict, a score that fell where it must not or did not where it must, or one without its reason. */
  readonly wrong: { sample: string; what: string }[]
}

export interface Proof {
  readonly rows: ProofRow[]
  /** Milliseconds a judgement, and one with its reasons, as a result is recorded; the first ones left out. */
  readonly ms: Spread
  readonly msWithReasons: Spread
}

interface Spread {
  readonly median: number
  readonly p99: number
}

/** Judgements in which templates are indexed and code is compiled. */
const WARM_UP = 50

const verdicts = (image: boolean, reasoning: boolean): string =>
  `${image ? 'right' : 'wrong'}/${reasoning ? 'right' : 'wrong'}`

const truth: PlantedKind = {
  name: 'none (ground truth)',
  right: { image: true, reasoning: true },
  falls: [],
  stays: [
    'text_quality',
    'text_alignment',
    'image_consistency',
    'image_alignment',
    'image_quality',
    'output_alignment',
  ],
  plant: () => ({}),
}

/** Judges `truths` ground truths and `errors` planted errors, in turn of every kind. */
export function proveJudge(world: World, truths: number, errors: number, seed: number): Proof {
  const times: number[] = []
  const withReasons: number[] = []
  const rows: ProofRow[] = []
  const sampleAt = (index: number): WorldSample => makeSample(world, { split: 'test', seed, index })
  const judgeOne = (
    row: ProofRow,
    kind: PlantedKind,
    sample: WorldSample,
    rgb: Uint8Array,
    reasoning: string,
  ): void => {
    const began = performance.now()
    const judgement = judge(world, sample, { rgb, reasoning })
    times.push(performance.now() - began)
    const reasons = explain(world, sample, reasoning, judgement.reading, judgement.scores)
    withReasons.push(performance.now() - began)
    const said = verdicts(judgement.rightImage, judgement.rightReasoning)
    row.said[said] = (row.said[said] ?? 0) + 1
    const what = misjudged(kind, judgement) ?? unexplained(judgement, reasons)
    if (what !== null) row.wrong.push({ sample: sample.id, what })
  }
  const rowFor = (kind: PlantedKind, count: number): ProofRow => {
    const expected = verdicts(kind.right.image, kind.right.reasoning)
    const row = { kind: kind.name, expected, count, said: {}, wrong: [] }
    rows.push(row)
    return row
  }

  const trueRow = rowFor(truth, truths)
  let index = 0
  for (; index < truths; index++) {
    const sample = sampleAt(index)
    judgeOne(trueRow, truth, sample, renderScene(world, sample.output), sample.reasoning)
  }
  plantedKinds.forEach((kind, k) => {
    const count = Math.floor(errors / plantedKinds.length) + (k < errors % plantedKinds.length ? 1 : 0)
    const row = rowFor(kind, count)
    for (let done = 0; done < count; index++) {
      const sample = sampleAt(index)
      const planted = plant(world, sample, kind, seededRandom('planted', seed, kind.name, index))
      if (!planted) continue
      judgeOne(row, kind, sample, planted.rgb, planted.reasoning)
      done++
    }
  })
  return { rows, ms: spread(times.slice(WARM_UP)), msWithReasons: spread(withReasons.slice(WARM_UP)) }
}

function spread(times: number[]): Spread {
  const sorted = times.toSorted((a, b) => a - b)
  return { median: sorted[sorted.length >> 1]!, p99: sorted[Math.floor(sorted.length * 0.99)]! }
}

/** A dimension with less than 100 and no reason, or with 100 and one; null where there is none. */
function unexplained({ scores }: Judgement, reasons: readonly DimensionReason[]): string | null {
  for (const name of dimensionNames) {
    const [falls, named] = [(scores[name] ?? 100) < 100, reasons.some((reason) => reason.dimension === name)]
    if (falls !== named) return `${name} at ${scores[name]!} ${named ? 'has a reason' : 'has no reason'}`
  }
  return null
}

/** What the judge got wrong, or null. */
function misjudged(kind: PlantedKind, { rightImage, rightReasoning, scores }: Judgement): string | null {
  const said = verdicts(rightImage, rightReasoning)
  if (said !== verdicts(kind.right.image, kind.right.reasoning)) return `verdict ${said}`
  for (const group of kind.falls)
    if (group.every((name) => (scores[name] ?? 100) === 100)) return `${group.join(' or ')} stayed at 100`
  for (const name of kind.stays) if ((scores[name] ?? 100) !== 100) return `${name} fell to ${scores[name]!}`
  return null
}
