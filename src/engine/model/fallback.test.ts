/** A run whose provider fails in the middle of it goes on from its last step, to the same end. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { importAll, importOptions, layOutPublished } from '../checkpoints/import-fixtures.ts'
import { openImported } from '../checkpoints/open.ts'
import { createEngine, prepareRun, runSteps, type Engine } from '../run.ts'
import type { TrajectoryStep } from '../../shared/trajectory.ts'
import { TandemError } from '../../shared/errors.ts'
import { createPredictor, type ModelPredictor } from './predictor.ts'

let root: string
let folder: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-fallback-'))
  folder = join(root, 'model')
  await importAll(importOptions('m', await layOutPublished('m', root), folder))
})
afterAll(() => rm(root, { recursive: true, force: true }))

/** A device whose sessions fail from the n-th forward on, and cannot even be closed then. */
function failing(n: number, error: Error): { open: typeof createPredictor; asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    open(model, task, options) {
      const real = createPredictor(model, task, { ...options, provider: 'cpu' })
      const on = options?.provider ?? 'cpu'
      let forwards = 0
      const predictor: ModelPredictor = {
        get rows() {
          return real.rows
        },
        predict(request) {
          asked.push(on)
          if (on !== 'cpu' && ++forwards > n) return Promise.reject(error)
          return real.predict(request)
        },
        dispose: () => (on === 'cpu' ? real.dispose() : real.dispose().then(() => Promise.reject(new Error('gone')))),
      }
      return predictor
    },
  }
}

async function follow(
  engine: Engine,
): Promise<{ steps: TrajectoryStep[]; falls: ReturnType<Engine['falls']>; begun: string }> {
  const header = await prepareRun(engine, {
    instruction: 'a red ball',
    input: null,
    mode: 'parallel',
    steps: 5,
    seed: 3,
    guidance: { text: 1, image: 1 },
    temperatures: { text: 1, image: 1 },
  })
  const steps: TrajectoryStep[] = []
  for await (const step of runSteps(engine, { header, steps: [], events: [] })) steps.push(step)
  return { steps, falls: engine.falls(), begun: header.provider }
}

test.each([0, 1, 3])(
  'after %i forwards: the same tokens as without the failure, and the reason is told once',
  async (n) => {
    const plain = createEngine(await openImported(folder), 'cpu', 1)
    const { open, asked } = failing(n, new Error('CUDA out of memory\nat somewhere'))
    const engine = createEngine(await openImported(folder), 'cuda', 1, open)
    const [expected, found] = [await follow(plain), await follow(engine)]
    expect(found.begun).toBe('cuda')
    expect(found.steps).toEqual(expected.steps)
    expect(found.falls).toEqual([{ from: 'cuda', to: 'cpu', reason: 'CUDA out of memory at somewhere' }])
    expect(asked.indexOf('cpu')).toBe(n + 1)
    // The next run begins where this one ended up.
    expect(engine.provider).toBe('cpu')
    expect((await follow(engine)).begun).toBe('cpu')
    expect(engine.falls()).toEqual([])
    await plain.dispose()
    await engine.dispose()
  },
)

test('what the person can mend is no failure of the provider', async () => {
  const { open } = failing(0, new TandemError('Stopped.', '', 'cancelled'))
  const engine = createEngine(await openImported(folder), 'cuda', 1, open)
  await expect(follow(engine)).rejects.toThrow('Stopped.')
  expect(engine.provider).toBe('cuda')
  await engine.dispose().catch(() => undefined)
})

test('a failure of the processor is told as it is', async () => {
  const engine = createEngine(await openImported(folder), 'cpu', 1, (model, task, options) => ({
    ...createPredictor(model, task, options),
    predict: () => Promise.reject(new Error('broken')),
  }))
  await expect(follow(engine)).rejects.toThrow('broken')
  await engine.dispose()
})
