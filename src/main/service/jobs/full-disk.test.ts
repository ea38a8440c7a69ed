/** A store that takes nothing more in the middle of a job: it ends all the same, can be stopped, and keeps no other waiting. */
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StudioEvent } from '../../../shared/ipc.ts'
import type { StudioJob, StudioJobSpecOf } from '../../../shared/studio-jobs.ts'
import { openDatabase, type Database } from '../../store/database.ts'
import { storeOn } from '../../store/store.ts'
import { temporaryFolder } from '../../store/testing.ts'
import { createService } from '../service.ts'
import { parabench } from '../bench/testing.ts'
import { asking, isOver, refusals, unhandled } from '../testing.ts'
import type { Service } from '../types.ts'

const models = [fileURLToPath(new URL('../../../../resources/models', import.meta.url))]
const spec = (limit: number): StudioJobSpecOf<'parabench'> => parabench({ limit, steps: 2 })

let folder: ReturnType<typeof temporaryFolder>
let db: Database
let service: Service
let events: StudioEvent[]
const { call, jobUntil } = asking(() => service)

async function open(): Promise<void> {
  const opened = openDatabase(folder.path)
  db = opened.db
  service = await createService(
    { data: folder.path, models, host: 'browser', version: '1' },
    storeOn(opened, folder.path),
  )
  service.subscribe((event) => events.push(event))
}

beforeEach(async () => {
  folder = temporaryFolder()
  events = []
  await open()
})
afterEach(async () => {
  await service.close()
  folder.remove()
})

const moving = (job: StudioJob): boolean => job.state === 'running' && (job.progress?.done ?? 0) > 0
const told = (id: string): StudioJob['state'][] =>
  events.flatMap((event) =>
    event.name === 'job.changed' && event.payload.job.id === id ? [event.payload.job.state] : [],
  )

// How runs meet each way of refusing is tested with them; jobs go the same way to the store.
const { name, refuse, relent } = refusals[0]!

describe(`${name} in the middle of a job`, () => {
  async function begun(limit: number): Promise<StudioJob> {
    const { id } = await call('jobs.start', { spec: spec(limit) })
    return jobUntil(id, moving)
  }

  test('does not keep it from its end, nor screens from hearing of it; the next one runs', async () => {
    const loose = unhandled()
    const { id } = await begun(24)
    const next = await call('jobs.start', { spec: spec(2) })
    refuse(db)
    expect(await jobUntil(id, isOver)).toMatchObject({ state: 'done', error: null, result: { report: { judged: 24 } } })
    expect(told(id).at(-1)).toBe('done')
    expect((await jobUntil(next.id, isOver)).state).toBe('done')
    relent(db)
    const after = await call('jobs.start', { spec: spec(2) })
    expect((await jobUntil(after.id, isOver)).state).toBe('done')
    // What was held is on disk now.
    await service.close()
    await open()
    const { jobs } = await call('jobs.list', {})
    expect(jobs.map(({ state }) => state)).toEqual(['done', 'done', 'done'])
    expect(loose).toEqual([])
  })

  test('does not keep anybody from stopping it', async () => {
    const loose = unhandled()
    const { id } = await begun(300)
    refuse(db)
    await call('jobs.cancel', { job: id, now: false })
    expect(await jobUntil(id, isOver)).toMatchObject({ state: 'cancelled', error: null })
    relent(db)
    await call('jobs.resume', { job: id })
    await jobUntil(id, ({ state }) => state === 'running')
    await call('jobs.pause', { job: id })
    await jobUntil(id, ({ state }) => state === 'paused')
    expect(loose).toEqual([])
  })

  test('leaves a job that a restart shows as ended early, and lets go on', async () => {
    const { id } = await begun(60)
    refuse(db)
    await call('jobs.cancel', { job: id, now: true })
    expect((await jobUntil(id, isOver)).state).toBe('cancelled')
    await service.close()
    await open()
    expect(await call('jobs.get', { job: id })).toMatchObject({ state: 'failed' })
    await call('jobs.resume', { job: id })
    expect(await jobUntil(id, isOver)).toMatchObject({ state: 'done', result: { report: { judged: 60 } } })
  })
})
