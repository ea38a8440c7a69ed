/**
 * The service as its hosts have it: runs, branches, the queue, files, with the real engine and store. Long, because all of it
 * asks one service, whose engine is started once.
 */
import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { strToU8, zipSync } from 'fflate'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import type { ArgsOf, ResultOf, StudioEvent } from '../../shared/ipc.ts'
import { preferencesSchema, type Project, type Run } from '../../shared/studio.ts'
import { decodeTrajectory, encodeTrajectory } from '../../shared/trajectory-codec.ts'
import { zlibCompression } from '../store/records.ts'
import { temporaryFolder, testSettings } from '../store/testing.ts'
import { asking, enginePids, isOver } from './testing.ts'
import { createService } from './service.ts'
import type { Service } from './types.ts'

const resources = fileURLToPath(new URL('../../../resources/', import.meta.url))
const folder = temporaryFolder()
const open = (models = [join(resources, 'models')]): Promise<Service> =>
  createService({ data: folder.path, models, host: 'browser', version: '1' })

let service: Service
let project: Project
let scene: string
let events: StudioEvent[] = []

beforeAll(async () => {
  service = await open()
  service.subscribe((event) => events.push(event))
  project = await call('projects.create', { name: 'Test' })
  scene = await put(
    await sharp(join(resources, 'demo', 'scene.png'))
      .png()
      .toBuffer(),
  )
})
afterAll(async () => {
  await service.close()
  folder.remove()
})

const { call, runUntil: until } = asking(() => service)
const put = async (bytes: Uint8Array): Promise<string> => (await service.putBlob(Readable.from([bytes]))).blob

async function start(
  settings: Partial<Run['settings']> = {},
  count = 1,
  lane: Run['lane'] = 'interactive',
): Promise<Run[]> {
  const { runs } = await call('runs.start', {
    project: project.id,
    document: project.document,
    settings: { ...testSettings, instruction: 'remove the dog', ...settings },
    input: scene,
    mask: null,
    box: { x: 0, y: 0, width: 128, height: 128 },
    pins: [],
    count,
    lane,
  })
  return runs
}
const trajectory = async (id: string): Promise<ReturnType<typeof decodeTrajectory>> =>
  decodeTrajectory((await call('runs.trajectory', { run: id })).bytes, zlibCompression)

/** What was told of a run while its model was loaded. */
const loadingOf = (id: string): unknown[] =>
  events.flatMap((event) => (event.name === 'run.loading' && event.payload.run === id ? [event.payload] : []))

/** Waits for a step of this run to be told. */
const stepOf = (id: string, step: number): Promise<void> =>
  new Promise((resolve) => {
    const stop = service.subscribe((event) => {
      if (event.name !== 'run.step' || event.payload.run !== id || event.payload.record.step < step) return
      stop()
      resolve()
    })
  })

