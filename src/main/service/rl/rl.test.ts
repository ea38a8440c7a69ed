/** ParaRL as a job of the studio, with a real tiny policy: rows, rollouts on the timeline, the model that comes out. */
import { cp, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeTrajectory } from '../../../shared/trajectory-codec.ts'
import { zlibCompression } from '../../store/records.ts'
import { completeRlSettings } from '../../../shared/rl.ts'
import type { FolderReward, PararlStudioSpec } from '../../../shared/studio-rl.ts'
import type { StudioJob } from '../../../shared/studio-jobs.ts'
import { writeClip } from '../../../engine/rl/clip/testing.ts'
import { openWorkplace, type Workplace } from '../../cli/testing.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { asking } from '../testing.ts'
import { createService } from '../service.ts'
import type { Service } from '../types.ts'

const folder = temporaryFolder()
let place: Workplace
let service: Service
const served = join(folder.path, 'served')
const open = (): Promise<Service> =>
  createService({
    data: join(folder.path, 'data'),
    models: [join(folder.path, 'shipped')],
    host: 'browser',
    version: '1',
    roots: [served],
  })

beforeAll(async () => {
  place = await openWorkplace()
  const root = join(folder.path, 'shipped')
  await mkdir(root, { recursive: true })
  await cp(place.model, join(root, 'tiny'), { recursive: true })
  await writeClip(join(served, 'tiny-clip'), { nested: true })
  await mkdir(join(served, 'pictures'))
  await writeFile(join(served, 'pictures', 'text_model.onnx'), 'alone')
  service = await open()
})
afterAll(async () => {
  await service.close()
  folder.remove()
  await place.remove()
})

const { call } = asking(() => service)
const spec: PararlStudioSpec = {
  kind: 'pararl',
  model: 'tiny',
  data: { from: 'world', seed: 3 },
  reward: 'oracle',
  settings: completeRlSettings({
    steps: 2,
    rollouts: 3,
    prompts: 2,
    inner: 1,
    sampledSteps: 2,
    denoisingSteps: 3,
    pool: 4,
    hardShare: 1,
    validateEvery: 2,
    validationPrompts: 2,
    previewEvery: 2,
    previewPrompts: 1,
    judgeFall: null,
  }),
}
async function over(id: string): Promise<StudioJob> {
  for (;;) {
    const job = await call('jobs.get', { job: id })
    if (job.state === 'done' || job.state === 'failed') return job
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

test('a run leaves rows, rollouts that open on the timeline, and a model among the models', async () => {
  const { id } = await call('jobs.start', { spec })
  const job = await over(id)
  expect(job).toMatchObject({ state: 'done', error: null, result: { steps: 2, model: { kind: 'model' } } })
  expect(JSON.stringify(job)).not.toContain(folder.path)

  const { rows, restart, more } = await call('rl.rows', { job: id, cursor: null })
  expect({ restart, more }).toEqual({ restart: false, more: false })
  const phases = rows.flatMap((row) => (row.kind === 'phase' ? [row] : []))
  expect(phases.map(({ phase }) => phase)).toEqual([0, 1])
  expect(phases[0]!.rollouts).toHaveLength(6)
  expect(rows.filter(({ kind }) => kind === 'update')).toHaveLength(2)
  expect(rows.filter(({ kind }) => kind === 'validation')).toHaveLength(2)

  const project = await call('projects.create', { name: 'Rollouts' })
  const which = { job: id, phase: 1, prompt: 1, rollout: 2, project: project.id }
  const run = await call('rl.openRollout', which)
  expect(run).toMatchObject({ state: 'done', step: 3, hasTrajectory: true, imported: true })
  expect(run.warnings[0]).toContain('Rollout 3 of 3')
  const { header } = decodeTrajectory((await call('runs.trajectory', { run: run.id })).bytes, zlibCompression)
  expect(Object.values(header.labels ?? {})).toContain('the')
  expect((await call('rl.openRollout', which)).id).toBe(run.id)
  await expect(call('rl.openRollout', { ...which, rollout: 9 })).rejects.toThrow('no such rollout')

  const score = await call('rl.score', { run: run.id, reward: 'storybook' })
  expect(score).toMatchObject({ reward: 'storybook-scorer', steps: [{ step: 1 }, { step: 2 }, { step: 3 }] })
  for (const { raw } of score.concepts) expect(raw).toHaveLength(3)

  const at = { job: id, prompt: 0, step: 2 }
  expect((await call('training.picture', at)).picture).toMatchObject({ width: 128, height: 128 })
  const preview = await call('training.openPreview', { ...at, project: project.id })
  expect(preview).toMatchObject({ state: 'done', step: 3, imported: true, preview: { job: id, step: 2, prompt: 0 } })
  await expect(call('training.picture', { ...at, step: 1 })).rejects.toThrow('no such preview')

  const { model } = job.result as { model: { id: string } }
  const entry = (await call('models.library', {})).entries.find((each) => each.id === model.id)!
  expect(entry).toMatchObject({ kind: 'model', shipped: false })
})

describe('a reward in a folder', () => {
  const rewardIn = async (name: string): Promise<FolderReward> => {
    const [root] = (await call('folders.list', { folder: null })).entries
    const { entries } = await call('folders.list', { folder: root!.handle })
    return { folder: entries.find((each) => each.name === name)!.handle, name }
  }

  test('is an exported CLIP: the run is marked by it, over a restart of the studio, and no path of it is told', async () => {
    const reward = await rewardIn('tiny-clip')
    const settings = completeRlSettings({ ...spec.settings, steps: 20, previewEvery: 0 })
    const { id } = await call('jobs.start', { spec: { ...spec, reward, settings } })
    const begun = async (): Promise<boolean> => (await call('rl.rows', { job: id, cursor: null })).rows.length > 0
    await expect.poll(begun, { timeout: 60_000 }).toBe(true)
    await service.close()
    service = await open()
    const job = await over(id)
    expect(job).toMatchObject({ state: 'done', error: null, result: { steps: 20 }, spec: { reward } })
    const { rows } = await call('rl.rows', { job: id, cursor: null })
    expect(JSON.stringify([job, rows])).not.toContain(folder.path)
    const raw = rows.flatMap((row) => (row.kind === 'phase' ? [row.raw] : []))
    expect(raw).toHaveLength(20)
    // Cosines of a CLIP whose weights are random: neither a judge's points nor all alike.
    for (const each of raw) expect(Math.abs(each!)).toBeLessThanOrEqual(1)
    expect(new Set(raw).size).toBeGreaterThan(1)
  })

  test('that holds none is refused when it is asked for, by its name', async () => {
    const before = (await call('jobs.list', {})).jobs.length
    await expect(call('jobs.start', { spec: { ...spec, reward: await rewardIn('pictures') } })).rejects.toThrow(
      'pictures holds neither an exported CLIP nor a scorer.',
    )
    await expect(call('jobs.start', { spec: { ...spec, reward: { folder: 'made-up', name: 'x' } } })).rejects.toThrow(
      'not there any more',
    )
    expect((await call('jobs.list', {})).jobs.length).toBe(before)
  })
})
