import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { imageTokenizerConfigSchema } from '../../shared/model-config.ts'
import { seededRandom } from '../data/random.ts'
import { createImageCodec } from '../model/image-codec.ts'
import { initialiseParameters, viewOf } from '../model/parameters.ts'
import { loadCheckpoint } from './checkpoint.ts'
import { checkpointPath, train } from './loop.ts'
import { recipeSchema } from './recipe.ts'
import { createTokenizerTask } from './tokenizer-task.ts'

const config = imageTokenizerConfigSchema.parse({
  format: 'tandem-image-tokenizer',
  version: 1,
  factor: 2,
  window: 2,
  bits: 4,
  features: 12,
  hidden: 24,
})
const WIDTH = 4 * 12
/** Windows of one colour each. */
const colours = (seed: number, n: number): Float32Array[] =>
  Array.from({ length: n }, (_, i) => {
    const random = seededRandom('colour', seed, i)
    const rgb = [0, 1, 2].map(() => random.next() * 2 - 1)
    return Float32Array.from({ length: WIDTH }, (_, j) => rgb[j % 3]!)
  })
const training = { batch: 16, firstShare: 0.7, noise: 0.1 }

test('a step is a function of its random stream, and advances by its batch', async () => {
  const task = await createTokenizerTask(config, training, colours(1, 6), colours(2, 6))
  const weights = initialiseParameters(task.table, seededRandom('w'))
  const once = async (seed: number): Promise<{ loss: number; gradient: Float32Array }> => {
    const gradient = new Float32Array(task.table.size)
    const outcome = await task.step({
      weights,
      gradient,
      random: seededRandom('s', seed),
      position: 32,
      step: 2,
      progress: 0,
    })
    expect(outcome).toMatchObject({ samples: 16, position: 48 })
    expect(outcome.metrics['loss']!).toBeGreaterThan(outcome.metrics['reconstruction']!)
    return { loss: outcome.metrics['loss']!, gradient }
  }
  const [a, b, c] = [await once(1), await once(1), await once(2)]
  await task.dispose()
  expect(b).toEqual(a)
  expect(c.loss).not.toBe(a.loss)
})

test('learns to draw what it saw, through its codes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tandem-tokenizer-task-'))
  const first = colours(1, 6)
  const task = await createTokenizerTask(config, training, first, colours(2, 6))
  const losses: number[] = []
  const optimiser = { kind: 'muon', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0, momentum: 0.95 } as const
  const loop = {
    directory: folder,
    seed: 1,
    steps: 250,
    optimiser,
    schedule: { peak: 0.01, warmup: 10, decayFrom: 0.3, floor: 0.02 },
    clip: 1,
    ema: 0.9,
    validateEvery: 1e9,
    saveEvery: 1e9,
    resume: false,
    threads: 1,
  }
  for await (const event of train(task, loop)) if (event.kind === 'step') losses.push(event.metrics['reconstruction']!)
  await task.dispose()
  const mean = (part: number[]): number => part.reduce((a, b) => a + b, 0) / part.length
  expect(mean(losses.slice(-20))).toBeLessThan(0.3 * mean(losses.slice(0, 5)))

  const { ema } = await loadCheckpoint(checkpointPath(folder), task.table)
  const spans = new Map(task.table.spans.map((span) => [span.name, span]))
  const codec = createImageCodec(config, 4, (name) => {
    const view = viewOf(ema, spans.get(name)!)
    return { kind: 'inline', bytes: new Uint8Array(view.buffer, view.byteOffset, view.byteLength) }
  })
  const picture = Uint8Array.from({ length: 48 }, (_, j) => Math.round((first[0]![j % 3]! + 1) * 127.5))
  const drawn = await codec.decode(await codec.encode(picture))
  await codec.dispose()
  await rm(folder, { recursive: true })
  const error = drawn.reduce((sum, v, i) => sum + Math.abs(v - picture[i]!), 0) / drawn.length
  expect(error).toBeLessThan(40)
})

test('the identity holds the settings and the sizes of both lists', async () => {
  const task = await createTokenizerTask(config, training, colours(1, 6), colours(2, 5))
  expect(JSON.parse(task.identity)).toMatchObject({ config, training, first: 6, second: 5 })
  await task.dispose()
})

test('the recipe that ships is complete, and refuses what it does not know', async () => {
  const raw = JSON.parse(
    await readFile(new URL('../../../resources/models/storybook/recipe.json', import.meta.url), 'utf8'),
  ) as object
  expect(recipeSchema.safeParse(raw).error).toBeUndefined()
  expect(recipeSchema.safeParse({ ...raw, extra: 1 }).success).toBe(false)
})