describe('a run', () => {
  test('is told step by step, each on disk before it is heard, and ends as a picture, words and a trajectory', async () => {
    events = []
    const [queued] = await start({ seed: 5 })
    expect(queued).toMatchObject({ state: 'queued', seed: 5 })
    const run = await until(queued!.id, isOver)
    expect(run).toMatchObject({ state: 'done', step: 16, hasTrajectory: true, error: null })
    expect(run.reasoning).toContain('the dog')
    const steps = events.filter((event) => event.name === 'run.step')
    expect(steps.map((event) => event.payload.record.step)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1))
    expect(steps.every((event) => event.payload.picture?.rgb.length === 128 * 128 * 3)).toBe(true)
    expect(loadingOf(run.id)).toEqual([
      { run: run.id, what: 'Opening storybook', part: 1, parts: 2 },
      { run: run.id, what: expect.stringMatching(/reads \d+ MB of weights/) as string, part: 2, parts: 2 },
    ])
    const seqs = events.map((event) => event.seq)
    expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => seqs[0]! + i))
    const recorded = await trajectory(run.id)
    expect(recorded.steps).toEqual(steps.map((event) => event.payload.record))
    expect(Object.values(recorded.header.labels ?? {})).toContain('dog')
    const { rasters } = await call('runs.decode', { run: run.id, steps: [16, 0] })
    expect(rasters[0]!.rgb).toEqual(steps[15]!.payload.picture!.rgb)
    expect(new Set(rasters[1]!.rgb)).toEqual(new Set([128]))
  })

  test('with the same seed is the same run; without one each gets its own', async () => {
    const [a] = await start({ seed: 9 })
    const [b] = await start({ seed: 9 })
    await until(b!.id, isOver)
    expect((await trajectory(a!.id)).steps).toEqual((await trajectory(b!.id)).steps)
    // The model has computed before: nothing of it is loaded again.
    expect(loadingOf(b!.id)).toEqual([])
    const free = await start({ seed: null, steps: 2 }, 3)
    expect(new Set(free.map((run) => run.seed)).size).toBe(3)
    await until(free[2]!.id, isOver)
  })

  test('on a provider that does not start is made on the processor: a warning says why, and the run what computed it', async () => {
    // Of another system: it starts nowhere here.
    const foreign = process.platform === 'darwin' ? 'dml' : 'coreml'
    await call('preferences.set', { preferences: preferencesSchema.parse({ provider: foreign }) })
    const [queued] = await start({ seed: 9 })
    const run = await until(queued!.id, isOver)
    await call('preferences.set', { preferences: preferencesSchema.parse({}) })
    expect(run).toMatchObject({
      state: 'done',
      provider: 'cpu',
      warnings: [expect.stringMatching(/failed at step 1 \(.+\); the run goes on with Processor from there/)],
    })
    const [plain] = await start({ seed: 9 })
    await until(plain!.id, isOver)
    expect((await trajectory(run.id)).steps).toEqual((await trajectory(plain!.id)).steps)
  })

  test.runIf(process.platform === 'linux')(
    'whose device takes the engine with it goes on from its last step on the processor, and ends as if it had not',
    async () => {
      const [plain] = await start({ seed: 3, steps: 48 })
      await until(plain!.id, isOver)
      // The driver of a device that is not there cannot crash: the process that runs for it is made to.
      await call('preferences.set', { preferences: preferencesSchema.parse({ provider: 'coreml' }) })
      const [queued] = await start({ seed: 3, steps: 48 })
      await stepOf(queued!.id, 5)
      for (const pid of enginePids()) process.kill(pid, 'SIGSEGV')
      const run = await until(queued!.id, isOver)
      await call('preferences.set', { preferences: preferencesSchema.parse({}) })
      expect(run).toMatchObject({ state: 'done', provider: 'cpu', step: 48, error: null })
      expect(run.warnings.at(-1)).toMatch(
        /crashed \(SIGSEGV\).*It computed on Core ML; the run goes on with Processor from step ([6-9]|\d\d)\.$/,
      )
      expect((await trajectory(run.id)).steps).toEqual((await trajectory(plain!.id)).steps)
    },
  )

  test('that is cancelled keeps what it has, and continued it ends as if it had never stopped', async () => {
    const [whole] = await start({ seed: 3, steps: 48 })
    const [cut] = await start({ seed: 3, steps: 48 })
    await stepOf(cut!.id, 5)
    await call('runs.cancel', { run: cut!.id, now: false })
    const stopped = await until(cut!.id, isOver)
    expect(stopped.state).toBe('cancelled')
    expect(stopped.step).toBeGreaterThanOrEqual(5)
    expect(stopped.step).toBeLessThan(48)
    expect(stopped.picture).not.toBeNull()
    expect((await trajectory(cut!.id)).steps).toHaveLength(stopped.step)
    await call('runs.continue', { run: cut!.id })
    const ended = await until(cut!.id, (run) => run.state === 'done' || run.state === 'failed')
    expect(ended.state).toBe('done')
    expect(await trajectory(cut!.id)).toEqual(await trajectory(whole!.id))
    expect(ended.picture!.width).toBe(128)
  })

  test('that is cancelled is acknowledged before its next step but one, and has no other, however busy the studio is', async () => {
    const [run] = await start({ seed: 3, steps: 400 })
    const order: string[] = []
    const stop = service.subscribe((event) => {
      if (event.name !== 'run.step' || event.payload.run !== run!.id) return
      const { step } = event.payload.record
      order.push(`step ${step}`)
      // A screen that takes its time: the engine could be far ahead by now.
      for (const until = performance.now() + 10; performance.now() < until;);
      if (step === 8) void call('runs.cancel', { run: run!.id, now: false }).then(() => order.push('acknowledged'))
    })
    const { state, step } = await until(run!.id, isOver)
    stop()
    expect(state).toBe('cancelled')
    expect(order.indexOf('acknowledged')).toBeGreaterThanOrEqual(8)
    expect(order.slice(order.indexOf('step 8')).filter((entry) => entry !== 'acknowledged').length).toBeLessThanOrEqual(
      2,
    )
    expect(order.indexOf('step 10')).toBe(-1)
    expect(step).toBeLessThanOrEqual(9)
  })

  test('branches: steps shared, a word replaced, and the tree knows both', async () => {
    const [parent] = await start({ seed: 5 })
    await until(parent!.id, isOver)
    const made = await call('runs.branch', {
      run: parent!.id,
      step: 4,
      edits: {
        replace: [{ place: { field: 'outputText', index: 1 }, token: 'cat' }],
        remask: [{ field: 'outputImage', index: 0 }],
      },
    })
    const branch = await until(made.id, isOver)
    expect(branch).toMatchObject({ state: 'done', parent: { run: parent!.id, step: 4 } })
    expect(branch.reasoning).toMatch(/^the cat/)
    const [before, after] = [await trajectory(parent!.id), await trajectory(branch.id)]
    expect(after.steps.slice(0, 4)).toEqual(before.steps.slice(0, 4))
    expect(after.events.map((event) => event.kind)).toEqual(['replace', 'remask'])
    const { runs } = await call('runs.tree', { run: branch.id })
    expect(runs.map((run) => run.id)).toEqual([parent!.id, branch.id])
  })

  test('that is stopped at once keeps its steps, and can be continued', async () => {
    const [run] = await start({ seed: 3, steps: 64 })
    await stepOf(run!.id, 8)
    await call('runs.cancel', { run: run!.id, now: true })
    const ended = await until(run!.id, isOver)
    expect(ended).toMatchObject({ state: 'cancelled', stoppedAtOnce: true })
    expect(ended.step).toBeGreaterThanOrEqual(8)
    await call('runs.continue', { run: run!.id })
    expect((await until(run!.id, isOver)).state).toBe('done')
  })

  test.skipIf(process.platform !== 'linux')(
    'whose engine dies fails with what to do, and can be continued',
    async () => {
      const [run] = await start({ seed: 3, steps: 64 })
      await stepOf(run!.id, 8)
      const engines = enginePids()
      expect(engines).toHaveLength(1)
      process.kill(engines[0]!, 'SIGKILL')
      const ended = await until(run!.id, isOver)
      expect(ended).toMatchObject({ state: 'failed', stoppedAtOnce: false })
      expect(ended.error?.message).toContain('ended from outside')
      expect(ended.error?.remedy).toMatch(/^Continue it from its last recorded step\./)
      expect(ended.step).toBeGreaterThanOrEqual(8)
      expect((await trajectory(run!.id)).steps).toHaveLength(ended.step)
      await call('runs.continue', { run: run!.id })
      expect((await until(run!.id, isOver)).state).toBe('done')
      expect(enginePids()).not.toContain(engines[0])
    },
  )

  test('is refused where it makes no sense, in one sentence with a remedy', async () => {
    const bad: [ArgsOf<'runs.start'>['settings'], RegExp][] = [
      [{ ...testSettings, instruction: ' ' }, /empty/],
      [{ ...testSettings, model: '../etc' }, /no model/],
      [{ ...testSettings, task: 'generate' }, /needs a picture/],
    ]
    for (const [settings, message] of bad) await expect(start(settings)).rejects.toThrow(message)
    const [nonsense] = await start({ instruction: 'xyzzy plugh' })
    expect((await until(nonsense!.id, isOver)).error?.message).toMatch(/no word this model was trained on/)
    await expect(call('runs.trajectory', { run: nonsense!.id })).rejects.toThrow(/no word this model was trained on/)
    await expect(service.call('runs.start', { nonsense: 1 })).rejects.toMatchObject({ kind: 'internal' })
  })
})

