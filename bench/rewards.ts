/**
 * What a reward knows: rollouts of a model, marked at some of their steps by the scorer and by the exact judge, and how far
 * the marks agree. A group-relative objective sees only differences between rollouts of one prompt, so the correlation that
 * counts is the one within prompts: of marks less their group's mean. Intervals: prompts drawn with replacement.
 * Usage: node bench/rewards.ts [--model DIR] [--prompts N] [--rollouts G] [--temperature T] [--reward NAME]
 *        [--world DIR --operations a,b] [--save NAME]
 */
import { parseArgs } from 'node:util'
import { openModel } from '../src/engine/model/adapter-open.ts'
import { floatsOf } from '../src/engine/model/folder.ts'
import { modelParameters } from '../src/engine/model/forward.ts'
import { layOutParameters, viewOf } from '../src/engine/model/parameters.ts'
import { dimensionNames, judge } from '../src/engine/bench/judge.ts'
import { correlation } from '../src/engine/bench/intervals.ts'
import { seededRandom } from '../src/engine/data/random.ts'
import { loadWorld } from '../src/engine/data/world/world.ts'
import { FLAT_DEVIATION } from '../src/engine/rl/objective.ts'
import { openReward } from '../src/engine/rl/open-reward.ts'
import { pairsAt, showWords } from '../src/engine/rl/pairs.ts'
import { createPolicy } from '../src/engine/rl/policy.ts'
import { openPrompts, rolloutSeed } from '../src/engine/rl/prompts.ts'
import { runAll } from '../src/engine/rl/rollout.ts'
import { createEngine } from '../src/engine/run.ts'
import type { Trajectory } from '../src/shared/trajectory.ts'
import { saveResult } from './lib.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string', default: 'resources/models/storybook-early' },
    prompts: { type: 'string', default: '60' },
    rollouts: { type: 'string', default: '8' },
    temperature: { type: 'string', default: '1' },
    reward: { type: 'string', default: 'storybook' },
    world: { type: 'string' },
    operations: { type: 'string' },
    save: { type: 'string', default: 'rewards' },
  },
})
const STEPS = 16
/** Steps at which pairs are marked; the last is the finished pair. */
const LOOKS = [4, 8, 12, 14, 15, 16]
const THREADS = 1
const BATCH = 16
const RESAMPLES = 1000
const G = Number(values.rollouts)
const temperatures = { text: Number(values.temperature), image: Number(values.temperature) }

const model = await openModel(values.model)
const engine = createEngine(model)
const world = await (values.world === undefined ? loadWorld() : loadWorld(values.world))
const table = layOutParameters(modelParameters(model.config))
const weights = new Float32Array(table.size)
for (const span of table.spans) viewOf(weights, span).set(floatsOf(model.weights(span.name)))
const policy = createPolicy(model.config, table, { batch: BATCH, threads: THREADS })
const scorer = await openReward(values.reward, world, THREADS)
const oracle = await openReward('oracle', world)
const source = await openPrompts(
  engine,
  {
    kind: 'world',
    path: values.world ?? null,
    operations: values.operations?.split(',') ?? null,
    seed: 20261124,
    sprites: 32,
    generateShare: values.operations === undefined ? 0.15 : 0,
  },
  { denoisingSteps: STEPS, mode: 'parallel', temperatures, seed: 0 },
  new AbortController().signal,
)

/** One rollout: its marks at each look, and the finished pair in the judge's dimensions; NaN where one does not apply. */
interface Row {
  readonly scorer: readonly number[]
  readonly oracle: readonly number[]
  readonly judged: Readonly<Record<string, number>>
}
const asked = await source.prompts('train', Number(values.prompts))
const headers = asked.flatMap(({ header }, p) =>
  Array.from({ length: G }, (_, g) => ({ ...header, seed: rolloutSeed(0, 0, p, g) })),
)
const began = performance.now()
const rows: Row[] = []
/** Words decided at each step in edits whose picture came out right, and those that are not the true text's there. */
const decided = new Array<number>(STEPS).fill(0)
const wrong = new Array<number>(STEPS).fill(0)

function countWords(trajectory: Trajectory, reasoning: string): void {
  const field = trajectory.header.fields.find(({ name }) => name === 'outputText')!
  const truth = [...model.text.encode(reasoning), model.config.special.eos]
  for (const { step, commits } of trajectory.steps)
    commits.positions.forEach((position, i) => {
      const at = position - field.start
      if (at < 0 || at >= field.length || at >= truth.length) return
      decided[step - 1]!++
      if (commits.tokens[i] !== truth[at]) wrong[step - 1]!++
    })
}

