import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { randomRun, testHeader } from '../../../shared/trajectory-fixtures.ts'
import { canonicalTrajectory, frame } from '../../../shared/trajectory-frame.ts'
import type { Trajectory, TrajectoryStep } from '../../../shared/trajectory.ts'
import { remasksOf } from '../../state/trajectories-log.ts'
import { lexiconOf, matchModel, suggest, type Lexicon } from '../../state/trajectories-vocabulary.ts'
import { SlotWidths } from './slot-widths.ts'
import { describeCell, describeWord, foldFrom, percent, plainText, wordsAt, type Word } from './words.ts'

const labels = ['<mask>', '<pad>', '<bos>', '<eos>', 'the', 'dog', 'cat', 'is', 'at', 'rhinoceros']
const lexicon = lexiconOf(testHeader(), { labels, special: { mask: 0, pad: 1, eos: 3 } })
const picks = (...list: [position: number, token: number, confidence: number][]): TrajectoryStep['commits'] => ({
  positions: list.map((entry) => entry[0]),
  tokens: list.map((entry) => entry[1]),
  confidence: list.map((entry) => entry[2]),
})
const run: Trajectory = {
  header: testHeader({ tokens: [0, 0, 0, 0, 0, 5], maskId: 0, pinned: [5], steps: 4 }),
  steps: [
    { step: 1, commits: picks([0, 4, 0.9]), remasked: [], candidates: picks([1, 9, 0.2], [3, 3, 0.5]), forwards: 1 },
    { step: 2, commits: picks([1, 5, 0.5], [3, 3, 1]), remasked: [], candidates: picks([2, 7, 0.1]), forwards: 1 },
    { step: 3, commits: picks([2, 7, 0.4]), remasked: [1], candidates: picks(), forwards: 1 },
  ],
  events: [{ kind: 'replace', step: 3, position: 4, token: 1 }],
}
const wordsOf = (k: number, trajectory = run, words: Lexicon = lexicon): Word[] =>
  wordsAt(trajectory.header, frame(trajectory, k), words, remasksOf(trajectory))

