/**
 * A suite answered in batches, at temperature 0 unless said, and judged exactly, prompt by prompt: the answers are those of `tandem
 * bench` with the same settings, since a batched run decides what it decides alone.
 */
import { join } from 'node:path'
import { z } from 'zod'
import { dimensionNames } from '../../src/shared/bench.ts'
import { bootstrapMean, clusterBootstrap, type Cluster, type Interval } from '../../src/engine/bench/intervals.ts'
import { judge } from '../../src/engine/bench/judge.ts'
import { limitPrompts, readSuite } from '../../src/engine/bench/suite.ts'
import { hashWords } from '../../src/engine/data/random.ts'
import { loadWorld } from '../../src/engine/data/world/world.ts'
import { openModel } from '../../src/engine/model/adapter-open.ts'
import { floatsOf, readJson } from '../../src/engine/model/folder.ts'
import { modelParameters } from '../../src/engine/model/forward.ts'
import { layOutParameters, viewOf } from '../../src/engine/model/parameters.ts'
import { pairsAt, showWords } from '../../src/engine/rl/pairs.ts'
import { createPolicy } from '../../src/engine/rl/policy.ts'
import { runAll } from '../../src/engine/rl/rollout.ts'
import { createEngine, prepareRun } from '../../src/engine/run.ts'

/** By prompt id: the judge's dimensions, right_image and right_reasoning, 0..100; null where one does not apply. */
export type SuiteScores = Record<string, Record<string, number | null>>

const BATCH = 32

export async function suiteScores(options: {
  readonly model: string
  readonly suite: string
  readonly steps: number
  /** Of text and image; 0 unless said. */
  readonly temperature?: number
  readonly limit: number | null
  readonly threads?: number
}): Promise<SuiteScores> {
  const world = await loadWorld()
  const prompts = limitPrompts(await readSuite(options.suite, world), options.limit)
  const model = await openModel(options.model)
  const engine = createEngine(model, 'cpu', options.threads)
  const table = layOutParameters(modelParameters(model.config))
  const weights = new Float32Array(table.size)
  for (const span of table.spans) viewOf(weights, span).set(floatsOf(model.weights(span.name)))
  const policy = createPolicy(model.config, table, {
    batch: BATCH,
    ...(options.threads === undefined ? {} : { threads: options.threads }),
  })
  try {
    const headers = await Promise.all(
      prompts.map(async (prompt) =>
        prepareRun(engine, {
          instruction: prompt.instruction,
          input: await prompt.input(model.config.image.size),
          mode: 'parallel',
          steps: options.steps,
          seed: hashWords(['parabench', 1, prompt.id], 1)[0]!,
          guidance: { text: 0, image: 0 },
          temperatures: { text: options.temperature ?? 0, image: options.temperature ?? 0 },
        }),
      ),
    )
    const scores: SuiteScores = {}
    for (const [i, trajectory] of (await runAll(policy, weights, headers)).entries()) {
      const { id, sample } = prompts[i]!
      if (!sample) throw new Error(`prompt ${id} has no truth`)
      const [pair] = await pairsAt(model, trajectory, [trajectory.steps.length], sample)
      const verdict = judge(world, sample, { rgb: pair!.rgb, reasoning: showWords(pair!.words) })
      scores[id] = {
        ...verdict.scores,
        right_image: verdict.rightImage ? 100 : 0,
        right_reasoning: verdict.rightReasoning ? 100 : 0,
      }
    }
    return scores
  } finally {
    await policy.dispose()
    await engine.dispose()
  }
}

const scoreNames = [...dimensionNames, 'right_image', 'right_reasoning'] as const

type Intervals = Record<string, number>

/** NAME, NAME.low and NAME.high with 95 % intervals over prompts. */
function told(name: string, { estimate, low, high }: Interval): Intervals {
  if (Number.isNaN(estimate)) return {}
  const entries = Object.entries({ [name]: estimate, [`${name}.low`]: low, [`${name}.high`]: high })
  return Object.fromEntries(entries.map(([key, value]) => [key, Number(value.toFixed(2))]))
}

/** Every column of one answered suite; where another is given, the differences to it prompt by prompt, as delta.NAME. */
export function metricsOf(scores: SuiteScores, before: SuiteScores | null): Intervals {
  const columns = scoreNames.map((name) =>
    told(name, bootstrapMean(Object.values(scores).flatMap((row) => row[name] ?? []))),
  )
  return Object.assign({}, ...columns, before ? changeOf('delta', [scores], [before]) : {}) as Intervals
}

/** Differences of runs of several seeds to runs of the same seeds, or to one: prompts and, within each, seeds are drawn. */
function delta(name: string, as: string, runs: readonly SuiteScores[], against: readonly SuiteScores[]): Intervals {
  const clusters = Object.keys(runs[0]!).map((prompt): Cluster =>
    runs.map((scores, i) => {
      const [after, before] = [scores[prompt]?.[name], (against[i] ?? against[0]!)[prompt]?.[name]]
      return [typeof after === 'number' && typeof before === 'number' ? after - before : null]
    }),
  )
  return told(as, clusterBootstrap(clusters, 1).columns[0]!)
}

/** PREFIX.NAME: what changed in each column, all runs together. */
export function changeOf(prefix: string, runs: readonly SuiteScores[], against: readonly SuiteScores[]): Intervals {
  return Object.assign({}, ...scoreNames.map((name) => delta(name, `${prefix}.${name}`, runs, against))) as Intervals
}

const scoresSchema = z.record(z.string(), z.record(z.string(), z.number().nullable()))

/** What a cell leaves in its folder: its scores as it was asked to answer, and without chance where that was asked too. */
export const scoresFiles = { drawn: 'scores.json', greedy: 'scores-greedy.json' } as const
export type ScoresKind = keyof typeof scoresFiles

export const readScores = (folder: string, kind: ScoresKind = 'drawn'): Promise<SuiteScores> =>
  readJson(join(folder, scoresFiles[kind]), scoresSchema, 'the scores of a cell')

/** Names of numbers with a prefix before each. */
export const prefixed = (prefix: string, numbers: Readonly<Record<string, number>>): Record<string, number> =>
  Object.fromEntries(Object.entries(numbers).map(([name, value]) => [`${prefix}${name}`, value]))
