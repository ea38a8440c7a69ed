/** The verdict of a pre-flight: what fits, what is tight, what is refused, and what is proposed instead. */
import { describe, expect, test } from 'vitest'
import type { PreflightReport } from '../../shared/training.ts'
import { durationInWords, judgeRun, type Measures } from './preflight-verdict.ts'

const GB = 1e9
/** A run whose pass costs 0.5 GB and 0.25 GB a sample; its peak is that of its own pass unless said. */
function judge(part: Partial<Measures>): Pick<PreflightReport, 'verdict' | 'sentence' | 'proposal'> {
  const batch = part.batch ?? 16
  const accumulate = part.accumulate ?? 1
  const peakOf = (samples: number): number => 0.5 * GB + 0.25 * GB * samples
  return judgeRun({
    method: 'full',
    rank: null,
    batch,
    accumulate,
    steps: 600,
    totalSeconds: 700,
    peak: peakOf(batch / accumulate),
    available: 20 * GB,
    limit: null,
    peakOf,
    diskNeeded: 0.1 * GB,
    diskFree: 50 * GB,
    ...part,
  })
}

test('a run that fits says how long it takes and what it needs', () => {
  expect(judge({})).toEqual({
    verdict: 'fits',
    sentence:
      '600 steps of 16 samples take about 12 min; the run needs 4.5 GB of memory and 20 GB can be had, needs 100 MB of disk and 50 GB is free.',
    proposal: null,
  })
})

describe('memory', () => {
  test.each<[number, PreflightReport['verdict'], Record<string, unknown>]>([
    // Two passes of 8 take 2.5 GB, four of 4 take 1.5 GB.
    [5.5, 'tight', { accumulate: 2 }],
    [4, 'refused', { accumulate: 2 }],
    [2.1, 'refused', { accumulate: 4 }],
    [1.2, 'refused', { accumulate: 16 }],
    [0.9, 'refused', { method: 'lora', rank: 8, accumulate: 16 }],
  ])('of %d GB: %s', (available, verdict, settings) => {
    const judged = judge({ available: available * GB })
    expect(judged.verdict).toBe(verdict)
    expect(judged.proposal?.settings).toEqual(settings)
  })

  test('names the limit of a container', () => {
    const { sentence } = judge({ available: 2 * GB, limit: 2 * GB })
    expect(sentence).toBe(
      'The run needs 4.5 GB of memory and 2.0 GB can be had (the limit of the container is 2.0 GB).',
    )
  })

  test('an adapter is proposed a lower rank, and at rank 1 a smaller model', () => {
    const small = { method: 'lora', available: 0.5 * GB, peak: 4 * GB } as const
    expect(judge({ ...small, rank: 16 }).proposal?.settings).toEqual({ rank: 8, accumulate: 16 })
    expect(judge({ ...small, rank: 1 }).proposal?.words).toContain('smaller model')
  })

  test('what is proposed always fits by the same measure', () => {
    for (let available = 1; available < 6; available += 0.1) {
      const { proposal } = judge({ available: available * GB })
      const passes = proposal?.settings.accumulate
      if (!passes || proposal.settings.method) continue
      expect(judge({ available: available * GB, accumulate: passes }).verdict).toBe('fits')
    }
  })
})

test.each<[number, PreflightReport['verdict']]>([
  [0.05, 'refused'],
  [0.105, 'tight'],
  [1, 'fits'],
])('with %d GB of disk free: %s', (free, verdict) => {
  const judged = judge({ diskFree: free * GB })
  expect(judged.verdict).toBe(verdict)
  expect(judged.proposal === null).toBe(verdict === 'fits')
})

test.each([
  [0.2, '1 s'],
  [89, '89 s'],
  [90, '2 min'],
  [5399, '90 min'],
  [5400, '1.5 h'],
])('%d seconds are %s', (seconds, words) => {
  expect(durationInWords(seconds)).toBe(words)
})
