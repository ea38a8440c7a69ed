/** Fine-tuning as the studio does it, with the real trainer on a tiny model: measured, paused, killed, resumed, kept, used. */
import { existsSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { unzipSync } from 'fflate'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { ResultOf } from '../../../shared/ipc.ts'
import { canGoOn, type StudioJob } from '../../../shared/studio-jobs.ts'
import { sftStudioResultSchema, type SftStudioSpec } from '../../../shared/studio-training.ts'
import type { MetricsRow } from '../../../shared/training.ts'
import { completeSettings, type TrainingSettings } from '../../../shared/training-settings.ts'
import { writeTinyModel } from '../../cli/testing.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { asking } from '../testing.ts'
import { createService } from '../service.ts'
import type { Service } from '../types.ts'

let shipped: ReturnType<typeof temporaryFolder>
beforeAll(async () => {
  shipped = temporaryFolder()
  await writeTinyModel(join(shipped.path, 'tiny'))
})
afterAll(() => shipped.remove())

let folder: ReturnType<typeof temporaryFolder>
let service: Service
const open = (): Promise<Service> =>
  createService({ data: folder.path, models: [shipped.path], host: 'browser', version: '1' })
beforeEach(async () => {
  folder = temporaryFolder()
  service = await open()
})
afterEach(async () => {
  await service.close()
  folder.remove()
})

const spec = (change: Partial<TrainingSettings> = {}): SftStudioSpec => ({
  kind: 'sft',
  model: 'tiny',
  data: { from: 'world', seed: 1 },
  preset: null,
  settings: completeSettings({
    rank: 2,
    steps: 8,
    batch: 2,
    validationSamples: 1,
    validateEvery: 4,
    previewEvery: 4,
    previewCount: 1,
    saveEvery: 0.001,
    ...change,
  }),
})

const { call, jobUntil } = asking(() => service)
function until(id: string, wanted: (job: StudioJob) => boolean): Promise<StudioJob> {
  return jobUntil(id, (job) => {
    if (!wanted(job) && job.state === 'failed') throw new Error(`${job.error?.message} ${job.error?.details}`)
    return wanted(job)
  })
}
async function rowsOf(job: string): Promise<MetricsRow[]> {
  const rows: MetricsRow[] = []
  for (let cursor: string | null = null; ;) {
    const page: ResultOf<'training.metrics'> = await call('training.metrics', { job, cursor })
    rows.push(...page.rows)
    cursor = page.cursor
    if (!page.more) return rows
  }
}
const trained = (rows: readonly MetricsRow[]): number[] =>
  rows.flatMap((row) => (row.kind === 'train' ? [row.step] : []))
const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1)
const isDone = ({ state }: StudioJob): boolean => state === 'done'

