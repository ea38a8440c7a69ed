/** Supervised fine-tuning of a small model on an invented task: its loss and gradient, exact resume, and that it learns. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import { restoreRandom, seededRandom, type Random } from '../data/random.ts'
import { modelParameters } from '../model/forward.ts'
import { layOutParameters } from '../model/parameters.ts'
import { resolveLayout } from '../model/layout.ts'
import { referenceLogits } from '../model/reference-fixtures.ts'
import { allOptions, flatWeights, randomWeights, tinyConfig } from '../model/testing.ts'
import { vocabularyOf } from '../model/train-graph.ts'
import { buildBatch, type TokenSample } from './batch.ts'
import { corruptionSchema } from './corruption.ts'
import { checkpointPath, train, type LoopOptions, type StepOutcome, type TrainTask } from './loop.ts'
import { noiseBin } from './losses.ts'
import { createSftTask, sftSchema, type SampleSource } from './sft.ts'

const config: ModelConfig = tinyConfig(allOptions)
const table = layOutParameters(modelParameters(config))

/** The instruction names a shift; every code moves by it, and the text names the first code drawn. */
const source: SampleSource = {
  identity: 'shift',
  train: (index, edit) => shifted(seededRandom('train', index), edit),
  validation: (index, edit) => shifted(seededRandom('validation', index), edit),
}
function shifted(random: Random, edit: boolean): TokenSample {
  const shift = random.int(3)
  const inputImage = edit ? Int32Array.from({ length: 4 }, () => random.int(8)) : null
  const outputImage = inputImage ? inputImage.map((code) => (code + shift) % 8) : new Int32Array(4).fill(shift)
  return {
    inputImage,
    outputImage,
    instruction: Int32Array.of(10 + shift),
    outputText: Int32Array.of(12 + outputImage[0]!, 11),
  }
}
const sft = sftSchema.parse({
  batch: 4,
  generateShare: 0.25,
  imageOnlyShare: 0.25,
  validationSamples: 8,
  corruption: { changedCellWeight: 2 },
})

const oneStep = async (
  task: TrainTask,
  weights: Float32Array,
  state: string,
): Promise<{ outcome: StepOutcome; gradient: Float32Array }> => {
  const gradient = new Float32Array(table.size).fill(NaN) // every number must be overwritten
  const outcome = await task.step({
    weights,
    gradient,
    random: restoreRandom(state),
    position: 40,
    step: 0,
    progress: 0,
  })
  return { outcome, gradient }
}

describe.each<[Task, Partial<typeof sft>]>([
  ['edit', { generateShare: 0, imageOnlyShare: 0 }],
  ['generate', { generateShare: 1, imageOnlyShare: 0 }],
  ['editImageOnly', { generateShare: 0, imageOnlyShare: 1 }],
  ['generateImageOnly', { generateShare: 1, imageOnlyShare: 1 }],
])('a step of %s', (name, shares) => {
  const task = createSftTask(config, { ...sft, ...shares }, source, { threads: 1 })
  afterAll(() => task.dispose())
  const weights = randomWeights(config)
  const flat = flatWeights(config, weights)
  const state = seededRandom('step', name).state()

  test('reports the loss of the paper: sum of w(t) x cross-entropy over masked positions, as a mean over output positions', async () => {
    const { outcome } = await oneStep(task, flat, state)
    const random = restoreRandom(state)
    random.next() // edit or generation
    random.next() // with or without text
    const edit = !name.startsWith('generate')
    const samples = Array.from({ length: 4 }, (_, i) => source.train(40 + i, edit, 0))
    const layout = resolveLayout(config, name)
    const batch = buildBatch(config, layout, samples, sft.corruption, random)
    const tokens = Array.from(batch.feeds['tokens']!.data as BigInt64Array, Number)
    let [loss, positions] = [0, 0]
    for (const field of layout.fields.filter((f) => f.name in batch.weights)) {
      const { offset, size } = vocabularyOf(config, field.modality)
      const targets = batch.feeds[`target:${field.name}`]!.data
      let [plain, masked] = [0, 0]
      for (let b = 0; b < 4; b++) {
        const logits = referenceLogits(config, name, weights, tokens.slice(b * layout.length, (b + 1) * layout.length))
        for (let i = 0; i < field.length; i++) {
          const row = logits[field.start + i]!.slice(offset, offset + size)
          const entropy =
            Math.log(row.reduce((sum, v) => sum + Math.exp(v), 0)) - row[Number(targets[b * field.length + i])]!
          const at = b * field.length + i
          loss += batch.weights[field.name]![at]! * entropy
          if (batch.masked[field.name]![at]) [plain, masked] = [plain + entropy, masked + 1]
        }
      }
      positions += 4 * field.length
      expect(outcome.metrics[field.modality === 'text' ? 'text_ce' : 'image_ce']).toBeCloseTo(plain / masked, 4)
    }
    expect(outcome.metrics['loss']).toBeCloseTo(loss / positions, 4)
    expect(outcome).toMatchObject({ samples: 4, position: 44 })
  })

  test('returns the gradient of that very loss, zero where a layout does not use a parameter', async () => {
    const { gradient } = await oneStep(task, flat, state)
    expect(gradient.every(Number.isFinite)).toBe(true)
    const random = seededRandom('direction')
    for (let run = 0; run < 3; run++) {
      const direction = Float64Array.from(flat, () => random.normal())
      const shifted = (by: number): Float32Array => flat.map((w, i) => w + by * direction[i]!)
      const at = async (by: number): Promise<number> =>
        (await oneStep(task, shifted(by), state)).outcome.metrics['loss']!
      const difference = ((await at(1e-3)) - (await at(-1e-3))) / 2e-3
      const product = gradient.reduce((sum, g, i) => sum + g * direction[i]!, 0)
      expect(Math.abs(difference - product)).toBeLessThan(5e-3 * Math.sqrt(gradient.reduce((sum, g) => sum + g * g, 0)))
    }
    const fuse = table.spans.find((span) => span.name.includes('fuse'))!
    const used = gradient.subarray(fuse.offset, fuse.offset + fuse.size).some((g) => g !== 0)
    expect(used).toBe(!name.startsWith('generate'))
  })
})

