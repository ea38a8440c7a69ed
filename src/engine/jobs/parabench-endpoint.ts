/** The part of a bench run that a judge at an endpoint needs: its key, its name, what it will cost, and the asking. */
import { join } from 'node:path'
import type { BenchEstimate, BenchJudge } from '../../shared/bench.ts'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import type { DecodingMode } from '../../shared/trajectory.ts'
import { openScoreCache } from '../bench/endpoint/cache.ts'
import { createClient, endpointUrl, type Client } from '../bench/endpoint/client.ts'
import { estimateCost, sumEstimates } from '../bench/endpoint/cost.ts'
import { judgeAtEndpoint, judgeIdentity } from '../bench/endpoint/judge.ts'
import { pool } from '../bench/endpoint/pool.ts'
import { hasRun, type OpenRun, type ScoreRecord } from '../bench/run-folder.ts'
import type { Prompt } from '../bench/suite.ts'
import type { World } from '../data/world/world.ts'
import { encodePng } from '../images.ts'
import type { Engine } from '../run.ts'
import type { JobContext } from './context.ts'
import { exactJudge, readAnswer } from './parabench-answer.ts'

type EndpointJudge = Extract<BenchJudge, { kind: 'endpoint' }>

/** One answer to be given and judged. */
export interface Item {
  readonly prompt: Prompt
  readonly seed: number
  readonly key: string
}

export interface Work {
  readonly spec: SpecOf<'parabench'>
  readonly engine: Engine
  readonly world: World
  readonly run: OpenRun
  readonly items: readonly Item[]
  readonly signal: AbortSignal
  readonly judgeKey: string | undefined
  /** Its name in the run's records. */
  readonly judge: string
}

/** The only places a key comes from: neither specs nor files nor logs hold it. */
export const judgeKeyOf = ({ judgeKey }: Pick<JobContext, 'judgeKey'>): string | undefined =>
  (judgeKey === undefined ? process.env['TANDEM_JUDGE_KEY'] : judgeKey) || undefined

/** How a judge is named in a run's records. */
export function identityOf(judge: BenchJudge, key: string | undefined): string {
  if (judge.kind === 'exact') return exactJudge
  return judgeIdentity(judge.model, endpointUrl(judge.url, key !== undefined).host)
}

/** What judging the items will ask for, once in each mode; null of the exact judge. */
export function estimateFor(
  judge: BenchJudge,
  modes: readonly DecodingMode[],
  items: readonly Item[],
  key: string | undefined,
): BenchEstimate | null {
  if (judge.kind === 'exact') return null
  const { host } = endpointUrl(judge.url, key !== undefined)
  const { model, concurrency, prices } = judge
  const cases = items.map(({ prompt }) => prompt)
  return sumEstimates(
    modes.map((mode) => estimateCost(cases, mode !== 'image-only', { host, model, concurrency, prices })),
  )
}

/**
 * The drafts along a run are marked by the exact judge alone, so that an endpoint is not asked for them by somebody who
 * waits for them. Where the exact judge has been at work, the endpoint may mark the same answers.
 */
export async function refuseAlong(
  { judge, alongEvery }: Pick<SpecOf<'parabench'>, 'judge' | 'alongEvery'>,
  folders: readonly string[],
): Promise<void> {
  if (judge.kind === 'exact' || alongEvery === undefined) return
  const there = await Promise.all(folders.map(hasRun))
  if (there.every(Boolean)) return
  throw new TandemError(
    'Alignment along the run is measured by the exact judge alone, not by an endpoint.',
    'Leave it out, or run it with the exact judge first and let the endpoint mark the same folder afterwards.',
  )
}

/** Everything the endpoint has not marked yet, several at a time. A failure that would meet all of them stops the asking. */
export async function* judgeAll(
  { spec, engine, run, items, signal, judgeKey: key, judge: identity }: Work,
  judge: EndpointJudge,
): AsyncGenerator<JobUpdate> {
  const todo = items.filter(({ key }) => run.answers.has(key) && !run.scores.get(identity)?.get(key)?.scores)
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
