/** A store that takes nothing more in the middle of a run: SQLite's own refusals, met by the whole service. */
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StudioEvent } from '../../shared/ipc.ts'
import type { Project, Run } from '../../shared/studio.ts'
import { decodeTrajectory } from '../../shared/trajectory-codec.ts'
import { openDatabase, type Database } from '../store/database.ts'
import { zlibCompression } from '../store/records.ts'
import { storeOn } from '../store/store.ts'
import { temporaryFolder, testSettings } from '../store/testing.ts'
import { createService } from './service.ts'
import { asking, isOver, refusals, unhandled } from './testing.ts'
import type { Service } from './types.ts'

const resources = fileURLToPath(new URL('../../../resources/', import.meta.url))

let folder: ReturnType<typeof temporaryFolder>
let db: Database
let service: Service
let project: Project
let scene: string
let events: StudioEvent[]

const { call, runUntil } = asking(() => service)

async function open(): Promise<void> {
  const opened = openDatabase(folder.path)
  db = opened.db
  service = await createService(
    { data: folder.path, models: [join(resources, 'models')], host: 'browser', version: '1' },
    storeOn(opened, folder.path),
  )
  service.subscribe((event) => events.push(event))
}

beforeEach(async () => {
  folder = temporaryFolder()
  events = []
  await open()
  project = await call('projects.create', { name: 'Test' })
  const picture = await sharp(join(resources, 'demo', 'scene.png'))
    .png()
    .toBuffer()
  scene = (await service.putBlob(Readable.from([picture]))).blob
})
afterEach(async () => {
  await service.close()
  folder.remove()
})

async function start(steps: number): Promise<Run> {
  const { runs } = await call('runs.start', {
    project: project.id,
    document: project.document,
    settings: { ...testSettings, instruction: 'remove the dog', steps },
    input: scene,
    mask: null,
    box: { x: 0, y: 0, width: 128, height: 128 },
    pins: [],
    count: 1,
    lane: 'interactive',
  })
  return runs[0]!
}

describe.each(refusals)('$name in the middle of a run', ({ refuse, relent, words }) => {
  /** A run of which some steps are recorded when the store begins to refuse. */
  async function cutShort(): Promise<Run> {
    const run = await start(64)
    const stop = service.subscribe((event) => {
      if (event.name !== 'run.step' || event.payload.record.step < 5) return
      stop()
      refuse(db)
    })
    return runUntil(run.id, isOver)
  }

  test('ends the run with the words of the disk, told to screens; its steps stay', async () => {
    const loose = unhandled()
    const run = await cutShort()
    expect(run.state).toBe('failed')
    expect(run.error?.message).toMatch(words)
    expect(run.error?.remedy).toMatch(/Continue it from its last recorded step\.$/)
    expect(run.step).toBeGreaterThanOrEqual(5)
    expect(run.hasTrajectory).toBe(true)
    const told = events.filter((event) => event.name === 'run.changed' && event.payload.run.state === 'failed')
    expect(told).toEqual([{ name: 'run.changed', seq: expect.any(Number) as number, payload: { run } }])
    const { bytes } = await call('runs.trajectory', { run: run.id })
    expect(decodeTrajectory(bytes, zlibCompression).steps).toHaveLength(run.step)
    expect((await call('runs.list', { project: project.id, rejected: true })).runs).toEqual([run])
    expect((await call('queue.list', {})).items).toEqual([])
    expect(loose).toEqual([])
  })

  test('refuses what else is asked in the same words, and goes on with everything once there is room', async () => {
    const loose = unhandled()
    const cut = await cutShort()
    // A settled run leaves some pages free.
    const fill = async (): Promise<void> => {
      for (let i = 0; i < 100_000; i++) await call('projects.create', { name: `Project ${i}` })
    }
    await expect(fill()).rejects.toMatchObject({
      kind: 'environment',
      message: expect.stringMatching(words) as string,
    })
    relent(db)
    await call('runs.continue', { run: cut.id })
    const next = await start(4)
    expect(await runUntil(cut.id, isOver)).toMatchObject({ state: 'done', step: 64, error: null })
    expect((await runUntil(next.id, isOver)).state).toBe('done')
    expect(loose).toEqual([])
  })

  test('is over after a restart as well', async () => {
    const cut = await cutShort()
    await service.close()
    await open()
    const left = await call('runs.get', { run: cut.id })
    expect(left).toMatchObject({ state: 'failed', step: cut.step, hasTrajectory: true })
    expect(left.error?.remedy).toMatch(/Continue it from its last recorded step/)
    await call('runs.continue', { run: cut.id })
    expect((await runUntil(cut.id, isOver)).state).toBe('done')
  })
})