test.each([2, 4, 8])(
  'a batch computed in %i passes has the gradient, loss and random stream of the whole batch',
  async (accumulate) => {
    const settings = { ...sft, batch: 8 }
    const [whole, parts] = [settings, { ...settings, accumulate }].map((part) =>
      createSftTask(config, part, source, { threads: 1 }),
    )
    const flat = flatWeights(config, randomWeights(config))
    for (const seed of ['a', 'b', 'c']) {
      const [one, other] = [seededRandom(seed).state(), seededRandom(seed).state()].map((state) => restoreRandom(state))
      const [big, sum] = [new Float32Array(table.size).fill(NaN), new Float32Array(table.size).fill(NaN)]
      const at = { weights: flat, position: 16, step: 0, progress: 0 }
      const expected = await whole!.step({ ...at, gradient: big, random: one! })
      const found = await parts!.step({ ...at, gradient: sum, random: other! })
      expect(other!.state()).toBe(one!.state())
      expect(found).toMatchObject({ samples: 8, position: 24 })
      const norm = Math.hypot(...big)
      const apart = Math.hypot(...big.map((g, i) => g - sum[i]!))
      expect(apart / norm).toBeLessThan(1e-6)
      for (const [name, value] of Object.entries(expected.metrics)) expect(found.metrics[name]).toBeCloseTo(value, 5)
      expect(found.byNoise!.text.positions).toEqual(expected.byNoise!.text.positions)
    }
    // In how many passes may change in the middle of a run.
    expect(parts!.identity).toBe(whole!.identity)
    const [one, other] = [await whole!.validate!(flat), await parts!.validate!(flat)]
    expect(other!.metrics['val_loss']).toBeCloseTo(one!.metrics['val_loss']!, 5)
    for (const task of [whole, parts]) await task!.dispose()
  },
)

test('passes that do not divide the batch are refused', () => {
  expect(() => createSftTask(config, { ...sft, accumulate: 3 }, source)).toThrow('in 3 equal passes')
})

test('the loss by noise level adds up to the loss, and every masked position stands in the bin of its sample', async () => {
  const task = createSftTask(config, sft, source, { threads: 1 })
  const { metrics, byNoise } = (await task.validate!(flatWeights(config, randomWeights(config))))!
  for (const modality of ['text', 'image'] as const) {
    const { loss, positions } = byNoise![modality]
    const n = positions.reduce((sum, count) => sum + count, 0)
    const mean = loss.reduce<number>((sum, value, bin) => sum + (value ?? 0) * positions[bin]!, 0) / n
    expect(mean).toBeCloseTo(metrics[`val_${modality}_ce`]!, 5)
    loss.forEach((value, bin) => expect(value === null).toBe(positions[bin] === 0))
  }
  // More of it is masked, so more positions are counted at high noise.
  const { positions } = byNoise!.image
  expect(positions[9]!).toBeGreaterThan(positions[0]!)
  await task.dispose()
})

