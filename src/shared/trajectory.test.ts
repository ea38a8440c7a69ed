import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TandemError } from './errors.ts'
import { testHeader } from './trajectory-fixtures.ts'
import { advanceFrame, applyEvents, canonicalTrajectory, draftTokens, frame, initialFrame } from './trajectory-frame.ts'
import {
  BadTrajectory,
  confidenceLevel,
  givenStep,
  levelConfidence,
  quantiseConfidence,
  trajectoryHeaderSchema,
  undecidedStep,
  type TokenPicks,
  type Trajectory,
  type TrajectoryStep,
} from './trajectory.ts'

const none: TokenPicks = { positions: [], tokens: [], confidence: [] }
const picks = (...rows: [position: number, token: number, confidence: number][]): TokenPicks => ({
  positions: rows.map((r) => r[0]),
  tokens: rows.map((r) => r[1]),
  confidence: rows.map((r) => r[2]),
})
const step = (n: number, part: Partial<TrajectoryStep> = {}): TrajectoryStep => ({
  step: n,
  commits: none,
  remasked: [],
  candidates: none,
  forwards: 1,
  ...part,
})
/** Tokens 7 8 given, four masks (9). Position 2 is committed, masked again, edited and committed anew. */
const story: Trajectory = {
  header: testHeader({ pinned: [0] }),
  steps: [
    step(1, { commits: picks([2, 3, 1]), candidates: picks([3, 4, 0.5], [4, 5, 0.25]) }),
    step(2, { commits: picks([4, 5, 0.9]), remasked: [2] }),
    step(3, { commits: picks([2, 6, 0.7]), candidates: picks([3, 1, 0.6]) }),
  ],
  events: [
    { kind: 'pin', step: 2, position: 1 },
    { kind: 'replace', step: 3, position: 5, token: 2 },
    { kind: 'remask', step: 3, position: 0 },
    { kind: 'unpin', step: 3, position: 1 },
  ],
}

describe('confidence', () => {
  test('is quantised the same the second time', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        (c) => quantiseConfidence(quantiseConfidence(c)) === quantiseConfidence(c),
      ),
    )
  })
  test('keeps every level, in falling order', () => {
    for (let level = 0; level < 256; level++) expect(confidenceLevel(levelConfidence(level))).toBe(level)
    for (let level = 1; level < 256; level++) expect(levelConfidence(level)).toBeLessThan(levelConfidence(level - 1))
  })
  test('stays within 6 % of the truth down to one code in 134656', () => {
    fc.assert(
      fc.property(fc.double({ min: Math.log(1 / 134656), max: 0, noNaN: true }), (log) => {
        expect(Math.abs(Math.log(quantiseConfidence(Math.exp(log))) - log)).toBeLessThan(0.06)
      }),
    )
  })
  test.each([
    [1, 1],
    [2, 1],
    [Number.NaN, levelConfidence(255)],
    [0, levelConfidence(255)],
    [-1, levelConfidence(255)],
  ])('of %s is %s', (c, expected) => expect(quantiseConfidence(c)).toBe(expected))
})

