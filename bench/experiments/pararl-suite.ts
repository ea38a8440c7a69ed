/**
 * A suite answered in batches at temperature 0 and judged exactly, prompt by prompt: the answers are those of `tandem
 * bench` with the same settings, since a batched run decides what it decides alone.
 */
import { dimensionNames } from '../../src/shared/bench.ts'
import { judge } from '../../src/engine/bench/judge.ts'
import { limitPrompts, readSuite } from '../../src/engine/bench/suite.ts'
import { hashWords } from '../../src/engine/data/random.ts'
import { loadWorld } from '../../src/engine/data/world/world.ts'
import { openModel } from '../../src/engine/model/adapter-open.ts'
import { floatsOf } from '../../src/engine/model/folder.ts'
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
  readonly limit: number | null
}): Promise<SuiteScores> {
  const world = await loadWorld()
  const prompts = limitPrompts(await readSuite(options.suite, world), options.limit)
  const model = await openModel(options.model)
  const engine = createEngine(model)
  const table = layOutParameters(modelParameters(model.config))
  const weights = new Float32Array(table.size)
  for (const span of table.spans) viewOf(weights, span).set(floatsOf(model.weights(span.name)))
  const policy = createPolicy(model.config, table, { batch: BATCH })
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
          temperatures: { text: 0, image: 0 },
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

export const scoreNames = [...dimensionNames, 'right_image', 'right_reasoning'] as const

export function meansOf(scores: SuiteScores): Record<string, number> {
  const rows = Object.values(scores)
  return Object.fromEntries(
    scoreNames.flatMap((name) => {
      const known = rows.flatMap((row) => row[name] ?? [])
      return known.length === 0 ? [] : [[name, Number((known.reduce((a, v) => a + v, 0) / known.length).toFixed(3))]]
    }),
  )
}
