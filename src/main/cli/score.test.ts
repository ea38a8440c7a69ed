/** The reward along a run: a mark at every step, the step from which each sentence holds; a pair alone; refusals. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runJob } from '../../engine/jobs.ts'
import { createEngineCache } from '../../engine/jobs/context.ts'
import { emergence } from '../../engine/jobs/score.ts'
import { writeClip } from '../../engine/rl/clip/testing.ts'
import type { SpecOf } from '../../shared/jobs.ts'
import { scoreResultSchema, type ScoreResult } from '../../shared/rl.ts'
import { shippedModel } from './installation.ts'
import { openWorkplace, tandem, type Workplace } from './testing.ts'

const STEPS = 8
let place: Workplace
const engines = createEngineCache()
beforeAll(async () => {
  place = await openWorkplace()
  // Where they stand is the model's to choose: it is open at first, and settled on the way.
  const instruction = 'draw the meadow with a dog and a cat'
  const more = ['--steps', String(STEPS), '--seed', '1', '--out', place.path('drawn')]
  const drawn = await tandem('generate', '--prompt', instruction, ...more)
  expect(drawn.code, drawn.err).toBe(0)
})
afterAll(async () => {
  await engines.dispose()
  await place.remove()
})

async function score(subject: SpecOf<'score'>['subject'], reward = 'storybook'): Promise<ScoreResult> {
  const context = { signal: new AbortController().signal, engine: (folder: string) => engines.engine(folder) }
  let result: ScoreResult | null = null
  for await (const update of runJob({ kind: 'score', reward, subject }, context))
    if (update.type === 'result') result = scoreResultSchema.parse(update.result)
  return result!
}

describe('a sentence', () => {
  it.each<[string, number[], number | null]>([
    ['holds from the step its mark rises past the middle', [0.1, 0.1, 0.9, 0.9], 3],
    ['holds from the last rise, where it fell again in between', [0.1, 0.8, 0.2, 0.9, 0.9], 4],
    ['may hold at the end alone', [0.1, 0.1, 0.1, 0.9], 4],
    ['never holds, where its mark only falls', [0.9, 0.5, 0.1], null],
    ['never holds, where its mark hardly moves', [0.5, 0.51, 0.54], null],
    ['of no step never holds', [], null],
  ])('%s', (_what, raw, step) => {
    expect(emergence(raw)).toBe(step)
  })
})

describe('a run', () => {
  const trajectory = (model = shippedModel): SpecOf<'score'>['subject'] => ({
    kind: 'trajectory',
    model,
    trajectory: place.path('drawn/trajectory.tdm'),
  })
  it('has a mark at every step, the last one that of its finished pair, and a step for what it says', async () => {
    const { reward, steps, concepts } = await score(trajectory())
    expect(reward).toBe('storybook-scorer')
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1))
    expect(steps[0]!.text).toContain('_')
    const last = steps.at(-1)!
    expect(concepts.map(({ text }) => text).join(' ')).toBe(last.text)
    for (const { raw, step } of concepts) {
      expect(raw).toHaveLength(STEPS)
      expect(step).toBe(emergence(raw))
    }
    const emerged = concepts.flatMap(({ step }) => step ?? [])
    expect(emerged.length).toBeGreaterThan(0)
    expect(Math.min(...emerged)).toBeGreaterThan(1)
    const { pair } = await score({ kind: 'pair', picture: place.path('drawn/image.png'), text: last.text })
    expect(pair!.raw).toBeCloseTo(last.raw, 4)
    expect(pair!.reward).toBeCloseTo(last.reward!, 4)
  })
  it('made by another kind of model is refused', async () => {
    await expect(score(trajectory(place.model))).rejects.toThrow('another kind of model')
  })
})

describe('tandem score', () => {
  it('puts what is true of a picture above what is not, and a blank where a word is missing', async () => {
    const marks: number[] = []
    for (const text of ['now b2 has the dog .', 'now a1 has the dog .', 'now b2 has the _ .']) {
      const { code, out, err } = await tandem('score', '--image', place.picture, '--text', text, '--json')
      expect(code, err).toBe(0)
      marks.push((JSON.parse(out) as ScoreResult).pair!.raw)
    }
    expect(marks[0]).toBeGreaterThan(marks[1]!)
    expect(marks[2]).not.toBe(marks[0])
  })
  it('says what is missing, and which reward has no number for a pair', async () => {
    expect((await tandem('score', '--image', place.picture)).err).toContain('Give --image and --text, or --trajectory')
    const broken = join(place.root, 'broken')
    await writeClip(broken, { preprocessor: { image_std: [0, 0, 0] } })
    const pair = { kind: 'pair', picture: place.picture, text: 'a cat' } as const
    await expect(score(pair, broken)).rejects.toThrow('gave no number for this pair')
  })
})
