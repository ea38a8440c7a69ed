/** The profile of the model that ships: what it says must hang together, whatever the machine. */
import { afterAll, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { engineProfileSchema, type EngineProfile } from '../../shared/engine-profile.ts'
import { runJob } from '../jobs.ts'
import { createEngineCache } from './context.ts'

const model = fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url))
const engines = createEngineCache()
afterAll(() => engines.dispose())

async function profile(signal: AbortSignal): Promise<EngineProfile | null> {
  const context = { signal, engine: (directory: string) => engines.engine(directory) }
  for await (const update of runJob({ kind: 'engine-profile', model, rounds: 2 }, context))
    if (update.type === 'result') return engineProfileSchema.parse(update.result)
  return null
}

test('names every forward, part and speed, with less work where less is computed', async () => {
  const found = (await profile(new AbortController().signal))!
  const work = Object.fromEntries(found.forwards.map(({ name, gflop }) => [name, gflop]))
  expect(work['kept']!).toBeLessThan(work['exact']!)
  expect(work['exact']!).toBeLessThan(work['reference']!)
  expect(work['guided']!).toBeCloseTo(2 * work['exact']!, 2)
  expect(found.parts.map(({ part }) => part)).toEqual(['embed', 'attention', 'mlp', 'head', 'picks', 'host'])
  for (const { ms } of [...found.forwards, ...found.runs]) expect(ms).toBeGreaterThan(0)
  const [exact, fast] = found.runs
  expect([exact!.speed, exact!.forwards, exact!.known]).toEqual(['exact', 16, 0])
  expect(fast!.forwards).toBeLessThan(16)
  expect(found.memory.peak).toBeGreaterThanOrEqual(found.memory.before)
})

test('stopped, gives no result', async () => {
  expect(await profile(AbortSignal.abort())).toBeNull()
})