describe('the words of a frame', () => {
  it('tell masked, draft, new, decided, given, pinned and masked again apart', () => {
    expect(wordsOf(0).map((word) => word.state)).toEqual(['masked', 'masked', 'masked', 'masked', 'masked', 'pinned'])
    expect(wordsOf(1).map((word) => word.state)).toEqual(['new', 'draft', 'masked', 'draft', 'masked', 'pinned'])
    expect(wordsOf(3).map((word) => word.state)).toEqual([
      'committed',
      'remasked',
      'new',
      'committed',
      'given',
      'pinned',
    ])
  })

  it('are as many at every step, whatever a run does', () => {
    fc.assert(
      fc.property(fc.nat(5000), (seed) => {
        const { trajectory } = randomRun({ seed, length: 10, steps: 8, vocabSize: 10, remaskRate: 0.2, editRate: 0.1 })
        const whole = canonicalTrajectory(trajectory)
        for (let k = 0; k <= 8; k++) {
          const words = wordsOf(k, whole)
          expect(words.map((word) => word.index)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
          for (const word of words) {
            if (word.state === 'new') expect(word.step).toBe(k)
            expect(word.share === null).toBe(word.confidence === null)
          }
        }
      }),
      { numRuns: 60 },
    )
  })

  it('say in one line what a word is, how sure and when', () => {
    expect(describeWord(wordsOf(1)[0]!)).toBe('the, new at this step, confidence 90 %, step 1')
    expect(describeWord(wordsOf(1)[1]!)).toBe('rhinoceros, draft, confidence 20 %')
    expect(describeWord(wordsOf(0)[0]!)).toBe('masked')
  })
})

describe('the end of the reasoning', () => {
  const tokens = (list: number[], decided: boolean): Word[] =>
    list.map((token, index) => ({
      ...wordsOf(decided ? 2 : 1)[decided ? 0 : 1]!,
      index,
      token,
      quiet: token === 3 || token === 1,
    }))

  it('is folded from a decided end token on, whatever is still open behind it', () => {
    expect(foldFrom(tokens([4, 5, 3, 7, 1], true), 3)).toBe(2)
    expect(plainText(tokens([4, 3, 7], true), 3)).toBe('the')
  })

  it('is folded where all that follows is end or padding so far, and open otherwise', () => {
    expect(foldFrom(tokens([4, 5, 3, 1], false), 3)).toBe(2)
    expect(foldFrom(tokens([4, 3, 5], false), 3)).toBeNull()
    expect(foldFrom(tokens([4, 5], false), null)).toBeNull()
  })
})

describe('the slots', () => {
  const measure = (text: string): number => text.length * 7

  it('are as wide as the widest token ever shown there, and only grow', () => {
    const whole = new SlotWidths(run.header, lexicon, measure).extend(run)
    const live = new SlotWidths(run.header, lexicon, measure)
    let before = live.extend({ ...run, steps: [], events: [] })
    for (let k = 0; k <= 3; k++) {
      const now = live.extend({ ...run, steps: run.steps.slice(0, k), events: k < 3 ? [] : run.events })
      now.forEach((width, i) => expect(width).toBeGreaterThanOrEqual(before[i]!))
      before = now
    }
    expect(before).toEqual(whole)
    expect(whole[1]).toBe(72)
  })

  it('keep their array where nothing grows, so that nothing is drawn again', () => {
    const widths = new SlotWidths(run.header, lexicon, measure)
    expect(widths.extend(run)).toBe(widths.extend(run))
  })
})

describe('what tokens read as', () => {
  const model = { id: 'm', name: 'storybook', hash: 'abcdef0123456789' } as never

  it('comes from the very model, else from the file, else from numbers', () => {
    const header = testHeader({ labels: { '3': '<eos>', '1': '<pad>', '5': 'hound' } })
    const vocabulary = { labels, special: { mask: 0, pad: 1, eos: 3 } }
    expect(lexiconOf(header, vocabulary, 'here').label(5)).toBe('dog')
    const file = lexiconOf(header, vocabulary, 'other-version')
    expect([file.label(5), file.label(6), file.eos, file.pad, file.source]).toEqual(['hound', '#6', 3, 1, 'file'])
    expect(lexiconOf(testHeader(), null, 'absent').label(5)).toBe('#5')
  })

  it('knows a model by its hash, and one of that name as another version', () => {
    expect(matchModel({ name: 'x', hash: 'abcdef0123456789' }, [model]).kind).toBe('here')
    expect(matchModel({ name: 'storybook', hash: '00000000' }, [model]).kind).toBe('other-version')
    expect(matchModel({ name: 'x', hash: '00000000' }, [model]).kind).toBe('absent')
  })

  it('suggests the exact word first, then what begins and what holds it; never a special token', () => {
    const choices = ['at', 'cat', 'atlas', 'the'].map((label, token) => ({ label, token }))
    expect(suggest(choices, 'at').map((choice) => choice.label)).toEqual(['at', 'atlas', 'cat'])
    expect(lexicon.choices.map((choice) => choice.label)).not.toContain('<eos>')
  })
})

it('writes percentages that never round to certainty or to nothing', () => {
  expect([1, 0.99995, 0.931, 0.054, 0.0004, 1e-9].map(percent)).toEqual([
    '100 %',
    '99.99 %',
    '93 %',
    '5.4 %',
    '0.04 %',
    '< 0.01 %',
  ])
})

it('says of an image cell where it is, how sure and when', () => {
  const picture: Trajectory = {
    header: testHeader({
      tokens: [0, 0, 12, 0],
      maskId: 0,
      pinned: [],
      fields: [{ name: 'outputImage', start: 0, length: 4, modality: 'image' }],
    }),
    steps: [{ step: 1, commits: picks([1, 11, 0.5]), remasked: [], candidates: picks([3, 12, 0.25]), forwards: 1 }],
    events: [],
  }
  const line = (cell: number): string | null => describeCell(picture.header, frame(picture, 1), cell)
  expect(line(0)).toBe('image cell, row 1, column 1, masked')
  expect(line(1)).toBe('image cell, row 1, column 2, confidence 50 %, step 1')
  expect(line(2)).toBe('image cell, row 2, column 1, kept as it was')
  expect(line(3)).toBe('image cell, row 2, column 2, draft, confidence 25 %')
  expect(line(4)).toBeNull()
})
