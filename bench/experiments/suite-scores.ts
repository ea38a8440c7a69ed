/** Answers of a model to the small world's suite, by the exact judge: every column as a number 0..100. */
import { join } from 'node:path'
import { dimensionNames } from '../../src/shared/bench.ts'
import type { ParabenchResult, SpecOf } from '../../src/shared/jobs.ts'
import type { DecodingMode } from '../../src/shared/trajectory.ts'
import { runJob } from '../../src/engine/jobs.ts'
import { createEngineCache } from '../../src/engine/jobs/context.ts'
import { smallWorldFolder } from './small-world.ts'

export interface SuiteRun {
  /** A model or adapter folder. */
  readonly model: string
  readonly mode: DecodingMode
  readonly steps: number
  /** Folder of the run: answers, scores, report. */
  readonly out: string
  readonly limit?: number
}

/** Greedy answers, temperature 0, no guidance. Goes on where an earlier call on the same folder was stopped. */
export async function answerSuite({ model, mode, steps, out, limit }: SuiteRun): Promise<Record<string, number>> {
  const engines = createEngineCache()
  try {
    const context = { signal: new AbortController().signal, engine: (directory: string) => engines.engine(directory) }
    const spec: SpecOf<'parabench'> = {
      kind: 'parabench',
      suite: join(smallWorldFolder, 'suite'),
      model,
      mode,
      steps,
      seeds: [1],
      guidance: { text: 0, image: 0 },
      temperatures: { text: 0, image: 0 },
      judge: { kind: 'exact' },
      out,
      ...(limit === undefined ? {} : { limit }),
    }
    for await (const update of runJob(spec, context)) {
      if (update.type !== 'result') continue
      const { overall } = (update.result as ParabenchResult).report
      const scores: Record<string, number> = {}
      if (overall.right_image) scores['right_image'] = 100 * overall.right_image.value
      if (overall.right_reasoning) scores['right_reasoning'] = 100 * overall.right_reasoning.value
      for (const name of dimensionNames) if (overall[name]) scores[name] = overall[name].value
      return scores
    }
    throw new Error('the suite ended without a report')
  } finally {
    await engines.dispose()
  }
}
