import { describe, expect, it } from 'vitest'
import type { Run } from '../../../shared/studio.ts'
import { testHeader } from '../../../shared/trajectory-fixtures.ts'
import { frame } from '../../../shared/trajectory-frame.ts'
import { startRunsSchema } from '../../../shared/ipc.ts'
import type { Trajectory } from '../../../shared/trajectory.ts'
import { lexiconOf } from '../../state/trajectories-vocabulary.ts'
import { comparable, differenceLine, differences, linkedStep, sameButMode, type Moment } from './compare-runs.ts'

const header = testHeader({
  tokens: [9, 9, 9, 11, 9, 9],
  pinned: [3, 5],
  steps: 2,
  fields: [
    { name: 'outputImage', start: 0, length: 4, modality: 'image' },
    { name: 'outputText', start: 4, length: 2, modality: 'text' },
  ],
})
const step = (image: number[], text: number[]): Trajectory['steps'][number] => ({
  step: 1,
  commits: { positions: [0, 1, 4], tokens: [...image, text[0]!], confidence: [1, 1, 1] },
  remasked: [],
  candidates:
    text.length > 1
      ? { positions: [5], tokens: [text[1]!], confidence: [0.5] }
      : { positions: [], tokens: [], confidence: [] },
  forwards: 1,
})
const moment = (image: number[], text: number[], part: Partial<typeof header> = {}): Moment => {
  const trajectory = { header: { ...header, ...part }, steps: [step(image, text)], events: [] }
  return { header: trajectory.header, frame: frame(trajectory, 1), lexicon: lexiconOf(trajectory.header, null) }
}
const run = {
  id: 'a',
  project: 'p',
  document: 'd',
  state: 'done',
  settings: {
    task: 'edit',
    instruction: 'put a cat there',
    mode: 'parallel',
    steps: 16,
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
    seed: null,
    model: 'storybook',
  },
  seed: 7,
  createdAt: 1,
  parent: null,
  input: { blob: 'a'.repeat(64), width: 128, height: 128 },
  mask: null,
  box: { x: 0, y: 0, width: 128, height: 128 },
  hasTrajectory: true,
} as unknown as Run

describe('two runs in step', () => {
  it('are linked by the number of the step, or by the share of the way', () => {
    const short = { recorded: 8, planned: 8 }
    const long = { recorded: 16, planned: 16 }
    expect(linkedStep(12, 'step', long, short)).toBe(8)
    expect(linkedStep(12, 'share', long, short)).toBe(6)
    expect(linkedStep(8, 'share', short, long)).toBe(16)
    expect(linkedStep(8, 'share', short, { recorded: 5, planned: 16 })).toBe(5)
  })

  it('differ where both show something and it is not the same', () => {
    const { words, cells } = differences(moment([12, 13], [1, 2]), moment([12, 14], [3]))
    expect([...cells!.differing]).toEqual([1])
    expect(cells!.open).toBe(0)
    expect([...words!.differing]).toEqual([0])
    expect(words!.open).toBe(1)
    expect(differenceLine(words, 'words')).toBe('1 of 2 words differ, 1 open in one of them')
  })

  it('have no difference from themselves', () => {
    const { words, cells } = differences(moment([12, 13], [1, 2]), moment([12, 13], [1, 2]))
    expect(words!.differing.size + cells!.differing.size + words!.open + cells!.open).toBe(0)
  })

  it('of two models are compared by words, never by codes', () => {
    const other = moment([12, 13], [1, 2], { model: { name: 'x', hash: '00000000' } })
    const { words, cells } = differences(moment([12, 13], [1, 2]), other)
    expect(cells).toBeNull()
    expect(words!.differing.size).toBe(0)
  })
})

describe('the other half of a comparison', () => {
  it('is the same run but for the mode, with a concrete seed and its pins', () => {
    const asked = sameButMode(run, header, 'sequential')
    expect(startRunsSchema.parse(asked)).toMatchObject({
      settings: { mode: 'sequential', seed: 7 },
      input: 'a'.repeat(64),
    })
    expect(asked.pins).toEqual([
      { place: { field: 'outputImage', index: 3 }, token: '#11' },
      { place: { field: 'outputText', index: 1 }, token: '#9' },
    ])
    expect(sameButMode(run, header, 'image-only').pins).toHaveLength(1)
  })

  it('offers runs of the same seed and instruction first, and none without a trajectory', () => {
    const other = (id: string, part: Partial<Run>): Run => ({ ...run, id, ...part })
    const found = comparable(run, [
      other('far', { settings: { ...run.settings, instruction: 'else' } }),
      other('twin', {}),
      other('child', { seed: 1, parent: { run: 'a', step: 3 } }),
      other('none', { hasTrajectory: false }),
      run,
    ])
    expect(found.map(({ id }) => id)).toEqual(['twin', 'child', 'far'])
  })
})