describe('a frame', () => {
  test('starts with what is given and what is masked', () => {
    const f = frame(story, 0)
    expect([...f.tokens]).toEqual([7, 8, 9, 9, 9, 9])
    expect([...f.committedAt]).toEqual([
      givenStep,
      givenStep,
      undecidedStep,
      undecidedStep,
      undecidedStep,
      undecidedStep,
    ])
    expect([...f.confidence]).toEqual([1, 1, 0, 0, 0, 0])
    expect([...f.candidates]).toEqual([-1, -1, -1, -1, -1, -1])
    expect([...f.pinned]).toEqual([1, 0, 0, 0, 0, 0])
  })
  test('holds commits and drafts of its step', () => {
    const f = frame(canonicalTrajectory(story), 1)
    expect([...f.tokens]).toEqual([7, 8, 3, 9, 9, 9])
    expect([...f.candidates]).toEqual([-1, -1, -1, 4, 5, -1])
    expect(f.candidateConfidence[3]).toBe(quantiseConfidence(0.5))
    expect([...draftTokens(f)]).toEqual([7, 8, 3, 4, 5, 9])
  })
  test('masks again, and keeps the draft of a step that gave no new one', () => {
    const f = frame(story, 2)
    expect([...f.tokens]).toEqual([7, 8, 9, 9, 5, 9])
    expect(f.committedAt[2]).toBe(undecidedStep)
    expect([...f.candidates]).toEqual([-1, -1, -1, 4, -1, -1])
    expect([...f.pinned]).toEqual([1, 1, 0, 0, 0, 0])
  })
  test('has the edits before its step and the new commit', () => {
    const f = frame(story, 3)
    expect([...f.tokens]).toEqual([9, 8, 6, 9, 5, 2])
    expect([...f.committedAt]).toEqual([undecidedStep, givenStep, 3, undecidedStep, 2, givenStep])
    expect(f.confidence[5]).toBe(1)
    expect([...f.pinned]).toEqual([1, 0, 0, 0, 0, 0])
  })
  test.each([-1, 4, 0.5, Number.NaN])('of step %s is refused', (k) =>
    expect(() => frame(story, k)).toThrow(TandemError),
  )
  test('can be followed step by step', () => {
    let state = initialFrame(story.header)
    for (const s of story.steps)
      state = advanceFrame(
        state,
        story.header,
        s,
        story.events.filter((e) => e.step === s.step),
      )
    expect(state).toEqual(frame(story, 3))
  })
  test('takes the edits that wait for the next step', () => {
    const state = frame(story, 2)
    applyEvents(
      state,
      story.header,
      story.events.filter((e) => e.step === 3),
    )
    expect([...state.tokens]).toEqual([9, 8, 9, 9, 5, 2])
  })
})

describe('an inconsistent record', () => {
  test.each<[string, Partial<Trajectory>]>([
    ['commits a decided position', { steps: [step(1, { commits: picks([0, 3, 1]) })] }],
    ['drafts a decided position', { steps: [step(1, { candidates: picks([0, 3, 1]) })] }],
    ['masks a masked position', { steps: [step(1, { remasked: [3] })] }],
    ['commits a position twice in a step', { steps: [step(1, { commits: picks([3, 1, 1], [3, 2, 1]) })] }],
    ['commits the mask', { steps: [step(1, { commits: picks([3, 9, 1]) })] }],
    ['commits half a token', { steps: [step(1, { commits: picks([3, 0.5, 1]) })] }],
    ['commits past the sequence', { steps: [step(1, { commits: picks([6, 1, 1]) })] }],
    ['has columns of two lengths', { steps: [step(1, { commits: { positions: [3], tokens: [1], confidence: [] } })] }],
    ['counts no forwards', { steps: [step(1, { forwards: -1 })] }],
    ['skips a step', { steps: [step(2)] }],
    ['edits past the sequence', { steps: [step(1)], events: [{ kind: 'pin', step: 1, position: 6 }] }],
    ['edits past the end', { steps: [step(1)], events: [{ kind: 'pin', step: 3, position: 1 }] }],
    ['edits the mask in', { steps: [step(1)], events: [{ kind: 'replace', step: 1, position: 1, token: 9 }] }],
    ['has too few tokens', { header: testHeader({ length: 7 }) }],
    [
      'has a field past the end',
      { header: testHeader({ fields: [{ name: 'outputText', start: 3, length: 9, modality: 'text' }] }) },
    ],
    ['has a region outside the grid', { header: testHeader({ region: [4] }) }],
    ['pins past the end', { header: testHeader({ pinned: [6] }) }],
    ['has a seed of 33 bits', { header: testHeader({ seed: 2 ** 32 }) }],
  ])('is refused: it %s', (_, part) => {
    expect(() => canonicalTrajectory({ header: story.header, steps: [], events: [], ...part })).toThrow(BadTrajectory)
  })
})

test('a header holds no clock unless it is given one', () => {
  expect(Object.keys(trajectoryHeaderSchema.parse(testHeader()))).not.toContain('createdAt')
})
