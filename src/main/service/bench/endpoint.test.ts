/**
 * An endpoint as judge, through the studio and over real HTTP, faults included: nothing is sent before the host was agreed
 * to, what cannot be judged says why, and the key is found nowhere but in the requests.
 */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { openFakeEndpoint, refuse, scoreOf, type FakeEndpoint } from '../../../engine/bench/endpoint/server-fixtures.ts'
import type { BenchReport } from '../../../shared/bench.ts'
import type { EndpointJudge } from '../../../shared/studio-bench.ts'
import type { StudioJob, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import type { Vault } from '../types.ts'
import { engineProcesses, openBench, parabench, type BenchPlace } from './testing.ts'

const KEY = 'sk-the-secret-of-this-test-0123456789'

// Engine processes start and models open in each: minutes on a machine that is busy.
vi.setConfig({ testTimeout: 240_000 })

let server: FakeEndpoint
let bench: BenchPlace
beforeAll(async () => {
  server = await openFakeEndpoint()
  bench = await openBench()
})
afterAll(async () => {
  await bench.close()
  await server.close()
})

const judgeAt = (more: Partial<EndpointJudge> = {}): EndpointJudge => ({
  kind: 'endpoint',
  url: server.url,
  model: 'vision-1',
  concurrency: 4,
  timeoutSeconds: 5,
  keyed: true,
  agreed: new URL(server.url).host,
  ...more,
})
const judged = (more: Partial<EndpointJudge> = {}): StudioJobSpecOf<'parabench'> => parabench({ judge: judgeAt(more) })
const reportOf = (job: StudioJob): BenchReport => (job.result as { report: BenchReport }).report

/** Everything that is written, told or visible of a process: none of it may hold the key. */
async function placesWithKey(): Promise<string[]> {
  const found: string[] = []
  for (const entry of readdirSync(bench.path, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile() && readFileSync(path, 'latin1').includes(KEY)) found.push(path)
  }
  if (JSON.stringify(bench.events).includes(KEY)) found.push('events')
  if (JSON.stringify(await bench.call('jobs.list', {})).includes(KEY)) found.push('jobs')
  if ((await bench.call('diagnostics.report', {})).text.includes(KEY)) found.push('diagnostics')
  for (const pid of engineProcesses())
    for (const file of ['cmdline', 'environ'])
      if (readFileSync(`/proc/${pid}/${file}`, 'latin1').includes(KEY)) found.push(`${file} of the engine`)
  return found
}

describe('an endpoint that judges', () => {
  test('is asked nothing before its host was agreed to; what it would be asked is known', async () => {
    const prices = { input: 1, output: 4 }
    const estimate = await bench.call('bench.estimate', { spec: judged({ prices }) })
    // Five edits have six questions each, a generation five.
    expect(estimate).toMatchObject({ host: new URL(server.url).host, model: 'vision-1', requests: 35 })
    expect(estimate.usd).toBeGreaterThan(0)
    const { kind: _, answersOf: _a, mode: _m, ...rest } = judged({ prices })
    const drag = await bench.call('bench.estimate', { spec: { ...rest, kind: 'parabench-drag' } })
    expect(drag.requests).toBe(3 * 35 + 17)
    expect(drag.most.requests).toBe(90 * drag.requests + 4 * 4)
    await expect(bench.call('jobs.start', { spec: judged({ agreed: 'other.host' }) })).rejects.toThrow('agreed')
    await expect(bench.call('bench.estimate', { spec: parabench() })).rejects.toThrow('costs nothing')
    expect(server.asked).toEqual([])
  })

  test('needs its key at hand, which a browser keeps in memory alone', async () => {
    const job = await bench.finish(judged())
    expect(job).toMatchObject({ state: 'failed', error: { message: expect.stringContaining('not at hand') as string } })
    expect(server.asked).toEqual([])
    expect(await bench.call('bench.key', { url: server.url })).toMatchObject({ where: 'none', canKeep: false })
    await expect(bench.call('bench.setKey', { url: server.url, key: KEY, keep: true })).rejects.toThrow(
      'cannot be kept',
    )
    await expect(
      bench.call('bench.setKey', { url: 'http://elsewhere.example/v1', key: KEY, keep: false }),
    ).rejects.toThrow('unencrypted')
    await expect(bench.call('bench.setKey', { url: server.url, key: 'two words', keep: false })).rejects.toThrow(
      'blanks',
    )
    expect(await bench.call('bench.setKey', { url: server.url, key: ` ${KEY}\n`, keep: false })).toMatchObject({
      where: 'memory',
    })
    // The failed job goes on where it was, now that the key is there; the endpoint misbehaves at first.
    let n = 0
    server.behave(({ key }, _n, response) => {
      n++
      if (n === 1) return refuse(response, 429, { 'retry-after': '0' })
      if (n === 2) return refuse(response, 500, { 'retry-after': '0' })
      if (key === 'instruction_score') return scoreOf(key, 9)
      return `Here you are:\n\`\`\`json\n${scoreOf(key)}\n\`\`\``
    })
    await bench.call('jobs.resume', { job: job.id })
    await bench.until(job.id, ({ progress }) => (progress?.metrics['requests'] ?? 0) > 0)
    expect(await placesWithKey()).toEqual([])
    const first = await bench.ended(job.id)
    expect(reportOf(first)).toMatchObject({ judged: 0, unjudged: { length: 6 } })
    expect(reportOf(first).unjudged[0]!.reason).toContain('9 is not from 1 to 5')
    expect(server.asked.every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true)
    expect(await placesWithKey()).toEqual([])
  })

  test('forgets the key of this run when the run is done', async () => {
    await vi.waitFor(async () => expect((await bench.call('bench.key', { url: server.url })).where).toBe('none'))
  })

  test('may be asked without a key, even where the environment has one for another', async () => {
    vi.stubEnv('TANDEM_JUDGE_KEY', KEY)
    server.behave(({ key }) => scoreOf(key, 5))
    const before = server.asked.length
    const job = await bench.finish(judged({ keyed: false }))
    vi.unstubAllEnvs()
    expect(reportOf(job)).toMatchObject({ judged: 6, overall: { overall: { value: 100 } } })
    expect(
      server.asked
        .slice(before)
        .map(({ authorization }) => authorization)
        .filter(Boolean),
    ).toEqual([])
  })

  test('measures nothing along the run, and is asked nothing by a job that waits for it', async () => {
    const before = server.asked.length
    const job = await bench.finish({ ...judged({ keyed: false }), alongEvery: 1 })
    expect(job).toMatchObject({
      state: 'failed',
      error: { message: expect.stringContaining('by the exact judge alone') as string },
    })
    expect(server.asked.length).toBe(before)
  })

  test('marks the answers of another run: the report says how the judges agree', async () => {
    const exact = await bench.finish(parabench())
    const before = server.asked.length
    const job = await bench.finish({ ...judged({ keyed: false }), answersOf: exact.id })
    expect(job).toMatchObject({ state: 'done', result: { answered: 0 } })
    expect(server.asked.length - before).toBe(35)
    const { judges, report } = await bench.call('bench.report', { job: exact.id })
    expect(judges).toEqual(['exact 1', reportOf(job).judge])
    expect(report).toMatchObject({ judge: 'exact 1', agreement: [{ judge: reportOf(job).judge, answers: 6 }] })
    const { answers } = await bench.call('bench.answers', { job: job.id, filter: {} })
    expect(answers[0]!.judgements.map(({ judge }) => judge)).toEqual(judges)
    const other = { ...judged({ keyed: false }), answersOf: exact.id, steps: 3 }
    await expect(bench.call('jobs.start', { spec: other })).rejects.toThrow('other settings')
  })

  test('has its key from the system where the host can have it encrypted', async () => {
    const secrets = new Map<string, string>()
    const vault: Vault = {
      state: () => Promise.resolve({ usable: true, why: '' }),
      get: (name) => Promise.resolve(secrets.get(name) ?? null),
      put: (name, secret) => Promise.resolve(void secrets.set(name, secret)),
      remove: (name) => Promise.resolve(void secrets.delete(name)),
    }
    const place = await openBench({ vault })
    try {
      const kept = await place.call('bench.setKey', { url: server.url, key: KEY, keep: true })
      expect(kept).toMatchObject({ where: 'kept', canKeep: true, why: '' })
      expect([...secrets]).toEqual([[new URL(server.url).origin, KEY]])
      const before = server.asked.length
      expect((await place.finish(judged())).state).toBe('done')
      expect(server.asked.slice(before).every(({ authorization }) => authorization === `Bearer ${KEY}`)).toBe(true)
      expect((await place.call('bench.key', { url: server.url })).where).toBe('kept')
      expect((await place.call('bench.forgetKey', { url: server.url })).where).toBe('none')
      expect(secrets.size).toBe(0)
    } finally {
      await place.close()
    }
  })
})
