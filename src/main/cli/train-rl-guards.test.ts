/** A ParaRL run whose reward misleads, whose rollouts are alike, whose scorer changes; its hard prompts; its command. */
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobContext } from '../../engine/jobs/context.ts'
import { runJob } from '../../engine/jobs.ts'
import { writeClip, type ClipParts } from '../../engine/rl/clip/testing.ts'
import {
  completeRlSettings,
  rlConfigSchema,
  rlRowSchema,
  rlValidationRowSchema,
  type PararlResult,
  type RlRow,
  type RlSettings,
} from '../../shared/rl.ts'
import { openWorkplace, tandem, type Workplace } from './testing.ts'

let place: Workplace
let clip: string
beforeAll(async () => {
  place = await openWorkplace()
  clip = place.path('clip')
  await writeClip(clip)
})
afterAll(() => place.remove())

const small: Partial<RlSettings> = {
  rollouts: 3,
  prompts: 2,
  inner: 2,
  denoisingSteps: 4,
  hardShare: 1,
  pool: 4,
  steps: 2,
  validateEvery: 0,
  previewEvery: 0,
}
const world = { kind: 'world', path: null, operations: null, seed: 3, sprites: 32, generateShare: 0 } as const

/** Starts a run, or goes on with it (null); it is paused after so many updates of this sitting. */
async function run(out: string, settings: Partial<RlSettings> | null, pauseAt = Infinity): Promise<PararlResult> {
  let looks = 0
  const context: JobContext = {
    signal: new AbortController().signal,
    controls: () => (looks++ === pauseAt ? ['pause'] : []),
    engine: () => Promise.reject(new Error('not asked for')),
  }
  const all = settings && completeRlSettings({ ...small, ...settings })
  const spec = {
    kind: 'pararl',
    run: all && { model: place.model, data: world, reward: clip, settings: all },
    out: place.path(out),
    resume: all === null,
  } as const
  let result: PararlResult | null = null
  for await (const update of runJob(spec, context)) if (update.type === 'result') result = update.result as PararlResult
  return result!
}

const text = (path: string): Promise<string> => readFile(place.path(path), 'utf8')
const rowsOf = async (out: string): Promise<RlRow[]> =>
  (await text(`${out}/pararl.jsonl`))
    .trim()
    .split('\n')
    .map((line) => rlRowSchema.parse(JSON.parse(line)))

describe('a run', () => {
  it('ends when the reward has risen and the exact judge fallen, says so, and exports what it has', async () => {
    await run('misled', { steps: 20, validateEvery: 2, validationPrompts: 2 }, 0)
    // The start is remembered as worse by the reward and better by the judge than any policy can be.
    const first = rlValidationRowSchema.parse((await rowsOf('misled'))[0])
    const start = { ...first, reward: -1, judge: { ...first.judge, mean: 100 } }
    await writeFile(place.path('misled/pararl.jsonl'), JSON.stringify(start) + '\n')
    const result = await run('misled', null)
    expect(result).toMatchObject({ stopped: 'judge-fell', steps: 2, before: { reward: -1 } })
    expect((await rowsOf('misled')).at(-1)).toMatchObject({ kind: 'note', code: 'judge-fell', stops: true })
    expect(await text('misled/model/lineage.json')).toContain('"how": "pararl"')
  })

  it('warns once of rollouts that became alike, and goes on', async () => {
    const cold = { text: 1e-4, image: 1e-4 }
    const alike = { steps: 4, inner: 1, rollouts: 8, prompts: 1, temperatures: cold, distinctFloor: 1 }
    expect(await run('alike', alike)).toMatchObject({ steps: 4, stopped: null })
    const codes = (await rowsOf('alike')).flatMap((row) => (row.kind === 'note' ? [row.code] : []))
    expect(codes.filter((code) => code === 'low-diversity')).toHaveLength(1)
  })

  it('whose reward is slow in a validation says so, and goes on', async () => {
    const slow = { rewardTimeout: 1e-9, validateEvery: 1, validationPrompts: 4 }
    expect(await run('slow', slow)).toMatchObject({ steps: 2, stopped: null })
    const messages = (await rowsOf('slow')).flatMap((row) => (row.kind === 'note' ? [row.message] : []))
    expect(messages.filter((message) => message.endsWith('3 of 4 prompts that validate have no mark.'))).toHaveLength(3)
  })

  /** What a run says until the first thing it says so is heard, and it is stopped. */
  async function toldUntil(out: string, settings: Partial<RlSettings>, says: RegExp): Promise<string[]> {
    const stop = new AbortController()
    const engine = (): never => {
      throw new Error('not asked for')
    }
    const run = { model: place.model, data: world, reward: 'oracle', settings: completeRlSettings(settings) }
    const told: string[] = []
    for await (const update of runJob(
      { kind: 'pararl', out: place.path(out), resume: false, run },
      { signal: stop.signal, engine },
    )) {
      told.push(update.type === 'loading' ? update.what : update.type)
      if (says.test(told.at(-1)!)) stop.abort()
    }
    return told
  }

  it('tells how far its opening is, is stopped in the middle of it, and leaves nothing', async () => {
    const says = /^Finding the hardest of 400 prompts, \d+ %$/
    expect(await toldUntil('stopped', { ...small, hardShare: 0.1, pool: 400 }, says)).toEqual([
      'started',
      expect.stringMatching(says),
    ])
    expect(existsSync(place.path('stopped'))).toBe(false)
  })

  it('tells how far the marking of the starting model is, and is stopped in the middle of it', async () => {
    const says = /^Marking what the starting model answers, \d+ %$/
    const told = await toldUntil('unmarked', { ...small, validateEvery: 1, validationPrompts: 400 }, says)
    expect(told.at(-1)).toMatch(says)
    expect(await text('unmarked/pararl.jsonl').catch(() => '')).toBe('')
  })

  it('trains on the prompts the starting model does worst at, and keeps which they are', async () => {
    await run('hard', { hardShare: 0.5, pool: 6 })
    const { marks, chosen } = JSON.parse(await text('hard/prompts.json')) as { marks: number[]; chosen: number[] }
    expect(marks).toHaveLength(6)
    expect(chosen).toHaveLength(3)
    const rest = marks.filter((_, i) => !chosen.includes(i))
    expect(Math.max(...chosen.map((i) => marks[i]!))).toBeLessThanOrEqual(Math.min(...rest))
    const asked = (await rowsOf('hard')).flatMap((row) => (row.kind === 'phase' ? row.prompts : []))
    expect(asked).toHaveLength(2)
    for (const { index } of asked) expect(chosen).toContain(index)
  })
})

