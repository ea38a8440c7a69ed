/** Rows that may be decided soon: which ones a forward asks about, what it knows of the rest, from any step of the record. */
import { expect, test } from 'vitest'
import type { Acceleration } from '../../shared/acceleration.ts'
import type { Trajectory, TrajectoryStep } from '../../shared/trajectory.ts'
import { haltonRanks } from './halton.ts'
import type { PredictRequest } from './predictor.ts'
import { fresh, IMAGE, MASK, runAll, runHeader, scriptedPredictor, TEXT } from './testing.ts'

const off: Acceleration = {
  refresh: 1,
  keep: 'input',
  sure: { text: null, image: null },
  imageOrder: 'confidence',
}
const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, i) => from + i)

async function requestsOf(known: Trajectory): Promise<{ requests: PredictRequest[]; steps: TrajectoryStep[] }> {
  const predictor = scriptedPredictor()
  const steps = await runAll(known, { predictor })
  return { requests: predictor.requests, steps }
}

const guided = { guidance: { text: 0, image: 2 }, imageSteps: 4, steps: 12 }
const few = { refresh: 4, keep: 'waiting', soon: { times: 2, least: 3 } } as const
const modes = ['parallel', 'sequential', 'semi-parallel', 'image-only'] as const
const unguided = { imageSteps: 4, steps: 12, temperatures: { text: 0.7, image: 1 } }
const cases = modes.flatMap((mode) =>
  [{ ...guided, temperatures: unguided.temperatures }, unguided].map((more) => [mode, more] as const),
)
const headerOf = (
  mode: (typeof modes)[number],
  more: Parameters<typeof runHeader>[1],
  part: Partial<Acceleration> = few,
) => ({
  ...runHeader(mode, more),
  acceleration: { ...off, ...part },
})

test.each(cases)('%s, %o: between refreshes no more are asked, and as many are decided', async (mode, more) => {
  const { requests, steps } = await requestsOf(fresh(headerOf(mode, more)))
  const all = await requestsOf(fresh(headerOf(mode, more, { ...few, soon: undefined })))
  const counts = (run: typeof all): unknown => run.steps.map(({ commits }) => commits.positions.length)
  expect(counts({ requests, steps })).toEqual(counts(all))
  const forwards = steps.filter((step) => step.forwards > 0)
  let narrow = 0
  requests.forEach(({ asks, reuse, sequences }, i) => {
    const renewed = requests.findIndex((other) => other.reuse!.key === reuse!.key) === i
    for (const { start, length } of [TEXT, IMAGE]) {
      const within = (p: number): boolean => p >= start && p < start + length
      const asked = [asks.text, asks.image].flatMap((ask) => ask?.positions ?? []).filter(within)
      const undecided = [...sequences[0]!.keys()].filter((p) => within(p) && sequences[0]![p] === MASK)
      if (asked.length === 0) continue
      const decided = forwards[i]!.commits.positions.filter(within).length
      if (renewed) expect(asked).toEqual(undecided)
      else expect(asked.length).toBe(Math.min(undecided.length, Math.max(3, 2 * decided)))
      if (asked.length < undecided.length) narrow++
    }
  })
  expect(narrow).toBeGreaterThan(0)
})

test('those are asked that were most confident when they were last asked', async () => {
  const { requests, steps } = await requestsOf(fresh(headerOf('parallel', unguided)))
  const confidence = new Map<number, number>()
  let narrow = 0
  requests.forEach(({ asks, sequences }, i) => {
    for (const { start, length } of [TEXT, IMAGE]) {
      const asked = [asks.text, asks.image]
        .flatMap((ask) => ask?.positions ?? [])
        .filter((p) => p >= start && p < start + length)
      const left = range(start, start + length).filter((p) => sequences[0]![p] === MASK && !asked.includes(p))
      if (asked.length === 0 || left.length === 0) continue
      narrow++
      const of = (positions: number[]): number[] => positions.map((p) => confidence.get(p)!)
      expect(Math.min(...of(asked))).toBeGreaterThanOrEqual(Math.max(...of(left)))
    }
    const { candidates } = steps.filter((step) => step.forwards > 0)[i]!
    candidates.positions.forEach((p, k) => confidence.set(p, candidates.confidence[k]!))
  })
  expect(narrow).toBeGreaterThan(3)
})

test('in the Halton order, those that come next', async () => {
  const ranks = haltonRanks(4)
  const seen: number[] = []
  const steps = await runAll(fresh(headerOf('parallel', unguided, { ...few, imageOrder: 'halton' })))
  for (const { commits } of steps) {
    const cells = commits.positions.filter((p) => p >= IMAGE.start).map((p) => ranks[p - IMAGE.start]!)
    seen.push(...cells.sort((a, b) => a - b))
  }
  expect(seen).toEqual(range(0, IMAGE.length))
})

test.each(cases)('%s, %o: what is decided is computed once it is there, the rest known', async (mode, more) => {
  const { requests } = await requestsOf(fresh(headerOf(mode, more)))
  for (const { asks, reuse, sequences } of requests) {
    const asked = new Set([asks.text, asks.image].flatMap((ask) => ask?.positions ?? []))
    const [then, now] = [reuse!.sequences[0]!, sequences[0]!]
    expect(reuse!.keep).toEqual([...now.keys()].filter((p) => now[p] === then[p] && !asked.has(p)))
  }
})

test.each(cases)('%s, %o: a run that goes on from any step asks the same and decides the same', async (mode, more) => {
  const header = headerOf(mode, more)
  const whole = await requestsOf(fresh(header))
  for (let k = 0; k < whole.steps.length; k++) {
    const { requests, steps } = await requestsOf({ header, steps: whole.steps.slice(0, k), events: [] })
    expect(steps).toEqual(whole.steps.slice(k))
    const rest = whole.requests.slice(whole.requests.length - requests.length)
    const seen = (all: readonly PredictRequest[]): unknown =>
      all.map(({ asks, reuse }) => [asks, reuse!.sequences, reuse!.keep])
    expect(seen(requests)).toEqual(seen(rest))
  }
})

test('where every forward computes everything, it changes nothing', async () => {
  const plain = await runAll(fresh(headerOf('parallel', guided, {})))
  expect(await runAll(fresh(headerOf('parallel', guided, { soon: few.soon })))).toEqual(plain)
})
