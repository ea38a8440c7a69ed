/** A scorer trained by the loop of everything else: what it leaves, that it marks, and that a stopped run ends the same. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { runJob } from '../../engine/jobs.ts'
import { scorerConfigSchema } from '../../engine/rl/scorer/config.ts'
import type { SpecOf } from '../../shared/jobs.ts'
import { scorerScoresSchema, trainScorerResultSchema } from '../../shared/rl.ts'
import { openWorkplace, tandem, type Workplace } from './testing.ts'

const STEPS = 3
let place: Workplace
beforeAll(async () => {
  place = await openWorkplace()
})
afterAll(() => place.remove())

/** Stops after so many steps of this sitting; the folder it leaves, or null where it was stopped. */
async function train(out: string, { resume = false, stopAt = Infinity } = {}): Promise<string | null> {
  const spec: SpecOf<'train-scorer'> = {
    kind: 'train-scorer',
    out: place.path(out),
    resume,
    from: null,
    steps: STEPS,
    batch: 2,
    learningRate: 1e-3,
    seed: 1,
    evaluate: 8,
    saveEvery: 1e-6,
    name: 'small',
  }
  const stop = new AbortController()
  const context = { signal: stop.signal, engine: () => Promise.reject(new Error('not asked for')) }
  let steps = 0
  let folder: string | null = null
  for await (const update of runJob(spec, context)) {
    if (update.type === 'progress' && ++steps >= stopAt) stop.abort()
    if (update.type === 'result') folder = trainScorerResultSchema.parse(update.result).folder
  }
  return folder
}

it('leaves weights, tokenizer, a scale of its own and scores; marks with them; stopped and gone on, the same', async () => {
  const whole = (await train('whole'))!
  const read = (folder: string, name: string): Promise<Buffer> => readFile(`${folder}/${name}`)
  const config = scorerConfigSchema.parse(JSON.parse((await read(whole, 'scorer.json')).toString()))
  expect(config.name).toBe('small')
  expect(config.scale.deviation).toBeGreaterThan(0)
  const scores = scorerScoresSchema.parse(JSON.parse((await read(whole, 'scores.json')).toString()))
  expect(scores.pairs).toBe(8)
  expect(scores.ranks.filter(({ masked }) => masked > 0)).not.toHaveLength(0)

  const marked = await tandem(
    'score',
    '--image',
    place.picture,
    '--text',
    'now a1 has the dog .',
    '--reward',
    whole,
    '--json',
  )
  expect(marked.code, marked.err).toBe(0)
  const { reward, pair } = JSON.parse(marked.out) as { reward: string; pair: { raw: number } }
  expect(reward).toBe('small')
  expect(Math.abs(pair.raw)).toBeLessThanOrEqual(1)

  expect(await train('halves', { stopAt: 1 })).toBeNull()
  const halves = (await train('halves', { resume: true }))!
  for (const name of ['scorer.safetensors', 'scorer.json', 'scores.json'])
    expect((await read(halves, name)).equals(await read(whole, name)), name).toBe(true)
  await expect(train('never', { resume: true })).rejects.toThrow('no run to go on with')
})