describe('a scorer that changes while a run rests', () => {
  const weights = (out: string): Promise<Buffer> => readFile(place.path(`${out}/model/model.safetensors`))
  beforeAll(() => run('whole', {}))
  it.each<[string, ClipParts, RegExp]>([
    ['sides of different size', { textEmbedding: 5 }, /text side .* gives 5 numbers, the picture side 6/],
    ['no number at all', { preprocessor: { image_std: [0, 0, 0] } }, /gave no number for \d+ of \d+ pairs of rollouts/],
    ['other numbers', { preprocessor: { image_mean: [0.4, 0.4, 0.4] } }, /differs from the one this run was started/],
  ])('to one with %s is refused; the run keeps its state, and goes on with its own', async (what, parts, said) => {
    const out = what.replaceAll(' ', '-')
    await run(out, {}, 1)
    const state = (): Promise<Buffer> => readFile(place.path(`${out}/checkpoint.safetensors`))
    const [before, rows] = [await state(), await rowsOf(out)]
    await writeClip(clip, parts)
    try {
      await expect(run(out, null)).rejects.toThrow(said)
    } finally {
      await writeClip(clip)
    }
    expect((await state()).equals(before)).toBe(true)
    expect(await rowsOf(out)).toEqual(rows)
    expect(await run(out, null)).toMatchObject({ steps: 2, stopped: null })
    expect((await weights(out)).equals(await weights('whole'))).toBe(true)
  })
})

it('the command asks the prompts of a data set, tells every row as a line, and records what was chosen', async () => {
  const set = place.path('set')
  const made = await tandem('world', 'sample', '--seed', '4', '--count', '4', '--family', 'general', '--out', set)
  expect(made.code, made.err).toBe(0)
  const from = ['--model', place.model, '--data', set, '--reward', clip, '--out', place.path('told')]
  const how = ['--objective', 'output', '--sampled-steps', '2', '--kl-to', 'reference', '--hard-share', '1']
  const few = ['--rollouts', '2', '--prompts', '1', '--denoising-steps', '3', '--steps', '1', '--pool', '2']
  const ended = await tandem('train', 'pararl', ...from, ...how, ...few, '--validate-every', '0', '--json-lines')
  expect(ended.code, ended.err).toBe(0)
  const lines = ended.out.split('\n').filter(Boolean)
  const told = lines.map((line) => JSON.parse(line) as { type: string; row?: unknown; result?: unknown })
  expect(told.flatMap(({ row }) => (row === undefined ? [] : [row]))).toEqual(await rowsOf('told'))
  expect(told.at(-1)).toMatchObject({ type: 'result', result: { steps: 1, rollouts: 2 } })
  const { settings, data } = rlConfigSchema.parse(JSON.parse(await text('told/pararl.json')))
  expect(data.kind).toBe('folder')
  expect(settings).toMatchObject({ objective: 'output', sampledSteps: 2, klTo: 'reference' })
  const again = await tandem('train', 'pararl', '--out', place.path('told'), '--resume', '--json')
  expect(JSON.parse(again.out)).toMatchObject({ steps: 1, rollouts: 2 })
})