test('the queue runs in its order, can be reordered, and forgets what is cancelled before it starts', async () => {
  const [first, second, third] = await start({ seed: 1, steps: 24 }, 3)
  await until(first!.id, (run) => run.state === 'running')
  await call('runs.reorder', { run: third!.id, before: second!.id })
  const { items } = await call('queue.list', {})
  expect(items.map((item) => item.run)).toEqual([first!.id, third!.id, second!.id])
  await call('runs.cancel', { run: second!.id, now: false })
  expect((await call('runs.get', { run: second!.id })).state).toBe('cancelled')
  await until(third!.id, isOver)
  expect((await call('queue.list', {})).items).toEqual([])
})

test('a project goes into one file and comes back as it was, under ids of its own', async () => {
  await call('documents.append', {
    document: project.document,
    at: 0,
    commands: [{ type: 'setFeather', feather: 5 }],
    by: { writer: 'w', revision: 0 },
  })
  const { blob, name } = await call('projects.export', { project: project.id })
  expect(name).toBe('Test.tandem')
  const copy = await call('projects.import', { blob })
  expect(copy.id).not.toBe(project.id)
  const list = (id: string): Promise<ResultOf<'runs.list'>> => call('runs.list', { project: id, rejected: true })
  const [before, after] = [await list(project.id), await list(copy.id)]
  expect(after.total).toBe(before.total)
  const bare = ({ id: _i, project: _p, document: _d, parent: _q, ...rest }: Run): object => rest
  expect(after.runs.map(bare)).toEqual(before.runs.map(bare))
  const branch = after.runs.find((run) => run.parent)!
  expect(after.runs.map((run) => run.id)).toContain(branch.parent!.run)
  const at = before.runs.findIndex((run) => run.hasTrajectory)
  expect(await trajectory(after.runs[at]!.id)).toEqual(await trajectory(before.runs[at]!.id))
  expect((await call('documents.open', { document: copy.document })).commands).toHaveLength(1)
})

