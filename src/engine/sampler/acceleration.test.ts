/** Accelerated runs with a scripted predictor: sure tokens, the order of cells, caches that follow from the record. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Acceleration } from '../../shared/acceleration.ts'
import { haltonRanks } from './halton.ts'
import type { PredictRequest } from './predictor.ts'
import { fresh, IMAGE, MASK, runAll, runHeader, scriptedPredictor, TEXT } from './testing.ts'

const off: Acceleration = {
  refresh: 1,
  keep: 'input',
  sure: { text: null, image: null },
  imageOrder: 'confidence',
}
const header = (
  part: Partial<Acceleration>,
  more: Parameters<typeof runHeader>[1] = {},
): ReturnType<typeof runHeader> => ({ ...runHeader('parallel', more), acceleration: { ...off, ...part } })

test('with nothing switched on, decides what a run without it decides', async () => {
  expect(await runAll(fresh(header({})))).toEqual(await runAll(fresh(runHeader('parallel'))))
})

describe('sure tokens', () => {
  test('are decided at once, of the modality that has a bound; at least as many as the schedule says', async () => {
    const plain = await runAll(fresh(runHeader('parallel')))
    const [first] = await runAll(fresh(header({ sure: { text: 0.5, image: null } })))
    const drafts = [...plain[0]!.commits.positions, ...plain[0]!.candidates.positions].map((p, i) => ({
      p,
      confidence: [...plain[0]!.commits.confidence, ...plain[0]!.candidates.confidence][i]!,
    }))
    const isText = (p: number): boolean => p >= TEXT.start && p < TEXT.start + TEXT.length
    const expected = new Set([
      ...plain[0]!.commits.positions,
      ...drafts.filter(({ p, confidence }) => isText(p) && confidence >= 0.5).map(({ p }) => p),
    ])
    expect(new Set(first!.commits.positions)).toEqual(expected)
    expect(expected.size).toBeGreaterThan(plain[0]!.commits.positions.length)
  })

  test('end a run early: what is left of the timeline runs no forward', async () => {
    const steps = await runAll(fresh(header({ sure: { text: 0, image: 0 } })))
    expect(steps.map((step) => step.forwards)).toEqual([1, 0, 0, 0, 0, 0, 0, 0])
  })
})

describe('the Halton order', () => {
  test('is an order of all cells, whatever the grid', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), (grid) => {
        const ranks = [...haltonRanks(grid)].sort((a, b) => a - b)
        expect(ranks).toEqual(Array.from({ length: grid * grid }, (_, i) => i))
      }),
    )
  })

  test.each([8, 16, 32])(
    'the first quarter of a grid of %d has cells in every eighth of its rows and columns',
    (grid) => {
      const ranks = haltonRanks(grid)
      const early = [...ranks.keys()].filter((cell) => ranks[cell]! < ranks.length / 4)
      const eighths = (of: (cell: number) => number): number =>
        new Set(early.map((cell) => Math.floor((8 * of(cell)) / grid))).size
      expect([eighths((cell) => Math.floor(cell / grid)), eighths((cell) => cell % grid)]).toEqual([8, 8])
    },
  )

  test('decides cells in that order, and words by confidence', async () => {
    const ranks = haltonRanks(4)
    const seen: number[] = []
    for (const { commits } of await runAll(fresh(header({ imageOrder: 'halton' })))) {
      const cells = commits.positions.filter((p) => p >= IMAGE.start).map((p) => ranks[p - IMAGE.start]!)
      seen.push(...cells.sort((a, b) => a - b))
    }
    expect(seen).toEqual(Array.from({ length: IMAGE.length }, (_, i) => i))
  })
})

test('a step that decides nothing runs no forward, and the others decide what they would have', async () => {
  const long = { steps: 40, temperatures: { text: 0.7, image: 1 } }
  const sparing = await runAll(fresh(runHeader('parallel', long)))
  // No token of the script is this sure, so this run asks at every update and decides by the schedule alone.
  const asking = await runAll(fresh(header({ sure: { text: 1, image: 1 } }, long)))
  expect(sparing.map(({ commits }) => commits)).toEqual(asking.map(({ commits }) => commits))
  expect(asking.slice(0, 35).every(({ forwards }) => forwards === 1)).toBe(true)
  for (const { step, forwards, commits } of sparing.slice(1))
    expect([step, forwards]).toEqual([step, commits.positions.length > 0 ? 1 : 0])
})

describe('the cache', () => {
  const guided = { guidance: { text: 0, image: 2 }, imageSteps: 4, steps: 12 }
  const requestsOf = async (
    known: Parameters<typeof runAll>[0],
  ): Promise<{ requests: PredictRequest[]; steps: Awaited<ReturnType<typeof runAll>> }> => {
    const predictor = scriptedPredictor()
    const steps = await runAll(known, { predictor })
    return { requests: predictor.requests, steps }
  }

  test('is made anew every so many forwards, for each number of sequences by itself', async () => {
    const { requests } = await requestsOf(fresh(header({ refresh: 3 }, guided)))
    for (const passes of [1, 2]) {
      const keys = requests.filter((r) => r.sequences.length === passes).map((r) => r.reuse!.key)
      keys.forEach((key, i) => expect(keys.indexOf(key)).toBe(i - (i % 3)))
    }
  })

  test.each(['input', 'decided', 'waiting'] as const)('keeping %s never holds a row that is asked', async (keep) => {
    const { requests } = await requestsOf(fresh(header({ refresh: 4, keep }, guided)))
    for (const { asks, reuse, sequences } of requests) {
      const kept = new Set(reuse!.keep)
      for (const ask of [asks.text, asks.image]) for (const p of ask?.positions ?? []) expect(kept.has(p)).toBe(false)
      if (keep !== 'waiting') expect(reuse!.keep.every((p) => reuse!.sequences[0]![p] !== MASK)).toBe(true)
      expect(reuse!.sequences.length).toBe(sequences.length)
    }
  })

  test('keeping what waits computes words alone where cells are not asked for, guided or not', async () => {
    const sparse = { imageSteps: 4, steps: 12 }
    for (const more of [sparse, { ...sparse, guidance: { text: 0, image: 2 } }]) {
      const { requests } = await requestsOf(fresh(header({ refresh: 4, keep: 'waiting' }, more)))
      const alone = requests.filter(({ asks }) => !asks.image)
      expect(alone.length).toBeGreaterThan(4)
      const cells = Array.from({ length: IMAGE.length }, (_, i) => IMAGE.start + i)
      for (const { reuse } of alone) expect(reuse!.keep).toEqual(expect.arrayContaining(cells))
      const together = requests.filter(({ asks }) => asks.image)
      expect(
        new Set(together.map(({ reuse }) => reuse!.key)).intersection(new Set(alone.map((r) => r.reuse!.key))),
      ).toEqual(new Set())
    }
  })

  test.each(['decided', 'waiting'] as const)(
    'keeping %s, of a run that goes on from any step holds the sequence of the same forward',
    async (keep) => {
      const whole = await requestsOf(fresh(header({ refresh: 3, keep }, guided)))
      for (let k = 0; k < whole.steps.length; k++) {
        const { requests } = await requestsOf({
          header: header({ refresh: 3, keep }, guided),
          steps: whole.steps.slice(0, k),
          events: [],
        })
        const rest = whole.requests.slice(whole.requests.length - requests.length)
        requests.forEach((request, i) => {
          expect(request.reuse!.sequences).toEqual(rest[i]!.reuse!.sequences)
          expect(request.reuse!.keep).toEqual(rest[i]!.reuse!.keep)
        })
      }
    },
  )

  test('ends with an edit: the next forward computes everything', async () => {
    const { steps } = await requestsOf(fresh(header({ refresh: 8, keep: 'decided' })))
    const position = steps[1]!.commits.positions[0]!
    const { requests } = await requestsOf({
      header: header({ refresh: 8, keep: 'decided' }),
      steps: steps.slice(0, 4),
      events: [{ kind: 'remask', step: 5, position }],
    })
    expect(requests[0]!.reuse!.sequences).toEqual(requests[0]!.sequences)
    expect(requests[0]!.reuse!.keep).not.toContain(position)
  })
})