test.each([
  [1e-9, 0],
  [0.1, 0],
  [0.1000001, 1],
  [0.95, 9],
  [1, 9],
  [0, 0],
])('a mask ratio of %d is in bin %i', (t, bin) => {
  expect(noiseBin(t)).toBe(bin)
})

test('validation is the same whenever it is asked, and covers every layout in use', async () => {
  const task = createSftTask(config, sft, source, { threads: 1 })
  const flat = flatWeights(config, randomWeights(config))
  const first = await task.validate!(flat)
  expect(Object.keys(first!.metrics).sort()).toEqual(['val_image_ce', 'val_loss', 'val_text_ce'])
  await oneStep(task, flat, seededRandom('x').state())
  expect(await task.validate!(flat)).toEqual(first)
  await task.dispose()
})

test('a change of the model, the settings or the data changes the identity', () => {
  const identities = [
    createSftTask(config, sft, source),
    createSftTask(tinyConfig(), sft, source),
    createSftTask(tinyConfig({ ...allOptions, inputAttends: 'input' }), sft, source),
    createSftTask(config, { ...sft, batch: 5 }, source),
    createSftTask(config, { ...sft, corruption: corruptionSchema.parse({ maxInverseT: 5 }) }, source),
    createSftTask(config, sft, { ...source, identity: 'other' }),
  ].map((task) => task.identity)
  expect(new Set(identities).size).toBe(identities.length)
  expect(createSftTask(config, sft, source).identity).toBe(identities[0])
})

describe('whole runs', () => {
  let root: string
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'tandem-sft-'))
  })
  afterAll(() => rm(root, { recursive: true }))

  const options = (name: string, part: Partial<LoopOptions> = {}): LoopOptions => ({
    directory: join(root, name),
    seed: 1,
    steps: 20,
    optimiser: { kind: 'muon', beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay: 0.01, momentum: 0.95 },
    schedule: { peak: 0.02, warmup: 5, decayFrom: 0.6, floor: 0.05 },
    clip: 1,
    ema: 0.95,
    validateEvery: 1e9,
    saveEvery: 1e9,
    resume: false,
    threads: 2,
    now: () => 0,
    ...part,
  })
  async function run(task: TrainTask, loop: LoopOptions, stopAt = Infinity): Promise<number[]> {
    const stop = new AbortController()
    const losses: number[] = []
    for await (const event of train(task, { ...loop, signal: stop.signal })) {
      if (event.kind !== 'step') continue
      losses.push(event.metrics['loss']!)
      if (event.step === stopAt) stop.abort()
    }
    await task.dispose()
    return losses
  }

  test.each(['muon', 'adamw'] as const)(
    'with %s on two threads: 20 steps are 10, a stop, and 10 more, to the last bit',
    async (kind) => {
      const optimiser = { ...options('').optimiser, kind }
      const make = (): TrainTask => createSftTask(config, sft, source, { threads: 2 })
      const whole = await run(make(), options(`${kind}-whole`, { optimiser }))
      const parts = [
        ...(await run(make(), options(`${kind}-parts`, { optimiser }), 10)),
        ...(await run(make(), options(`${kind}-parts`, { optimiser, resume: true }))),
      ]
      expect(parts).toEqual(whole)
      const files = await Promise.all(
        [`${kind}-whole`, `${kind}-parts`].map((name) => readFile(checkpointPath(join(root, name)))),
      )
      expect(files[1]!.equals(files[0]!)).toBe(true)
    },
  )

  test('learns: the loss on pictures and texts it has not seen falls far below that of the fresh model', async () => {
    const wide = tinyConfig(allOptions, { dModel: 32, mlpHidden: 48 })
    const plain = sftSchema.parse({
      batch: 16,
      generateShare: 0,
      imageOnlyShare: 0,
      validationSamples: 64,
      corruption: { dropText: 0, dropImage: 0 },
    })
    const task = createSftTask(wide, plain, source, { threads: 2 })
    const seen: Readonly<Record<string, number>>[] = []
    for await (const event of train(
      task,
      options('learns', {
        steps: 240,
        validateEvery: 120,
        schedule: { peak: 0.02, warmup: 10, decayFrom: 0.5, floor: 0.05 },
      }),
    )) {
      if (event.kind === 'validation') seen.push(event.metrics)
    }
    await task.dispose()
    const fresh = Math.log(8)
    expect(seen.at(-1)!['val_image_ce']!).toBeLessThan(0.5 * fresh)
    expect(seen.at(-1)!['val_text_ce']!).toBeLessThan(0.5 * Math.log(20))
    expect(seen.at(-1)!['val_loss']!).toBeLessThan(seen[0]!['val_loss']!)
  })
})