test.each([
  ['a file that leads out', { '../evil': strToU8('x'), 'project.json': strToU8('{}') }, /does not belong/],
  ['no manifest', { 'blobs/x': strToU8('x') }, /does not belong/],
  ['another kind of manifest', { 'project.json': strToU8('{"format":"zip"}') }, /not a project/],
  ['a newer version', { 'project.json': strToU8('{"format":"tandem-project","version":9}') }, /newer version/],
])('a project file with %s is refused', async (_, files, message) => {
  await expect(call('projects.import', { blob: await put(zipSync(files)) })).rejects.toThrow(message)
})
test('what is no zip at all is no project', async () => {
  await expect(call('projects.import', { blob: await put(Buffer.from('hello')) })).rejects.toThrow(/not a project/)
})

test('a trajectory from elsewhere is a run', async () => {
  const [run] = await start({ seed: 5 })
  await until(run!.id, isOver)
  const { blob, name } = await call('runs.export', { run: run!.id, kind: 'trajectory', metadata: true })
  expect(name).toBe('remove-the-dog-5.tdm')
  const opened = await call('trajectories.open', { blob, name, project: project.id })
  expect(opened).toMatchObject({ state: 'done', imported: true, warnings: [], seed: 5 })
  expect(opened.reasoning).toBe((await call('runs.get', { run: run!.id })).reasoning)
  expect(opened.input).not.toBeNull()
  const cut = await put((await call('runs.trajectory', { run: run!.id })).bytes.slice(0, 500))
  await expect(call('trajectories.open', { blob: cut, name: 'cut.tdm', project: project.id })).rejects.toThrow(
    TandemError,
  )
})