// A machine that does something else as well takes its time.
describe('a training run', { timeout: 240_000 }, () => {
  test('is measured first, and leaves nothing of that', async () => {
    const report = await call('training.preflight', { token: 'one', spec: spec() })
    expect(report.parameters.trained).toBeGreaterThan(0)
    expect(report.parameters.trained).toBeLessThan(report.parameters.model)
    expect(report).toMatchObject({ method: 'lora', steps: 8, samples: 16, rows: null })
    expect(await readdir(join(folder.path, 'work'))).toEqual([])
    expect((await call('jobs.list', {})).jobs).toEqual([])
    const stopped = call('training.preflight', { token: 'two', spec: spec() })
    await call('training.cancelPreflight', { token: 'two' })
    await expect(stopped).rejects.toMatchObject({ kind: 'cancelled' })
  })

  test('ends as a model the studio runs, with its descent; its previews open as runs, the same twice', async () => {
    const project = (await call('projects.create', { name: 'P' })).id
    const { id } = await call('jobs.start', { spec: spec({ name: 'My adapter' }) })
    const job = await until(id, isDone)
    const { model, ...result } = sftStudioResultSchema.parse(job.result)
    expect(result).toMatchObject({ reason: 'done', steps: 8, samples: 16 })
    expect(model).toMatchObject({ id: 'my-adapter', kind: 'adapter', data: null, base: { name: 'tiny' } })
    expect(JSON.stringify(job)).not.toContain(folder.path)
    expect(trained(await rowsOf(id))).toEqual(upTo(8))
    expect(await call('training.summary', { job: id })).toMatchObject({ of: 'validation' })

    const { entries } = await call('models.library', {})
    expect(entries.find((entry) => entry.id === 'my-adapter')).toMatchObject({ adapter: { base: { id: 'tiny' } } })
    const { blob } = await call('models.export', { model: 'my-adapter' })
    const files = unzipSync(new Uint8Array(await readFile((await service.blob(blob))!.path)))
    expect(Object.keys(files).join(' ')).toMatch(/adapter_config\.json.*adapter_model\.safetensors/)

    const table = await call('training.exportMetrics', { job: id, form: 'csv' })
    const csv = await readFile((await service.blob(table.blob))!.path, 'utf8')
    expect(table.name).toBe('my-adapter.csv')
    expect(csv.split('\r\n').filter((line) => line.startsWith('train,'))).toHaveLength(8)
    expect((await call('training.exportMetrics', { job: id, form: 'tensorboard' })).name).toMatch(/tfevents/)

    const preview = { job: id, step: 8, prompt: 0 }
    const { picture } = await call('training.picture', preview)
    expect(picture).toMatchObject({ width: 128, height: 128 })
    const run = await call('training.openPreview', { ...preview, project })
    expect(run).toMatchObject({ imported: true, hasTrajectory: true, preview: { job: id, step: 8, prompt: 0 } })
    expect(run.picture).not.toBeNull()
    expect((await call('training.openPreview', { ...preview, project })).id).toBe(run.id)
    const { rasters } = await call('runs.decode', { run: run.id, steps: [1] })
    expect(rasters).toHaveLength(1)
    await expect(call('training.picture', { ...preview, step: 5 })).rejects.toThrow('no such preview')

    await call('jobs.delete', { job: id })
    // The model and the opened preview are the studio's own now.
    const left = await call('models.library', {})
    expect(left.entries.some((entry) => entry.id === 'my-adapter')).toBe(true)
    expect((await call('runs.get', { run: run.id })).hasTrajectory).toBe(true)
  })

  test('that is paused leaves its process with a checkpoint, and its curve goes on without a gap', async () => {
    const { id } = await call('jobs.start', { spec: spec({ steps: 30 }) })
    await until(id, ({ progress }) => (progress?.done ?? 0) >= 2)
    await call('jobs.control', { job: id, action: 'save' })
    await call('jobs.pause', { job: id })
    const paused = await until(id, ({ state }) => state === 'paused')
    expect(paused.result).toBeNull()
    expect(existsSync(join(folder.path, 'jobs', id, 'checkpoint.safetensors'))).toBe(true)
    const before = trained(await rowsOf(id))
    expect(before.length).toBeLessThan(30)
    await call('jobs.resume', { job: id })
    await until(id, isDone)
    expect(trained(await rowsOf(id))).toEqual(upTo(30))
    const sittings = (await rowsOf(id)).flatMap((row) => (row.kind === 'end' ? [row.reason] : []))
    expect(sittings.at(-1)).toBe('done')
  })

  test('that is stopped at once loses its process and goes on from its checkpoint, without a gap', async () => {
    const { id } = await call('jobs.start', { spec: spec({ steps: 40, saveEvery: 0.5 }) })
    await until(id, ({ progress }) => (progress?.done ?? 0) >= 10)
    await call('jobs.cancel', { job: id, now: true })
    const dead = await until(id, canGoOn)
    expect(dead.state).toBe('cancelled')
    await call('jobs.resume', { job: id })
    await until(id, isDone)
    expect(trained(await rowsOf(id))).toEqual(upTo(40))
  })

  test('survives the studio: closed in the middle it goes on by itself when that opens again', async () => {
    const { id } = await call('jobs.start', { spec: spec({ steps: 30 }) })
    await until(id, ({ progress }) => (progress?.done ?? 0) >= 3)
    await service.close()
    service = await open()
    await until(id, isDone)
    expect(trained(await rowsOf(id))).toEqual(upTo(30))
  })

  test('of settings that cannot be is refused before it waits', async () => {
    await expect(call('jobs.start', { spec: { ...spec(), model: 'nowhere' } })).rejects.toThrow('no model "nowhere"')
    await expect(call('jobs.start', { spec: spec({ batch: 3, accumulate: 2 }) })).rejects.toThrow('equal passes')
    expect((await call('jobs.list', {})).jobs).toEqual([])
  })
})
