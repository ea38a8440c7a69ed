/**
 * ParaBench as a job: answers what is not answered yet, judges what is not judged yet, and reports. Answers and scores are
 * appended one by one, so the job may be killed anywhere; the same spec on the same folder goes on.
 */
import { isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { JobUpdate, ParabenchResult, SpecOf } from '../../shared/jobs.ts'
import type { BenchReport } from '../../shared/bench.ts'
import { describeError, TandemError } from '../../shared/errors.ts'
import { describeEstimate } from '../bench/endpoint/cost.ts'
import { makeReport, reasonText } from '../bench/report.ts'
import { answerKey, openRun, runFiles, type OpenRun, type ScoreRecord } from '../bench/run-folder.ts'
import { faultWords, limitPrompts, readSuite, type Prompt, type Suite } from '../bench/suite.ts'
import { loadWorld, type World } from '../data/world/world.ts'
import { writeFileAtomic } from '../files.ts'
import type { JobContext } from './context.ts'
import { hostRun } from './host.ts'
import { answerPrompt, exactJudge, readAnswer, scoreExactly, Unaskable } from './parabench-answer.ts'
import {
  estimateFor,
  identityOf,
  judgeAll,
  judgeKeyOf,
  refuseAlong,
  type Item,
  type Work,
} from './parabench-endpoint.ts'

type Spec = SpecOf<'parabench'>

export async function* parabenchJob(spec: Spec, context: JobContext): AsyncGenerator<JobUpdate> {
  const began = performance.now()
  const judgeKey = judgeKeyOf(context)
  const judge = identityOf(spec.judge, judgeKey)
  await refuseAlong(spec, [spec.out])
  const { world, suite, prompts, seeds, items } = await readItems(spec)
  if (spec.judge.kind === 'exact') refuseWithoutTruth(prompts, suite)
  if (spec.estimateOnly) {
    yield { type: 'result', result: { estimate: estimateFor(spec.judge, [spec.mode], items, judgeKey) } }
    return
  }
  const { engine } = yield* hostRun(spec, context)
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
    for (const message of openingWords(run, items, spec, suite)) yield { type: 'warning', message }
    const estimate = estimateFor(
      spec.judge,
      [spec.mode],
      items.filter((item) => !run.scores.get(judge)?.get(item.key)?.scores),
      judgeKey,
    )
    if (estimate && estimate.requests > 0) yield { type: 'warning', message: describeEstimate(estimate) }
    const work: Work = { spec, engine, world, run, items, signal: context.signal, judgeKey, judge }
    const before = run.answers.size
    yield* answerAll(work, began)
    if (context.signal.aborted) return
    refuseUnanswered(work)
    if (spec.judge.kind === 'endpoint') yield* judgeAll(work, spec.judge)
    if (context.signal.aborted) return
    const report = makeReport({ run, suite }, judge)
    await writeFileAtomic(join(run.path, runFiles.report), JSON.stringify(report, null, 2) + '\n')
    if (report.unjudged.length > 0) yield { type: 'warning', message: unjudgedWords(report.unjudged, run) }
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

/** What is to be answered: every prompt under every seed. */
export async function readItems({
  suite: name,
  limit,
  seeds: asked,
}: Pick<Spec, 'suite' | 'limit' | 'seeds'>): Promise<{
  world: World
  suite: Suite
  prompts: readonly Prompt[]
  seeds: number[]
  items: Item[]
}> {
  const world = await loadWorld()
  const suite = await readSuite(name, world)
  const prompts = limitPrompts(suite, limit ?? null)
  const seeds = [...new Set(asked)]
  const items = seeds.flatMap((seed) =>
    prompts.map((prompt): Item => ({ prompt, seed, key: answerKey({ id: prompt.id, seed }) })),
  )
  return { world, suite, prompts, seeds, items }
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

/** Asking again is of use where there is an answer to ask about: not for a line at fault, nor for what the model cannot read. */
function unjudgedWords(unjudged: BenchReport['unjudged'], { answers }: OpenRun): string {
  const again = unjudged.some((one) => answers.has(answerKey(one)))
  const said = `${unjudged.length} answers are unjudged; the first: ${unjudged[0]!.reason}`
  return again ? `${said} Run the command again to ask once more.` : said
}

function openingWords(run: OpenRun, items: readonly Item[], spec: Spec, suite: Suite): string[] {
  const faults = faultWords(suite)
  const words = faults === null ? [] : [faults]
  const have = items.filter((item) => run.answers.has(item.key)).length
  if (have > 0) words.push(`${have} of ${items.length} answers are there already; going on with the rest.`)
  if (run.dropped > 0)
    words.push(`${run.dropped} damaged lines of ${runFiles.results} were dropped; they are done again.`)
  if (spec.seeds.length > 1 && spec.temperatures.text === 0 && spec.temperatures.image === 0)
    words.push('Temperatures are 0: every seed gives the same answers.')
  if (spec.judge.kind === 'endpoint' && spec.alongEvery !== undefined)
    words.push("Alignment along the run is the exact judge's alone: the endpoint marks the finished answers.")
  return words
}

/** Answers in the order of seeds and prompts; the exact judge marks each at once. */
async function* answerAll(
  { spec, engine, world, run, items, signal, judge }: Work,
  began: number,
): AsyncGenerator<JobUpdate> {
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
    const answer = read ?? (await answerPrompt(engine, prompt, seed, spec, run.path, signal).catch(unaskable))
    if (!answer) return
    if (answer instanceof Unaskable) run.add(unjudged({ prompt, seed }, judge, answer))
    else {
      if (!read) run.add(answer.record)
      if (exact) {
        const record = await scoreExactly(engine, world, prompt.sample!, answer, spec.alongEvery ?? null)
        run.add(record)
        tally(record.scores)
      }
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

function unaskable(error: unknown): Unaskable {
  if (error instanceof Unaskable) return error
  throw error
}

const unjudged = ({ prompt, seed }: Pick<Item, 'prompt' | 'seed'>, judge: string, error: Unaskable): ScoreRecord => ({
  kind: 'score',
  id: prompt.id,
  seed,
  judge,
  scores: null,
  reasons: [describeError(error)],
})

function refuseUnanswered({ run, items, judge }: Work): void {
  const first = run.scores.get(judge)?.get(items[0]?.key ?? '')
  if (run.answers.size === 0 && first)
    throw new TandemError(
      `This model can be asked none of these prompts. ${first.reasons.map(reasonText).join(' ')}`,
      'Choose another model or suite.',
    )
}

function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? 0
}