test('of a trajectory from an unknown model the words are there, and its hash is said not to be known', async () => {
  const [run] = await start({ seed: 5 })
  const made = await until(run!.id, isOver)
  const own = decodeTrajectory((await call('runs.trajectory', { run: run!.id })).bytes, zlibCompression)
  const hash = '0123abcd'.repeat(8)
  const other = { ...own, header: { ...own.header, model: { name: 'elsewhere', hash } } }
  const blob = await put(encodeTrajectory(other, zlibCompression))
  const opened = await call('trajectories.open', { blob, name: 'other.tdm', project: project.id })
  expect(opened).toMatchObject({ state: 'done', imported: true, modelName: 'elsewhere', modelHash: hash })
  expect(opened.reasoning).toBe(made.reasoning)
  expect(opened.reasoning).toContain('the dog')
  expect(opened.warnings).toEqual([
    expect.stringMatching(/elsewhere \(0123abcd\), which is not here: its words can be/),
  ])
  // Its codes mean nothing to the weights at hand.
  expect(opened).toMatchObject({ input: null, picture: null })
  const edits = { replace: [], remask: [] }
  await expect(call('runs.branch', { run: opened.id, step: 2, edits })).rejects.toThrow(/no model "elsewhere"/)
})

test('an animation tells how far it is, and one that is stopped is not made', async () => {
  const [run] = await start({ seed: 5, steps: 8 })
  await until(run!.id, isOver)
  const common = { run: run!.id, kind: 'gif', metadata: false } as const
  const before = events.length
  expect((await call('runs.export', { ...common, task: 'told' })).name).toMatch(/\.gif$/)
  const told = events.slice(before).flatMap((event) => (event.name === 'task.progress' ? [event.payload] : []))
  // All pages are drawn: how long the file of them takes is not known.
  expect(told.at(-1)).toEqual({ task: 'told', share: null })
  const going = call('runs.export', { ...common, task: 'stopped' })
  await call('tasks.cancel', { task: 'stopped' })
  await expect(going).rejects.toMatchObject({ kind: 'cancelled' })
})

test('an exported picture brings its settings back, unless they were stripped', async () => {
  const [run] = await start({ seed: 5, steps: 8 })
  await until(run!.id, isOver)
  const recipeOf = async (metadata: boolean): Promise<ResultOf<'pictures.open'>> => {
    const { blob } = await call('runs.export', { run: run!.id, kind: 'png', metadata })
    return call('pictures.open', { blob, name: 'a.png' })
  }
  const { recipe, made, reasoning } = await recipeOf(true)
  expect(recipe).toMatchObject({
    instruction: 'remove the dog',
    seed: 5,
    steps: 8,
    mode: 'parallel',
    model: 'storybook',
  })
  expect(reasoning).toContain('the dog')
  const { modelHash } = await call('runs.get', { run: run!.id })
  expect(modelHash).toMatch(/^[0-9a-f]{32}/)
  expect(made).toEqual({ name: 'storybook', hash: modelHash })
  expect(await recipeOf(false)).toMatchObject({ recipe: null, made: null, reasoning: null })
})

