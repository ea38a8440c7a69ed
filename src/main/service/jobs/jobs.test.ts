/** Long work as rows, with the real engine: done, paused and taken up again, stopped, killed with its process, restarted with the studio. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StudioJob, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { asking } from '../testing.ts'
import { createService } from '../service.ts'
import { parabench } from '../bench/testing.ts'
import type { Service } from '../types.ts'

const models = [fileURLToPath(new URL('../../../../resources/models', import.meta.url))]
const spec = (limit: number): StudioJobSpecOf<'parabench'> => parabench({ limit, steps: 2 })

let folder: ReturnType<typeof temporaryFolder>
let service: Service
const open = (): Promise<Service> => createService({ data: folder.path, models, host: 'browser', version: '1' })
beforeEach(async () => {
  folder = temporaryFolder()
  service = await open()
})
afterEach(async () => {
  await service.close()
  folder.remove()
})

const { call, jobUntil: until } = asking(() => service)
const moving = (job: StudioJob): boolean => job.state === 'running' && (job.progress?.done ?? 0) > 0

describe('a job', () => {
  test('runs in a process of its own and ends with a result that names no path', async () => {
    const { id } = await call('jobs.start', { spec: spec(5) })
    const job = await until(id, ({ state }) => state === 'done' || state === 'failed')
    expect(job).toMatchObject({ state: 'done', error: null, progress: { done: 5, total: 5 } })
    expect(job.result).toMatchObject({ report: { judged: 5 }, answered: 5 })
    expect(JSON.stringify(job)).not.toContain(folder.path)
    expect((await call('jobs.list', {})).jobs.map((each) => each.id)).toEqual([id])
  })

  test('that is paused leaves its process and, taken up again, answers only the rest', async () => {
    const { id } = await call('jobs.start', { spec: spec(40) })
    await until(id, moving)
    await call('jobs.pause', { job: id })
    const paused = await until(id, ({ state }) => state === 'paused')
    expect(paused.progress!.done).toBeLessThan(40)
    await call('jobs.resume', { job: id })
    const done = await until(id, ({ state }) => state === 'done' || state === 'failed')
    expect(done).toMatchObject({ state: 'done', result: { report: { judged: 40 } } })
    expect((done.result as { answered: number }).answered).toBeLessThan(40)
  })

  test('that waits can be moved, rest and be stopped; deleted it takes its folder along', async () => {
    const first = await call('jobs.start', { spec: spec(300) })
    const second = await call('jobs.start', { spec: spec(3) })
    const third = await call('jobs.start', { spec: spec(4), title: 'The third' })
    await call('jobs.reorder', { job: third.id, before: second.id })
    expect((await call('jobs.list', {})).jobs.map(({ id }) => id)).toEqual([first.id, third.id, second.id])
    await call('jobs.pause', { job: second.id })
    expect((await call('jobs.get', { job: second.id })).state).toBe('paused')
    await until(first.id, moving)
    await call('jobs.delete', { job: first.id })
    expect(existsSync(join(folder.path, 'jobs', first.id))).toBe(false)
    expect(await until(third.id, ({ state }) => state === 'done')).toMatchObject({ title: 'The third' })
    await expect(call('jobs.get', { job: first.id })).rejects.toThrow('not there any more')
  })

  test('stopped at once ends its process and can still go on', async () => {
    const { id } = await call('jobs.start', { spec: spec(300) })
    await until(id, moving)
    await call('jobs.cancel', { job: id, now: true })
    expect(await until(id, ({ state }) => state === 'cancelled' || state === 'failed')).toMatchObject({
      state: 'cancelled',
    })
    expect(await call('jobs.resume', { job: id })).toMatchObject({
      state: expect.stringMatching(/queued|running/) as string,
    })
  })

  test('goes on by itself when the studio that was closed opens again', async () => {
    const { id } = await call('jobs.start', { spec: spec(60) })
    await until(id, moving)
    await service.close()
    service = await open()
    const done = await until(id, ({ state }) => state === 'done' || state === 'failed')
    expect(done).toMatchObject({ state: 'done', result: { report: { judged: 60 } } })
    expect((done.result as { answered: number }).answered).toBeLessThan(60)
  })

  test('that names what is not here is refused before it waits', async () => {
    await expect(call('jobs.start', { spec: { ...spec(3), model: 'nowhere' } })).rejects.toThrow('no model "nowhere"')
    expect((await call('jobs.list', {})).jobs).toEqual([])
  })
})
