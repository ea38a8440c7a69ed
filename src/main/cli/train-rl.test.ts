/** ParaRL from the command line on a small model: a run and its record, bad rewards, guard rails, and a kill anywhere. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, readdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  completeRlSettings,
  rlRowSchema,
  type PararlResult,
  type RlNoteCode,
  type RlRow,
  type RlSettings,
} from '../../shared/rl.ts'
import { readTrajectory } from '../../engine/trajectory/file.ts'
import { runJob } from '../../engine/jobs.ts'
import { writeClip } from '../../engine/rl/clip/testing.ts'
import { openWorkplace, tandem, type Ended, type Workplace } from './testing.ts'

let place: Workplace
/** An exported CLIP with random weights: marks that differ from pair to pair. */
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
const world = { kind: 'world', path: null, operations: null, seed: 3, sprites: 32, generateShare: 0.3 } as const

interface Ran {
  readonly result: PararlResult
  readonly rows: RlRow[]
}

/** A whole run in this process. */
async function run(out: string, reward: string, settings: Partial<RlSettings>, generateShare = 0.3): Promise<Ran> {
  const controller = new AbortController()
  const context = { signal: controller.signal, engine: () => Promise.reject(new Error('not asked for')) }
  const data = { ...world, generateShare }
  const spec = {
    kind: 'pararl',
    run: { model: place.model, data, reward, settings: completeRlSettings({ ...small, ...settings }) },
    out: place.path(out),
    resume: false,
  } as const
  let result: PararlResult | null = null
  for await (const update of runJob(spec, context)) if (update.type === 'result') result = update.result as PararlResult
  return { result: result!, rows: await rowsOf(out) }
}

async function rowsOf(out: string): Promise<RlRow[]> {
  const text = await readFile(place.path(`${out}/pararl.jsonl`), 'utf8')
  return text
    .trim()
    .split('\n')
    .map((line) => rlRowSchema.parse(JSON.parse(line)))
}

describe('a run', () => {
  it('validates by judge and reward, and leaves a record, rollouts and a model that edits', async () => {
    const looks = { validateEvery: 3, validationPrompts: 2, previewEvery: 2, previewPrompts: 2, previewSeed: 5 }
    const { result, rows } = await run('run', clip, { steps: 3, ...looks })
    expect(result).toMatchObject({ steps: 3, rollouts: 12, stopped: null })
    expect(result.after?.judge?.['image_quality']).toEqual(expect.any(Number))
    expect(result.after?.reward).toEqual(expect.any(Number))
    expect(rows.filter(({ kind }) => kind !== 'note').map(({ kind, step }) => `${kind} ${step}`)).toEqual([
      'validation 0',
      'preview 0',
      'preview 0',
      'phase 0',
      'update 1',
      'update 2',
      'preview 2',
      'preview 2',
      'phase 2',
      'update 3',
      'validation 3',
      'preview 3',
      'preview 3',
    ])
    const previews = rows.filter((row) => row.kind === 'preview')
    for (const { prompt, instruction, trajectory, picture } of previews) {
      const { header, steps } = await readTrajectory(place.path(`run/${trajectory}`))
      expect(header).toMatchObject({ seed: 5, instruction, temperatures: { text: 0, image: 0 } })
      expect(header.tokens).toEqual(
        (await readTrajectory(place.path(`run/${previews[prompt]!.trajectory}`))).header.tokens,
      )
      expect(steps).toHaveLength(4)
      expect(existsSync(place.path(`run/${picture}`))).toBe(true)
    }
    const phase = rows.find((row) => row.kind === 'phase')!
    expect(phase.rollouts).toHaveLength(6)
    for (const { marks, prompt, trajectory } of phase.rollouts) {
      expect(marks.map(({ step }) => step)).toEqual(phase.prompts[prompt]!.sampledSteps)
      expect(existsSync(place.path(`run/${trajectory}`))).toBe(true)
    }
    const advantages = phase.rollouts.filter((r) => r.prompt === 0).map((r) => r.marks[0]!.advantage!)
    expect(advantages.reduce((a, v) => a + v, 0)).toBeCloseTo(0, 9)
    expect(advantages.some((v) => v !== 0)).toBe(true)
    const edit = ['--image', place.picture, '--instruction', 'remove the dog', '--steps', '2']
    expect((await tandem('edit', ...edit, '--model', result.model, '--out', place.path('edited'))).code).toBe(0)
  })

  it('of the output-level objective marks each rollout once, whatever its sampled steps', async () => {
    const { result, rows } = await run('lora', clip, {
      objective: 'output',
      likelihood: 'random-mask',
      method: 'lora',
      rank: 2,
      previewEvery: 2,
      previewPrompts: 1,
    })
    expect(rows.flatMap((row) => (row.kind === 'preview' ? [row.step] : []))).toEqual([0, 2])
    expect(result.before).toBeNull()
    expect(await readdir(place.path('lora/adapter'))).toContain('adapter_config.json')
    const phase = rows.find((row) => row.kind === 'phase')!
    for (const { marks, final } of phase.rollouts)
      expect(new Set(marks.map(({ reward }) => reward))).toEqual(new Set([final]))
  })

  it.each<[string, string, Partial<RlSettings>, number, RlNoteCode[]]>([
    ['identical rollouts', 'oracle:text_quality', {}, 0, ['identical-rollouts']],
    ['no numbers', 'oracle:image_consistency', {}, 1, ['not-a-number']],
    ['a slow reward', 'clip', { rewardTimeout: 1e-6, rollouts: 6 }, 0, ['slow-reward']],
    ['few prompts', 'clip', { prompts: 9 }, 0, ['few-prompts']],
    ['the hardest prompts', 'clip', { hardShare: 0.5 }, 0, ['hard-prompts']],
  ])('with %s goes on, says so in its record and keeps its state', async (out, reward, settings, share, codes) => {
    const { result, rows } = await run(out, reward === 'clip' ? clip : reward, settings, share)
    expect(new Set(rows.flatMap((row) => (row.kind === 'note' ? [row.code] : [])))).toEqual(new Set(codes))
    expect(result.steps).toBe(2)
    expect(await readdir(place.path(out))).toEqual(expect.arrayContaining(['checkpoint.safetensors', 'model']))
  })

  it('ends at the KL ceiling, says why, and exports what it has', async () => {
    const settings = { steps: 50, klCeiling: 1e-6, learningRate: 0.01, warmup: 0 }
    const { result, rows } = await run('ceiling', clip, settings)
    expect(result.stopped).toBe('kl-ceiling')
    expect(result.steps).toBeLessThan(50)
    expect(rows.at(-1)).toMatchObject({ kind: 'note', code: 'kl-ceiling', stops: true })
  })
})

