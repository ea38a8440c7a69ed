/** Fine-tuning an adapter: the base stays, the adapter learns a new operation and a new word, and a resume is exact. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { restoreRandom, seededRandom } from '../data/random.ts'
import { adapterSchema } from '../model/adapter-config.ts'
import { allOptions, flatWeights, inlineWeights, randomWeights, tinyConfig } from '../model/testing.ts'
import type { TokenSample } from './batch.ts'
import { checkpointPath, train, type LoopOptions, type TrainTask } from './loop.ts'
import { createSftTask, sftSchema, type SampleSource } from './sft.ts'

const config = tinyConfig(allOptions)
const weights = randomWeights(config)
const NEW_WORD = 17

/** The instruction is a word; every code moves by `shift`, and the text repeats the first code drawn. */
function source(shift: number, word: number): SampleSource {
  const sample = (name: string, index: number): TokenSample => {
    const random = seededRandom(name, index, shift)
    const inputImage = Int32Array.from({ length: 4 }, () => random.int(8))
    const outputImage = inputImage.map((code) => (code + shift) % 8)
    return {
      inputImage,
      outputImage,
      instruction: Int32Array.of(word),
      outputText: Int32Array.of(10 + (outputImage[0]! % 4), 11),
    }
  }
  return {
    identity: `shift ${shift}`,
    train: (index) => sample('train', index),
    validation: (index) => sample('validation', index),
  }
}
const sft = sftSchema.parse({
  batch: 8,
  generateShare: 0,
  imageOnlyShare: 0,
  validationSamples: 32,
  corruption: { dropText: 0, dropImage: 0 },
})
const adapter = adapterSchema.parse({ rank: 4, dropout: 0.1, rows: [NEW_WORD] })
const adapted = (settings = adapter): TrainTask =>
  createSftTask(config, sft, source(3, NEW_WORD), {
    threads: 1,
    adapter: { config: settings, weights: inlineWeights(weights), baseHash: 'abc' },
  })

let root: string
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-lora-'))
})
afterAll(() => rm(root, { recursive: true }))

const options = (name: string, part: Partial<LoopOptions> = {}): LoopOptions => ({
  directory: join(root, name),
  seed: 1,
  steps: 16,
  optimiser: { kind: 'muon', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, momentum: 0.95 },
  schedule: { peak: 0.01, warmup: 5, decayFrom: 0.6, floor: 0.05 },
  clip: 1,
  ema: 0.9,
  validateEvery: 1e9,
  saveEvery: 1e9,
  resume: false,
  threads: 1,
  now: () => 0,
  ...part,
})

test('before its first step an adapter is the base: the same loss, to the last digits', async () => {
  const plain = createSftTask(config, sft, source(3, NEW_WORD), { threads: 1 })
  const task = adapted()
  const fresh = new Float32Array(task.table.size)
  // A alone is not zero at the start; B is, so whatever A holds does nothing.
  for (const span of task.table.spans)
    if (span.name.includes('lora_A')) fresh.fill(0.7, span.offset, span.offset + span.size)
  const [one, other] = [await task.validate!(fresh), await plain.validate!(flatWeights(config, weights))]
  for (const [name, value] of Object.entries(other!.metrics)) expect(one!.metrics[name]).toBeCloseTo(value, 5)
  await task.dispose()
  await plain.dispose()
})

test('16 steps are 8, a stop, and 8 more, to the last bit, dropout included', async () => {
  const run = async (loop: LoopOptions, stopAt = Infinity): Promise<void> => {
    const stop = new AbortController()
    const task = adapted()
    for await (const event of train(task, { ...loop, signal: stop.signal }))
      if (event.kind === 'step' && event.step === stopAt) stop.abort()
    await task.dispose()
  }
  await run(options('whole'))
  await run(options('parts'), 8)
  await run(options('parts', { resume: true }))
  const files = await Promise.all(['whole', 'parts'].map((name) => readFile(checkpointPath(join(root, name)))))
  expect(files[1]!.equals(files[0]!)).toBe(true)
})

test('it learns what the base cannot do', async () => {
  const task = adapted({ ...adapter, dropout: 0 })
  expect(task.table.size).toBeLessThan(2500)
  const before = await task.validate!(new Float32Array(task.table.size))
  let after = before!.metrics
  for await (const event of train(task, options('learns', { steps: 300, validateEvery: 300 })))
    if (event.kind === 'validation') after = event.metrics
  await task.dispose()
  expect(after['val_loss']!).toBeLessThan(0.35 * before!.metrics['val_loss']!)
})

test('settings of the adapter and its base are part of what a resume must match', () => {
  const base = (hash: string, settings = adapter): string =>
    createSftTask(config, sft, source(3, NEW_WORD), {
      adapter: { config: settings, weights: inlineWeights(weights), baseHash: hash },
    }).identity
  const identities = [
    base('abc'),
    base('abd'),
    base('abc', { ...adapter, rank: 5 }),
    createSftTask(config, sft, source(3, NEW_WORD)).identity,
  ]
  expect(new Set(identities).size).toBe(4)
})

test('a step with dropout draws from the random stream of the run', async () => {
  const task = adapted()
  const flat = Float32Array.from({ length: task.table.size }, (_, i) => Math.sin(i))
  const loss = async (seed: string): Promise<number> => {
    const random = restoreRandom(seededRandom(seed).state())
    const context = {
      weights: flat,
      gradient: new Float32Array(task.table.size),
      random,
      position: 0,
      step: 0,
      progress: 0,
    }
    return (await task.step(context)).metrics['loss']!
  }
  expect(await loss('a')).toBe(await loss('a'))
  await task.dispose()
})
