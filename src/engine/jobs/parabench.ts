/**
 * ParaBench as a job: answers what is not answered yet, judges what is not judged yet, and reports. Answers and scores are
 * appended one by one, so the job may be killed anywhere; the same spec on the same folder goes on.
 */
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { BenchEstimate, BenchJudge } from '../../shared/bench.ts'
import type { JobUpdate, ParabenchResult, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { openScoreCache } from '../bench/endpoint/cache.ts'
import { createClient, endpointUrl, type Client } from '../bench/endpoint/client.ts'
import { describeEstimate, estimateCost } from '../bench/endpoint/cost.ts'
import { judgeAtEndpoint, judgeIdentity } from '../bench/endpoint/judge.ts'
import { pool } from '../bench/endpoint/pool.ts'
import { makeReport } from '../bench/report.ts'
import { answerKey, openRun, runFiles, type OpenRun, type ScoreRecord } from '../bench/run-folder.ts'
import { limitPrompts, readSuite, type Prompt, type Suite } from '../bench/suite.ts'
import { loadWorld, type World } from '../data/world/world.ts'
import { writeFileAtomic } from '../files.ts'
import { encodePng } from '../images.ts'
import type { Engine } from '../run.ts'
import type { JobContext } from './context.ts'
import { answerPrompt, exactJudge, readAnswer, scoreExactly } from './parabench-answer.ts'

type Spec = SpecOf<'parabench'>
type EndpointJudge = Extract<BenchJudge, { kind: 'endpoint' }>

/** The only places a key comes from: neither specs nor files nor logs hold it. */
export const judgeKeyOf = ({ judgeKey }: Pick<JobContext, 'judgeKey'>): string | undefined =>
  (judgeKey === undefined ? process.env['TANDEM_JUDGE_KEY'] : judgeKey) || undefined

/** One answer to be given and judged. */
interface Item {
  readonly prompt: Prompt
  readonly seed: number
  readonly key: string
}

interface Work {
  readonly spec: Spec
  readonly engine: Engine
  readonly world: World
  readonly run: OpenRun
  readonly items: readonly Item[]
  readonly signal: AbortSignal
  readonly judgeKey: string | undefined
}

export async function* parabenchJob(spec: Spec, context: JobContext): AsyncGenerator<JobUpdate> {
  const began = performance.now()
  const world = await loadWorld()
  const suite = await readSuite(spec.suite, world)
  const prompts = limitPrompts(suite, spec.limit ?? null)
  const judgeKey = judgeKeyOf(context)
  const judge = identityOf(spec.judge, judgeKey)
  if (spec.judge.kind === 'exact') refuseWithoutTruth(prompts, suite)
  const seeds = [...new Set(spec.seeds)]
  const items = seeds.flatMap((seed) =>
    prompts.map((prompt): Item => ({ prompt, seed, key: answerKey({ id: prompt.id, seed }) })),
  )
  if (spec.estimateOnly) {
    yield { type: 'result', result: { estimate: estimateFor(spec, items, judgeKey) } }
    return
  }
  const engine = await context.engine(spec.model, spec.adapters)
  const run = await openRun(spec.out, {
    format: 'tandem-bench-run',
    version: 1,
    settings: {
      suite: { name: suite.file.name, hash: suite.hash },
      model: { name: engine.model.name, hash: engine.model.hash },
      adapters: [...(engine.model.adapters ?? [])],
      mode: spec.mode,
      steps: spec.steps,
      seeds,
      ...(spec.imageSteps === undefined ? {} : { imageSteps: spec.imageSteps }),
      guidance: spec.guidance,
      temperatures: spec.temperatures,
      ...(spec.acceleration ? { acceleration: spec.acceleration } : {}),
      limit: spec.limit ?? null,
      alongEvery: spec.alongEvery ?? null,
    },
    suite: suite.ref,
    ...suiteFrom(spec.out, suite.ref),
    provider: engine.provider,
  })
  try {
    yield { type: 'started', total: items.length, detail: `${suite.file.name}, ${engine.model.name}, ${spec.mode}` }
    for (const message of openingWords(run, items, spec)) yield { type: 'warning', message }
    const estimate = estimateFor(
      spec,
      items.filter((item) => !run.scores.get(judge)?.get(item.key)?.scores),
      judgeKey,
    )
    if (estimate && estimate.requests > 0) yield { type: 'warning', message: describeEstimate(estimate) }
    const work: Work = { spec, engine, world, run, items, signal: context.signal, judgeKey }
    const before = run.answers.size
    yield* answerAll(work, began)
    if (context.signal.aborted) return
    if (spec.judge.kind === 'endpoint') yield* judgeAll(work, spec.judge, judge)
    if (context.signal.aborted) return
    const report = makeReport({ run, suite }, judge)
    await writeFileAtomic(join(run.path, runFiles.report), JSON.stringify(report, null, 2) + '\n')
    if (report.unjudged.length > 0)
      yield {
        type: 'warning',
        message: `${report.unjudged.length} answers are unjudged; the first: ${report.unjudged[0]!.reason} Run the command again to ask once more.`,
      }
    const result: ParabenchResult = {
      folder: run.path,
      report,
      estimate,
      answered: run.answers.size - before,
      seconds: Number(((performance.now() - began) / 1000).toFixed(1)),
      ms: medianOf([...run.answers.values()].map((a) => a.ms)),
    }
    yield { type: 'result', result }
  } finally {
    run.close()
  }
}

/** How a judge is named in a run's records. */
export function identityOf(judge: BenchJudge, key: string | undefined): string {
  if (judge.kind === 'exact') return exactJudge
  return judgeIdentity(judge.model, endpointUrl(judge.url, key !== undefined).host)
}

/** Where a suite that does not ship lies from the run's folder; on another drive there is no such way. */
function suiteFrom(out: string, ref: string): { suiteFrom?: string } {
  if (!isAbsolute(ref)) return {}
  const way = relative(resolve(out), ref)
  return isAbsolute(way) ? {} : { suiteFrom: way.split(sep).join('/') }
}

function refuseWithoutTruth(prompts: readonly Prompt[], suite: Suite): void {
  const without = prompts.find((prompt) => !prompt.sample)
  if (without)
    throw new TandemError(
      `Prompt ${without.id} of ${suite.file.name} has no ground truth, which the exact judge needs.`,
      'Give an endpoint with --judge URL.',
    )
}

function estimateFor({ judge, mode }: Spec, items: readonly Item[], key: string | undefined): BenchEstimate | null {
  if (judge.kind === 'exact') return null
  const { host } = endpointUrl(judge.url, key !== undefined)
  const cases = items.map(({ prompt }) => prompt)
  return estimateCost(cases, mode !== 'image-only', { host, model: judge.model, prices: judge.prices })
}

function openingWords(run: OpenRun, items: readonly Item[], spec: Spec): string[] {
  const words: string[] = []
  const have = items.filter((item) => run.answers.has(item.key)).length
  if (have > 0) words.push(`${have} of ${items.length} answers are there already; going on with the rest.`)
  if (run.dropped > 0)
    words.push(`${run.dropped} damaged lines of ${runFiles.results} were dropped; they are done again.`)
  if (spec.seeds.length > 1 && spec.temperatures.text === 0 && spec.temperatures.image === 0)
    words.push('Temperatures are 0: every seed gives the same answers.')
  return words
}

/** Answers in the order of seeds and prompts; the exact judge marks each at once. */
async function* answerAll({ spec, engine, world, run, items, signal }: Work, began: number): AsyncGenerator<JobUpdate> {
  const exact = spec.judge.kind === 'exact'
  const { size } = engine.model.config.image
  const running = { sum: 0, count: 0 }
  const tally = (scores: ScoreRecord['scores']): void => {
    const known = Object.values(scores ?? {}).filter((s) => s !== null)
    if (known.length === 0) return
    running.sum += known.reduce((a, b) => a + b, 0) / known.length
    running.count++
  }
  let worked = 0
  for (const [done, { prompt, seed, key }] of items.entries()) {
    if (signal.aborted) return
    const known = run.answers.get(key)
    const scored = run.scores.get(exactJudge)?.get(key)
    if (known && (!exact || scored)) {
      if (scored) tally(scored.scores)
      continue
    }
    worked++
    const read = known ? await readAnswer(known, run.path, size).catch(() => null) : null
    const answer = read ?? (await answerPrompt(engine, prompt, seed, spec, run.path, signal))
    if (!answer) return
    if (!read) run.add(answer.record)
    if (exact) {
      const record = await scoreExactly(engine, world, prompt.sample!, answer, spec.alongEvery ?? null)
      run.add(record)
      tally(record.scores)
    }
    const left = items.length - done - 1
    const eta = (left * (performance.now() - began)) / worked / 1000
    yield {
      type: 'progress',
      done: done + 1,
      total: items.length,
      metrics: { ...(running.count > 0 ? { score: running.sum / running.count } : {}), eta_seconds: eta },
    }
  }
}

/** Everything the endpoint has not marked yet, several at a time. A failure that would meet all of them stops the asking. */
async function* judgeAll(
  { spec, engine, run, items, signal, judgeKey: key }: Work,
  judge: EndpointJudge,
  identity: string,
): AsyncGenerator<JobUpdate> {
  const todo = items.filter((item) => !run.scores.get(identity)?.get(item.key)?.scores)
  const stop = new AbortController()
  const client: Client = createClient({
    url: judge.url,
    model: judge.model,
    key,
    timeoutMs: judge.timeoutSeconds * 1000,
    requestsPerMinute: judge.requestsPerMinute,
    signal: AbortSignal.any([signal, stop.signal]),
  })
  const cache = await openScoreCache(judge.cache ?? join(run.path, 'judge-cache'), identity)
  const { size } = engine.model.config.image
  let fatal: string | null = null

  async function markOne({ prompt, seed, key: item }: Item): Promise<ScoreRecord | null> {
    const base = { kind: 'score' as const, id: prompt.id, seed, judge: identity }
    if (signal.aborted) return null
    if (fatal !== null) return { ...base, scores: null, reasons: [fatal] }
    try {
      const { rgb, record } = await readAnswer(run.answers.get(item)!, run.path, size)
      const input = await prompt.input(size)
      const material = {
        task: prompt.task,
        instruction: prompt.instruction,
        reasoning: record.reasoning,
        input: input && (await encodePng(input, size, size)),
        output: await encodePng(rgb, size, size),
      }
      const verdict = await judgeAtEndpoint(client, cache, material, spec.mode !== 'image-only')
      if ('scores' in verdict) {
        const { scores, reasons, unnamed } = verdict
        return { ...base, scores, reasons, ...(unnamed > 0 ? { unnamed } : {}) }
      }
      if (verdict.fatal && fatal === null) {
        fatal = verdict.unjudged
        stop.abort()
      }
      return { ...base, scores: null, reasons: [verdict.unjudged] }
    } catch (error) {
      if (signal.aborted) return null
      if (fatal !== null) return { ...base, scores: null, reasons: [fatal] }
      throw error
    }
  }

  let done = items.length - todo.length
  let unjudged = 0
  for await (const record of pool(todo, judge.concurrency, markOne)) {
    if (!record) return
    run.add(record)
    if (!record.scores) unjudged++
    yield { type: 'progress', done: ++done, total: items.length, metrics: { unjudged, requests: client.sent } }
  }
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
