/** The disk budget: what nothing uses goes, what is used stays, and the person is told once when that is too much. */
import { afterEach, beforeEach, expect, it } from 'vitest'
import { openStore, type Store } from '../store/store.ts'
import { temporaryFolder, testProject, testRun } from '../store/testing.ts'
import { createCleanUp, type CleanUp } from './clean-up.ts'

const DAY = 24 * 3600_000
let folder: ReturnType<typeof temporaryFolder>
let store: Store
let clean: CleanUp
let now: number
let told: string[]
const allow = (bytes: number): void => void store.preferences.set({ ...store.preferences.get(), diskBudget: bytes })
const keep = async (fill: number): Promise<string> => (await store.blobs.put(new Uint8Array(200_000).fill(fill))).blob

beforeEach(() => {
  folder = temporaryFolder()
  store = openStore(folder.path)
  now = Date.now() + 2 * DAY
  told = []
  clean = createCleanUp(
    store,
    ({ message, remedy }) => told.push(`${message} ${remedy}`),
    () => now,
  )
})
afterEach(() => {
  store.close()
  folder.remove()
})

it('takes nothing while the projects fit', async () => {
  const blob = await keep(1)
  allow(10 ** 9)
  await clean.run()
  expect(store.blobs.find(blob)).not.toBeNull()
})

it('takes what nothing uses, spares what a run uses and what was just uploaded, and is silent where that does', async () => {
  const [loose, used] = [await keep(1), await keep(2)]
  const project = testProject(store)
  store.runs.insert(testRun(project.id, 'r1', { picture: { blob: used, width: 1, height: 1 } }))
  allow(store.bytes() - 100_000)
  now = Date.now() + DAY / 2
  await clean.run()
  expect(store.blobs.find(loose)).not.toBeNull()
  now += DAY
  told = []
  await clean.run()
  expect(store.blobs.find(loose)).toBeNull()
  expect(store.blobs.find(used)).not.toBeNull()
  expect(told).toEqual([])
})

it('tells once that what is used is too much, and again only after it fitted', async () => {
  const project = testProject(store)
  store.runs.insert(testRun(project.id, 'r1', { picture: { blob: await keep(3), width: 1, height: 1 } }))
  allow(100_000)
  await clean.run()
  now += DAY / 4
  await clean.run()
  expect(told).toHaveLength(1)
  expect(told[0]).toMatch(/take 0\.0 GB, more than the 0\.0 GB you allow\. Delete runs/)
  allow(10 ** 9)
  await clean.run()
  allow(100_000)
  await clean.run()
  expect(told).toHaveLength(1)
  now += DAY
  await clean.run()
  expect(told).toHaveLength(2)
})

it('counts what the database holds, and not what was deleted from it', () => {
  const before = store.bytes()
  const project = testProject(store)
  for (let i = 0; i < 200; i++) store.runs.insert(testRun(project.id, `r${i}`))
  const grown = store.bytes()
  expect(grown).toBeGreaterThan(before)
  store.projects.delete(project.id)
  expect(store.bytes()).toBeLessThan(grown)
})
