/** Measuring a model from the studio, with the real engine: it is told as it goes, kept, stopped, and one at a time. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { preferencesSchema } from '../../../shared/studio.ts'
import { openBench, type BenchPlace } from '../bench/testing.ts'

// An engine process starts, and sessions are made: long on a machine that is busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

let studio: BenchPlace
beforeAll(async () => {
  studio = await openBench()
})
afterAll(() => studio.close())

/** The next end of a measurement after those seen so far. */
async function measured(seen: number): Promise<(typeof studio.events)[number]> {
  const ends = (): typeof studio.events => studio.events.filter(({ name }) => name === 'engine.measured')
  await vi.waitUntil(() => ends().length > seen, { timeout: 200_000, interval: 50 })
  return ends()[seen]!
}

test('a measurement tells how far it is, and is there for whoever looks later', async () => {
  expect(await studio.call('engine.profile', { model: 'storybook' })).toEqual({ profile: null, measuring: null })
  await studio.call('engine.measure', { model: 'storybook' })
  await expect(studio.call('engine.measure', { model: 'storybook' })).rejects.toThrow('is being measured')
  const { payload } = await measured(0)
  const { profile, measuring } = await studio.call('engine.profile', { model: 'storybook' })
  expect(measuring).toBeNull()
  expect(profile!.forwards.map(({ name }) => name)).toEqual(['reference', 'exact', 'guided', 'kept'])
  expect(payload).toEqual({ model: 'storybook', profile, error: null })
  expect(studio.events.filter(({ name }) => name === 'engine.measuring').length).toBeGreaterThan(3)
})

test('a measurement that is stopped gives nothing, and the next may begin', async () => {
  await studio.call('engine.measure', { model: 'storybook' })
  await studio.call('engine.stop', {})
  expect((await measured(1)).payload).toEqual({ model: 'storybook', profile: null, error: null })
  expect((await studio.call('engine.profile', { model: 'storybook' })).measuring).toBeNull()
})

test('a model that is not here is refused, and nothing is left measuring', async () => {
  await expect(studio.call('engine.measure', { model: 'nobody' })).rejects.toThrow('There is no model')
  expect((await studio.call('engine.profile', { model: 'storybook' })).measuring).toBeNull()
})

test('it is measured on what runs are computed on: a provider that does not start is named, not the processor measured', async () => {
  const foreign = process.platform === 'darwin' ? 'dml' : 'coreml'
  await studio.call('preferences.set', { preferences: preferencesSchema.parse({ provider: foreign }) })
  await studio.call('engine.measure', { model: 'storybook' })
  expect((await measured(2)).payload).toMatchObject({
    profile: null,
    error: { message: expect.stringContaining('does not start here') as string },
  })
})