for (const [i, trajectory] of (await runAll(policy, weights, headers)).entries()) {
  const { sample } = asked[Math.floor(i / G)]!
  const pairs = await pairsAt(model, trajectory, LOOKS, sample)
  const last = pairs.at(-1)!
  const { scores, rightImage } = judge(world, sample!, { rgb: last.rgb, reasoning: showWords(last.words) })
  if (rightImage && sample!.input) countWords(trajectory, sample!.reasoning)
  const judged = Object.fromEntries(dimensionNames.map((dimension) => [dimension, scores[dimension] ?? NaN]))
  rows.push({
    scorer: await scorer.mark(pairs),
    oracle: await oracle.mark(pairs),
    judged: { ...judged, right_image: rightImage ? 100 : 0 },
  })
}
const seconds = (performance.now() - began) / 1000
const groups = asked.map((_, p) => rows.slice(p * G, (p + 1) * G))

type Of = (row: Row) => number
type Points = readonly (readonly [number, number])[]
const mean = (values: readonly number[]): number => values.reduce((a, v) => a + v, 0) / values.length

const pearson = (points: Points): number => correlation(points) ?? NaN

const known = (group: readonly Row[], a: Of, b: Of): Points =>
  group.map((row) => [a(row), b(row)] as const).filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))

/** Of one group: what a group-relative objective is left with. */
function within(group: readonly Row[], a: Of, b: Of): Points {
  const points = known(group, a, b)
  const [mx, my] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))]
  return points.map(([x, y]) => [x - mx, y - my])
}

/** The correlation over all groups, with its interval; NaN where a side does not vary. */
function measured(of: (group: readonly Row[], a: Of, b: Of) => Points, a: Of, b: Of): number[] {
  const points = groups.map((group) => of(group, a, b))
  const random = seededRandom('rewards', RESAMPLES)
  const drawn = Array.from({ length: RESAMPLES }, () => pearson(points.flatMap(() => random.pick(points)))).sort(
    (x, y) => x - y,
  )
  return [pearson(points.flat()), drawn[Math.floor(0.025 * RESAMPLES)]!, drawn[Math.floor(0.975 * RESAMPLES)]!].map(
    (r) => Number(r.toFixed(3)),
  )
}

const scorerAt =
  (look: number): Of =>
  (row) =>
    row.scorer[look]!
const oracleAt =
  (look: number): Of =>
  (row) =>
    row.oracle[look]!
const judgedAs =
  (dimension: string): Of =>
  (row) =>
    row.judged[dimension]!
const agreed = judgedAs('output_alignment')
const last = LOOKS.length - 1
const deviation = (values: readonly number[]): number => {
  const m = mean(values)
  return Math.sqrt(mean(values.map((v) => (v - m) ** 2)))
}

const result = {
  model: model.name,
  reward: scorer.name,
  temperatures,
  prompts: asked.length,
  rollouts: G,
  denoisingSteps: STEPS,
  seconds: Math.round(seconds),
  /** Means over rollouts, 0 to 100. */
  judged: Object.fromEntries(
    Object.keys(rows[0]!.judged).map((dimension) => [
      dimension,
      Number(mean(rows.map(judgedAs(dimension)).filter(Number.isFinite)).toFixed(1)),
    ]),
  ),
  /** Of the best of a prompt's rollouts: what choosing among them could give. */
  bestOutputAlignment: Number(mean(groups.map((group) => Math.max(...group.map(agreed)))).toFixed(1)),
  /** Of the rollout of each prompt that the scorer puts first. */
  chosenOutputAlignment: Number(
    mean(
      groups.map((group) => agreed(group.reduce((a, b) => (scorerAt(last)(b) > scorerAt(last)(a) ? b : a)))),
    ).toFixed(1),
  ),
  /** Share of prompts whose rollouts differ in their Output Alignment: the others teach an oracle nothing. */
  spreadPrompts: Number(
    mean(groups.map((group) => (deviation(group.map(agreed)) > FLAT_DEVIATION ? 1 : 0))).toFixed(3),
  ),
  /** Text tokens that a step decides otherwise than the true text has them, %, in edits whose picture is right. */
  wrongWords: decided.map((n, i) => (n === 0 ? null : Number(((100 * wrong[i]!) / n).toFixed(1)))),
  decidedWords: decided,
  /** Each [r, low, high]. */
  correlations: LOOKS.map((step, look) => ({
    step,
    scorerWithFinalJudge: {
      all: measured(known, scorerAt(look), agreed),
      within: measured(within, scorerAt(look), agreed),
    },
    scorerWithJudgeThere: {
      all: measured(known, scorerAt(look), oracleAt(look)),
      within: measured(within, scorerAt(look), oracleAt(look)),
    },
    judgeThereWithFinalJudge: {
      all: measured(known, oracleAt(look), agreed),
      within: measured(within, oracleAt(look), agreed),
    },
  })),
  /** Within prompts, the mark of the finished pair with every dimension. */
  finishedWithin: Object.fromEntries(
    Object.keys(rows[0]!.judged).map((dimension) => [dimension, measured(within, scorerAt(last), judgedAs(dimension))]),
  ),
}
console.log(JSON.stringify(result, null, 1))
await saveResult(values.save, result)
await policy.dispose()
await scorer.dispose()
await oracle.dispose()
await engine.dispose()