test('a screen that was away hears what it missed, or starts over', async () => {
  const { seq } = await call('session.open', { since: null })
  await call('projects.rename', { project: project.id, name: 'Renamed' })
  const { missed, reset } = await call('session.open', { since: seq })
  expect(reset).toBe(false)
  expect(missed.map((event) => event.name)).toEqual(['projects.changed'])
  expect(await call('session.open', { since: seq + 1000 })).toMatchObject({ reset: true })
})

test('the report of a problem names no path and no instruction', async () => {
  const { text } = await call('diagnostics.report', {})
  expect(text).toContain('storybook')
  expect(text).not.toContain(folder.path)
  expect(text).not.toContain('dog')
})

test('folders are read below the roots alone, and links do not lead out', async () => {
  const roots = temporaryFolder()
  writeFileSync(join(roots.path, 'a.txt'), 'hello')
  const { symlinkSync } = await import('node:fs')
  symlinkSync('/etc', join(roots.path, 'out'))
  const data = temporaryFolder()
  const served = await createService({
    data: data.path,
    models: [],
    host: 'browser',
    version: '1',
    roots: [roots.path],
  })
  const list = async (folder: string | null): Promise<ResultOf<'folders.list'>['entries']> =>
    ((await served.call('folders.list', { folder })) as ResultOf<'folders.list'>).entries
  const [root] = await list(null)
  const entries = await list(root!.handle)
  expect(entries.map((entry) => entry.name)).toEqual(['a.txt', 'out'])
  const { blob } = (await served.call('folders.read', { file: entries[0]!.handle })) as { blob: string }
  expect((await served.blob(blob))!.size).toBe(5)
  await expect(list(entries[1]!.handle)).rejects.toThrow(/leads out/)
  await expect(list('made-up')).rejects.toThrow(TandemError)
  expect(JSON.stringify(entries)).not.toContain(roots.path)
  await served.close()
  roots.remove()
  data.remove()
})

test('a run that is continued waits in the lane it was started in, one that branches from it in the first', async () => {
  const [run] = await start({ seed: 3, steps: 64 }, 1, 'background')
  await stepOf(run!.id, 2)
  await call('runs.cancel', { run: run!.id, now: false })
  await until(run!.id, isOver)
  await call('runs.continue', { run: run!.id })
  expect((await call('queue.list', {})).items).toMatchObject([{ run: run!.id, lane: 'background' }])
  await until(run!.id, isOver)
  const branch = await call('runs.branch', { run: run!.id, step: 60, edits: { replace: [], remask: [] } })
  expect((await call('queue.list', {})).items).toMatchObject([{ run: branch.id, lane: 'interactive' }])
  await until(branch.id, isOver)
})

test('a studio that ended in the middle of a run says so at its next start, and the run can be continued', async () => {
  const [run] = await start({ seed: 3, steps: 64 })
  await stepOf(run!.id, 6)
  await service.close()
  service = await open()
  const left = await call('runs.get', { run: run!.id })
  expect(['cancelled', 'failed']).toContain(left.state)
  expect(left.step).toBeGreaterThanOrEqual(6)
  await call('runs.continue', { run: run!.id })
  expect((await until(run!.id, (r) => r.state === 'done' || r.state === 'failed')).state).toBe('done')
  await expect.poll(() => readdirSync(join(folder.path, 'work'))).toEqual([])
})

test('a run whose model is not here any more is neither branched nor continued: nothing waits only to fail', async () => {
  const [run] = await start({ seed: 4, steps: 48 })
  await stepOf(run!.id, 4)
  await call('runs.cancel', { run: run!.id, now: false })
  await until(run!.id, isOver)
  await service.close()
  service = await open([])
  const before = await call('runs.get', { run: run!.id })
  const edits = { replace: [], remask: [] }
  await expect(call('runs.branch', { run: run!.id, step: 2, edits })).rejects.toThrow(/no model "storybook"/)
  await expect(call('runs.continue', { run: run!.id })).rejects.toThrow(/no model "storybook"/)
  expect((await call('runs.tree', { run: run!.id })).runs).toEqual([before])
})