describe('tandem train pararl', () => {
  it('runs, and refuses a folder that holds a run, other settings beside --resume, and what is not there', async () => {
    const args = ['train', 'pararl', '--model', place.model, '--data', 'world', '--pool', '2', '--hard-share', '1']
    const more = [
      '--rollouts',
      '2',
      '--prompts',
      '1',
      '--denoising-steps',
      '2',
      '--steps',
      '1',
      '--validate-every',
      '0',
    ]
    const at = (reward: string, out: string): Promise<Ended> =>
      tandem(...args, ...more, '--reward', reward, '--out', place.path(out), '--json')
    const { code, out, err } = await at(clip, 'told')
    expect(code, err).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ steps: 1, rollouts: 2 })
    expect((await at(clip, 'told')).err).toContain('Add --resume')
    const resumed = await tandem('train', 'pararl', '--out', place.path('told'), '--resume', '--steps', '9')
    expect(resumed.err).toContain('settings it was started with')
    expect((await at('oracle:beauty', 'bad')).err).toContain('no dimension "beauty"')
    expect(existsSync(place.path('bad'))).toBe(false)
  })
})

const fixture = fileURLToPath(new URL('./run-job-fixtures.ts', import.meta.url))

/** Runs the job in one process; kills it, hard, as soon as `kill` says so of an update. */
function runOrKill(
  out: string,
  resume: boolean,
  kill: (row: RlRow) => boolean,
): Promise<{ killed: boolean; err: string }> {
  const settings = completeRlSettings({
    ...small,
    inner: 3,
    steps: 7,
    hardShare: 0.5,
    pool: 6,
    validateEvery: 4,
    validationPrompts: 2,
    previewEvery: 2,
    previewPrompts: 2,
    learningRate: 0.01,
    warmup: 2,
    // A checkpoint after every update.
    saveEvery: 0.000001,
  })
  const run = { model: place.model, data: world, reward: clip, settings }
  const spec = { kind: 'pararl', run: resume ? null : run, out: place.path(out), resume }
  const child = spawn(process.execPath, [fixture, JSON.stringify(spec)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_OPTIONS: '' },
  })
  let killed = false
  let err = ''
  let rest = ''
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString('utf8')))
  child.stdout.on('data', (chunk: Buffer) => {
    const lines = (rest + chunk.toString('utf8')).split('\n')
    rest = lines.pop()!
    for (const line of lines) {
      const update = JSON.parse(line) as { type: string; row?: RlRow }
      if (killed || update.type !== 'rl' || !kill(update.row!)) continue
      killed = true
      child.kill('SIGKILL')
    }
  })
  return new Promise((resolve) => child.once('close', () => resolve({ killed, err })))
}

/** Rows without what a clock wrote. */
const timeless = (rows: readonly RlRow[]): unknown => rows.map((row) => ({ ...row, seconds: 0, took: 0, parts: null }))

describe('a run that is killed', () => {
  beforeAll(async () => {
    expect((await runOrKill('whole', false, () => false)).err).toBe('')
  })
  it.each([
    ['in the middle of a phase', (row: RlRow) => row.kind === 'update' && row.step === 4],
    ['between two previews of the start', (row: RlRow) => row.kind === 'preview' && row.step === 0],
    ['when a preview has been made', (row: RlRow) => row.kind === 'preview' && row.step === 4],
    ['when a phase has been made and nothing is updated yet', (row: RlRow) => row.kind === 'phase' && row.phase === 2],
  ])('%s goes on exactly', async (what, when) => {
    const out = what.replaceAll(' ', '-')
    const first = await runOrKill(out, false, when)
    expect(first).toEqual({ killed: true, err: '' })
    expect(existsSync(place.path(`${out}/model`))).toBe(false)
    expect(await runOrKill(out, true, () => false)).toEqual({ killed: false, err: '' })
    expect(timeless(await rowsOf(out))).toEqual(timeless(await rowsOf('whole')))
    const weights = (of: string): Promise<Buffer> => readFile(place.path(`${of}/model/model.safetensors`))
    expect((await weights(out)).equals(await weights('whole'))).toBe(true)
    expect((await weights('whole')).equals(await readFile(`${place.model}/model.safetensors`))).toBe(false)
  })
})
