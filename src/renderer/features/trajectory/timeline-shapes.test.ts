import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Track, Tracks } from '../../state/trajectories-log.ts'
import { barsPath, columnsOf, describeStep, edgeOf, middleOf, remaskPath, stepAt } from './timeline-shapes.ts'

const text: Track = { commits: [4, 0, 1], remasked: [0, 0, 2], active: [1, 3], total: 5, most: 4 }
const tracks: Tracks = { text, image: null, recorded: 3, planned: 4, edited: [3], branchedAt: 2 }

describe('the timeline', () => {
  it('draws one bar for each step that decided something, the fullest as high as the track', () => {
    expect(barsPath(text)).toBe('M1.14 1V0H1.86V1ZM3.14 1V0.5H3.86V1Z')
    expect(remaskPath(text)).toBe('M3.14 1v-0.14h0.72v0.14Z')
    expect(barsPath({ ...text, commits: [1], most: 10_000 })).toContain('V0.92')
    expect(barsPath(text, 2)).toBe('M1.14 1V0H1.86V1Z')
    expect(barsPath(text, 0)).toBe('')
  })

  it('finds the step under its own middle, and never one that was not recorded', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1000 }),
        fc.nat(1000),
        fc.double({ min: -1, max: 2, noNaN: true }),
        (planned, k, share) => {
          const columns = columnsOf({ planned })
          const step = k % (planned + 1)
          expect(stepAt(middleOf(step, columns) / 100, columns, planned)).toBe(step)
          expect(edgeOf(step, columns)).toBeLessThan(middleOf(step, columns))
          const found = stepAt(share, columns, Math.min(k, planned))
          expect(found).toBeGreaterThanOrEqual(0)
          expect(found).toBeLessThanOrEqual(Math.min(k, planned))
        },
      ),
    )
  })

  it('says of a step what it decided, masked again and was changed by', () => {
    expect(describeStep(tracks, 0)).toBe('before the first step')
    expect(describeStep(tracks, 1)).toBe('step 1: 4 words decided')
    expect(describeStep(tracks, 2)).toBe('step 2: nothing decided, last step shared with the run it branched from')
    expect(describeStep(tracks, 3)).toBe('step 3: 1 word decided, 2 masked again, changed by you before it')
  })
})
