import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { largeRun, randomRun } from '../../shared/trajectory-fixtures.ts'
import { frame } from '../../shared/trajectory-frame.ts'
import { canonicalTrajectory } from '../../shared/trajectory-frame.ts'
import { FrameIndex } from './trajectories-frames.ts'

const shape = fc.record({
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  length: fc.integer({ min: 1, max: 40 }),
  steps: fc.integer({ min: 0, max: 90 }),
  vocabSize: fc.constant(30),
  remaskRate: fc.constantFrom(0, 0.2),
  editRate: fc.constantFrom(0, 0.05),
})

describe('the frame index', () => {
  it('gives the frame of a walk from the start, asked for in any order', () => {
    fc.assert(
      fc.property(shape, fc.array(fc.nat(), { maxLength: 40 }), (run, asked) => {
        const trajectory = canonicalTrajectory(randomRun(run).trajectory)
        const index = new FrameIndex(trajectory)
        for (const n of asked) {
          const k = n % (trajectory.steps.length + 1)
          expect(index.at(k)).toEqual(frame(trajectory, k))
        }
      }),
      { numRuns: 60 },
    )
  })

  it('grows with a run, and frames handed out before stay as they were', () => {
    const trajectory = canonicalTrajectory(
      randomRun({ seed: 5, length: 24, steps: 70, vocabSize: 20, remaskRate: 0.1, editRate: 0 }).trajectory,
    )
    const upTo = (n: number): typeof trajectory => ({ ...trajectory, steps: trajectory.steps.slice(0, n) })
    const index = new FrameIndex(upTo(0))
    const live = trajectory.steps.map((_, i) => {
      expect(index.extend(upTo(i + 1))).toBe(true)
      return index.at(i + 1)
    })
    live.forEach((seen, i) => expect(seen).toEqual(frame(trajectory, i + 1)))
  })

  it('refuses to grow into another record', () => {
    const run = (seed: number): ReturnType<typeof canonicalTrajectory> =>
      canonicalTrajectory(randomRun({ seed, length: 8, steps: 4, vocabSize: 9, remaskRate: 0, editRate: 0 }).trajectory)
    const first = run(1)
    expect(new FrameIndex(first).extend(run(2))).toBe(false)
    expect(new FrameIndex(first).extend({ ...first, steps: first.steps.slice(0, 2) })).toBe(false)
  })

  it('finds any frame of 1280 positions and 1000 steps in 2 ms', () => {
    const trajectory = canonicalTrajectory(
      largeRun({ vocabSize: 9000, prompt: 1152, output: 1280, steps: 1000, seed: 3 }),
    )
    const index = new FrameIndex(trajectory)
    const times = Array.from({ length: 120 }, (_, i) => {
      const k = (i * 617) % 1001
      const began = performance.now()
      index.at(k)
      return performance.now() - began
    }).sort((a, b) => a - b)
    // The median holds the bar; single slower ones are the machine's, not the walk's.
    expect(times[60]!).toBeLessThan(2)
  })
})
