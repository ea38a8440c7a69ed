import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomRun, testHeader } from '../../shared/trajectory-fixtures.ts'
import { canonicalTrajectory } from '../../shared/trajectory-frame.ts'
import { appendRecords, begun, remasksOf, tracksOf } from './trajectories-log.ts'

const made = (seed: number, steps = 12): ReturnType<typeof canonicalTrajectory> =>
  canonicalTrajectory(randomRun({ seed, length: 12, steps, vocabSize: 20, remaskRate: 0.2, editRate: 0 }).trajectory)

describe('a growing trajectory', () => {
  it('holds every record once, whatever was told twice or out of order', () => {
    fc.assert(
      fc.property(fc.nat(1000), fc.array(fc.nat(11), { maxLength: 30 }), (seed, order) => {
        const whole = made(seed)
        const shuffled = [...order.map((i) => whole.steps[i]!), ...whole.steps]
        const { trajectory, gap } = appendRecords(begun(whole.header), shuffled)
        expect(gap).toBe(false)
        expect(trajectory).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  it('tells of a gap and keeps what follows', () => {
    const whole = made(3)
    const { trajectory, gap } = appendRecords(begun(whole.header), [whole.steps[0]!, whole.steps[4]!])
    expect(gap).toBe(true)
    expect(trajectory.steps).toEqual(whole.steps.slice(0, 1))
  })

  it('stays the same object where nothing is new', () => {
    const whole = made(4)
    expect(appendRecords(whole, whole.steps).trajectory).toBe(whole)
  })
})

describe('the tracks', () => {
  it('count the commits of each modality by step, with what was planned', () => {
    const header = testHeader({
      steps: 4,
      fields: [
        { name: 'outputImage', start: 0, length: 3, modality: 'image' },
        { name: 'outputText', start: 3, length: 3, modality: 'text' },
      ],
      tokens: [9, 9, 9, 9, 9, 9],
      parent: { hash: 'abcdef01', step: 1 },
    })
    const picks = (positions: number[]): { positions: number[]; tokens: number[]; confidence: number[] } => ({
      positions,
      tokens: positions.map(() => 1),
      confidence: positions.map(() => 0.5),
    })
    const tracks = tracksOf({
      header,
      steps: [
        { step: 1, commits: picks([0, 3, 4]), remasked: [], candidates: picks([]), forwards: 1 },
        { step: 2, commits: picks([5]), remasked: [3], candidates: picks([]), forwards: 1 },
      ],
      events: [{ kind: 'remask', step: 2, position: 4 }],
    })
    expect(tracks.text).toEqual({ commits: [2, 1], remasked: [0, 1], active: [1, 2], total: 3, most: 2 })
    expect(tracks.image).toEqual({ commits: [1, 0], remasked: [0, 0], active: [1], total: 3, most: 1 })
    expect(tracks).toMatchObject({ recorded: 2, planned: 4, edited: [2], branchedAt: 1 })
  })

  it('know when a position was masked again, by a step or by a person', () => {
    const whole = made(9)
    const expected = new Map<number, number[]>()
    for (const step of whole.steps)
      for (const p of step.remasked) expected.set(p, [...(expected.get(p) ?? []), step.step])
    expect(remasksOf(whole)).toEqual(expected)
    expect(remasksOf({ ...whole, events: [{ kind: 'remask', step: 1, position: 11 }] }).get(11)![0]).toBe(1)
  })
})
