/** The profile of the model that ships: what it says must hang together, whatever the machine. */
import { afterAll, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { engineProfileSchema, type EngineProfile } from '../../shared/engine-profile.ts'
import { providerWords, type ProviderName } from '../../shared/providers.ts'
import { runJob } from '../jobs.ts'
import { createEngineCache } from './context.ts'

const model = fileURLToPath(new URL('../../../resources/models/storybook', import.meta.url))
const engines = createEngineCache()
afterAll(() => engines.dispose())

async function profile(signal: AbortSignal, provider?: ProviderName): Promise<EngineProfile | null> {
  const spec = { kind: 'engine-profile', model, rounds: 2, ...(provider ? { provider } : {}) } as const
  for await (const update of runJob(spec, { signal, engine: (...what) => engines.engine(...what) }))
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
  expect([found.provider, found.precision]).toEqual(['cpu', 'float32'])
  expect(found.memory.peak).toBeGreaterThanOrEqual(found.memory.before)
})

test('stopped, gives no result', async () => {
  expect(await profile(AbortSignal.abort())).toBeNull()
})

test('on a provider that does not start here says so: nothing is measured on the processor in its place', async () => {
  const foreign = process.platform === 'darwin' ? 'dml' : 'coreml'
  const going = profile(new AbortController().signal, foreign)
  await expect(going).rejects.toMatchObject({
    message: expect.stringContaining(`${providerWords[foreign]} does not start here: `) as string,
    kind: 'environment',
  })
})
