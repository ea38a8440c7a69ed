/**
 * One cell of the ParaRL experiment: trains from a checkpoint with one objective and one seed (or not at all: the
 * `before` arm), answers a suite, and prints what the exact judge says as one line of JSON, with intervals, and with the
 * differences to an earlier cell prompt by prompt; scores go to scores.json in the cell's folder. With --greedy the suite is
 * answered a second time, at temperature 0. A cell that was stopped goes on.
 * Usage: node bench/experiments/pararl-cell.ts --model DIR --out DIR --arm before|output|trajectory [--seed N]
 *        [--against DIR] [--threads N] [--suite DIR|NAME] [--limit N] [--world DIR --operations a,b] [--reward NAME] [--steps N] [--temperature T] [--greedy]
 *        [--set sampledSteps=3 ...]
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { z } from 'zod'
import type { SpecOf } from '../../src/shared/jobs.ts'
import { completeRlSettings, rlFiles, type PararlResult } from '../../src/shared/rl.ts'
import { runJob } from '../../src/engine/jobs.ts'
import { createEngineCache } from '../../src/engine/jobs/context.ts'
import { makeFolder, writeFileAtomic } from '../../src/engine/files.ts'
import { metricsOf, prefixed, readScores, scoresFiles, suiteScores, type ScoresKind } from './pararl-suite.ts'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    out: { type: 'string' },
    arm: { type: 'string' },
    seed: { type: 'string', default: '1' },
    suite: { type: 'string', default: 'storybook' },
    limit: { type: 'string' },
    against: { type: 'string' },
    threads: { type: 'string' },
    world: { type: 'string' },
    operations: { type: 'string' },
    'generate-share': { type: 'string', default: '0.15' },
    reward: { type: 'string', default: 'storybook' },
    steps: { type: 'string', default: '16' },
    temperature: { type: 'string', default: '0' },
    greedy: { type: 'boolean', default: false },
    set: { type: 'string', multiple: true, default: [] },
  },
})
const { model, out } = values
if (model === undefined || out === undefined) throw new Error('a cell needs --model and --out')
const arm = z.enum(['before', 'output', 'trajectory']).parse(values.arm)
const threads = values.threads === undefined ? {} : { threads: Number(values.threads) }
const set = Object.fromEntries(
  values.set.map((text): [string, unknown] => {
    const at = text.indexOf('=')
    if (at < 1) throw new Error(`--set takes name=value, not "${text}"`)
    const value = text.slice(at + 1)
    return [text.slice(0, at), value === 'null' ? null : /^[-\d.]/.test(value) ? Number(value) : value]
  }),
)

async function trained(base: string, directory: string, objective: 'output' | 'trajectory'): Promise<PararlResult> {
  const settings = completeRlSettings({ previewEvery: 0, ...set, objective, seed: Number(values.seed) })
  const resume = existsSync(join(directory, rlFiles.config))
  const spec: SpecOf<'pararl'> = {
    kind: 'pararl',
    run: resume
      ? null
      : {
          model: base,
          data: {
            kind: 'world',
            path: values.world ?? null,
            operations: values.operations?.split(',') ?? null,
            seed: 0,
            sprites: 32,
            generateShare: Number(values['generate-share']),
          },
          reward: values.reward,
          settings,
        },
    out: directory,
    resume,
  }
  const stop = new AbortController()
  process.once('SIGTERM', () => stop.abort())
  const engines = createEngineCache()
  const context = { ...threads, signal: stop.signal, engine: (folder: string) => engines.engine(folder) }
  try {
    for await (const update of runJob(spec, context)) {
      if (update.type === 'progress') console.error(`${update.done}/${update.total}`, JSON.stringify(update.metrics))
      if (update.type === 'warning') console.error(update.message)
      if (update.type === 'result') return update.result as PararlResult
    }
  } finally {
    await engines.dispose()
  }
  throw new Error('stopped')
}

await makeFolder(out)
const result = arm === 'before' ? null : await trained(model, join(out, 'run'), arm)
const began = performance.now()

/** The suite answered and judged, the scores kept, and what they come to. */
async function scored(kind: ScoresKind, temperature: number): Promise<Record<string, number>> {
  const scores = await suiteScores({
    model: result?.model ?? model!,
    suite: values.suite,
    steps: Number(values.steps),
    temperature,
    limit: values.limit === undefined ? null : Number(values.limit),
    ...threads,
  })
  await writeFileAtomic(join(out!, scoresFiles[kind]), JSON.stringify(scores) + '\n')
  return metricsOf(scores, values.against === undefined ? null : await readScores(values.against, kind))
}

const drawn = await scored('drawn', Number(values.temperature))
const greedy = values.greedy ? await scored('greedy', 0) : {}
console.log(
  JSON.stringify({
    arm,
    seed: Number(values.seed),
    settings: set,
    steps: result?.steps ?? 0,
    rollouts: result?.rollouts ?? 0,
    stopped: result?.stopped ?? null,
    seconds: result?.seconds ?? 0,
    evaluationSeconds: Number(((performance.now() - began) / 1000).toFixed(1)),
    metrics: { ...drawn, ...prefixed('greedy.', greedy) },
  }),
)
