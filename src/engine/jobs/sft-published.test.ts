/** Training on imported checkpoints, an adapter or the whole: gradients, a run from the data to an edit, and what is refused. */
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { describeError } from '../../shared/errors.ts'
import type { JobSpec, JobUpdate } from '../../shared/jobs.ts'
import { sftResultSchema, type TrainedResult } from '../../shared/training.ts'
import { importAll, importOptions, layOutPublished, type Published } from '../checkpoints/import-fixtures.ts'
import { openCheckpoint } from '../checkpoints/shards.ts'
import { relativeError } from '../checkpoints/testing.ts'
import { openTrunk } from '../checkpoints/trunk.ts'
import { seededRandom } from '../data/random.ts'
import { encodePng } from '../images.ts'
import { runJob } from '../jobs.ts'
import { adapterSchema } from '../model/adapter-config.ts'
import { openModel } from '../model/adapter-open.ts'
import type { ModelFolder } from '../model/folder.ts'
import { modelParameters } from '../model/forward.ts'
import { ownLength, resolveLayout } from '../model/layout.ts'
import { createEngine, guidesOf, prepareRun } from '../run.ts'
import { buildBatch, layOutSample, type TokenSample } from '../train/batch.ts'
import { corruptionSchema } from '../train/corruption.ts'
import { createSftTask, sftSchema, type SampleSource } from '../train/sft.ts'
import { readMetrics } from '../train/metrics-log.ts'
import { createEngineCache } from './context.ts'
import { refuseStored } from './sft-prepare.ts'

const kinds: readonly Published[] = ['a', 'm', 'half']
let root: string
const folders = new Map<Published, { directory: string; vq: string }>()
const at = (name: string): string => join(root, name)
const engines = createEngineCache()
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'tandem-published-'))
  for (const which of kinds) {
    const laidOut = await layOutPublished(which, root)
    folders.set(which, laidOut)
    await importAll(importOptions(which, laidOut, at(which)))
    await writeSet(at(`set-${which}`), which === 'm' ? 8 : 16)
  }
})
afterAll(async () => {
  await engines.dispose()
  await rm(root, { recursive: true })
})

/** Edits that make a picture dark, with instructions of several lengths; the last two validate. */
async function writeSet(folder: string, size: number): Promise<void> {
  await mkdir(folder, { recursive: true })
  const rows: string[] = []
  for (let i = 0; i < 8; i++) {
    const random = seededRandom('published', i)
    const input = Uint8Array.from({ length: size * size * 3 }, () => random.int(256))
    await writeFile(join(folder, `${i}-in.png`), await encodePng(input, size, size))
    await writeFile(
      join(folder, `${i}-out.png`),
      await encodePng(
        input.map((v) => v >> 2),
        size,
        size,
      ),
    )
    rows.push(
      JSON.stringify({
        id: `row-${i}`,
        input_image: `${i}-in.png`,
        output_image: `${i}-out.png`,
        instruction: ['make it night', 'make it night, all of it', 'move the cup'][i % 3],
        reasoning: 'it is dark',
        split: i < 6 ? 'train' : 'val',
      }),
    )
  }
  await writeFile(join(folder, 'data.jsonl'), rows.join('\n') + '\n')
}

const spec = (model: string, out: string, part: Record<string, unknown> = {}, resume = false): JobSpec => ({
  kind: 'sft',
  config: {
    seed: 5,
    model: at(model),
    data: { kind: 'folder', path: at(`set-${model}`) },
    adapter: { rank: 4, dropout: 0.1 },
    sft: { batch: 2, validationSamples: 4, imageOnlyShare: 0.25 },
    steps: 6,
    optimiser: {},
    schedule: { peak: 0.01, warmup: 2, decayFrom: 0.8, floor: 0.1 },
    clip: 1,
    ema: 0.5,
    validateEvery: 3,
    previews: { every: 6, count: 1, steps: 3 },
    ...part,
  },
  out: at(out),
  resume,
})

async function run(of: JobSpec, stop = new AbortController(), stopAt = Infinity): Promise<TrainedResult | null> {
  let result: unknown = null
  const context = { signal: stop.signal, engine: (directory: string) => engines.engine(directory) }
  const look = (update: JobUpdate): void => {
    if (update.type === 'result') result = update.result
    if (update.type === 'row' && update.row.kind === 'train' && update.row.step === stopAt) stop.abort()
  }
  for await (const update of runJob(of, context)) look(update)
  if (result === null) return null
  const parsed = sftResultSchema.parse(result)
  if ('preflight' in parsed) throw new Error('a pre-flight was not asked for')
  return parsed
}

/** What is told of a model. */
async function informed(path: string): Promise<unknown> {
  const context = { signal: new AbortController().signal, engine: (directory: string) => engines.engine(directory) }
  for await (const update of runJob({ kind: 'model', work: { do: 'info', path } }, context))
    if (update.type === 'result') return update.result
  return null
}

const refusal = (what: Promise<unknown>): Promise<string> =>
  what.then(
    () => 'accepted',
    (error: unknown) => describeError(error),
  )

/** Samples of random tokens whose instructions differ in length. */
function samplesOf({ config }: ModelFolder): SampleSource {
  const { grid, codebookSize } = config.image
  const sample = (index: number): TokenSample => {
    const random = seededRandom('sample', index)
    const codes = (): Int32Array => Int32Array.from({ length: grid * grid }, () => random.int(codebookSize))
    const words = (count: number): Int32Array => Int32Array.from({ length: count }, () => 10 + random.int(40))
    return { inputImage: codes(), outputImage: codes(), instruction: words(2 + (index % 3)), outputText: words(5) }
  }
  return { identity: 'random', train: sample, validation: sample }
}

describe.each(kinds)('an adapter on the checkpoint %s', (which) => {
  test('has the loss and the gradients it has on the same weights in single precision', async () => {
    const model = await openModel(at(which))
    const checkpoint = await openCheckpoint(folders.get(which)!.directory)
    const trunk = await openTrunk(checkpoint)
    const floats = new Map<string, Uint8Array>()
    const sft = sftSchema.parse({ batch: 2, generateShare: 0, imageOnlyShare: 0 })
    const config = adapterSchema.parse({ rank: 2 })
    for (const { name } of modelParameters(model.config)) {
      const data = await checkpoint.floats(trunk.stored(name))
      floats.set(name, new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    }
    const held = {
      config,
      baseHash: '',
      weights: (name: string) => ({ kind: 'inline', bytes: floats.get(name)! }) as const,
    }
    const [loss, gradient] = await stepOf(model, { ...held, weights: model.weights, stored: model.stored! })
    const [expectedLoss, expected] = await stepOf(model, held)
    expect(loss).toBeCloseTo(expectedLoss, 4)
    expect(relativeError(gradient, expected)).toBeLessThan(1e-4)
    expect(expected.some((v) => v !== 0)).toBe(true)
    await model.image.dispose()

    async function stepOf(
      { config: sizes }: ModelFolder,
      adapter: NonNullable<NonNullable<Parameters<typeof createSftTask>[3]>['adapter']>,
    ): Promise<[number, Float32Array]> {
      const task = createSftTask(sizes, sft, samplesOf(model), { threads: 1, adapter })
      const weights = Float32Array.from({ length: task.table.size }, (_, i) => Math.sin(i) / 20)
      const gradient = new Float32Array(task.table.size)
      const random = seededRandom('step')
      const { metrics } = await task.step({ weights, gradient, random, position: 0, step: 0, progress: 0 })
      await task.dispose()
      return [metrics['loss']!, gradient]
    }
  })

  test('is trained on a data set, previewed, exported and put to use; stopped and resumed it ends the same', async () => {
    const whole = (await run(spec(which, `run-${which}`)))!
    expect(whole).toMatchObject({ reason: 'done', steps: 6 })
    const rows = await Array.fromAsync(readMetrics(join(at(`run-${which}`), 'metrics.jsonl')))
    expect(rows.filter(({ kind }) => kind === 'preview').map(({ step }) => step)).toEqual([0, 6])
    const adapted = await openModel(whole.model!)
    expect(adapted.adapters).toHaveLength(1)
    await adapted.image.dispose()
    expect(await informed(whole.model!)).toMatchObject({ kind: 'adapter', adapter: { base: { path: at(which) } } })
    const tensors = await readFile(join(whole.model!, 'adapter_model.safetensors'))
    expect(await run(spec(which, `cut-${which}`), new AbortController(), 3)).toBeNull()
    const ended = (await run(spec(which, `cut-${which}`, {}, true)))!
    expect((await readFile(join(ended.model!, 'adapter_model.safetensors'))).equals(tensors)).toBe(true)
  })
})

describe.each(kinds)('the whole of the checkpoint %s', (which) => {
  const whole = { adapter: undefined, schedule: { peak: 0.002, warmup: 2, decayFrom: 0.8, floor: 0.1 } }
  const weightsOf = (model: string): Promise<Buffer> => readFile(join(model, 'weights', 'model.safetensors'))

  test('starts from its weights as they are', async () => {
    const still = { ...whole, schedule: { ...whole.schedule, peak: 1e-12 }, steps: 1, ema: 0 }
    const ended = (await run(spec(which, `still-${which}`, still)))!
    const [before, after] = [
      await openCheckpoint(folders.get(which)!.directory),
      await openCheckpoint(join(ended.model!, 'weights')),
    ]
    const trunk = await openTrunk(before)
    for (const { name } of modelParameters(trunk.config)) {
      const [was, is] = [await before.floats(trunk.stored(name)), await after.floats(trunk.stored(name))]
      expect(relativeError(is, was)).toBeLessThan(1e-5)
    }
  })

  test('is trained, previewed and exported as an import; stopped and resumed it ends the same', async () => {
    const ended = (await run(spec(which, `whole-${which}`, whole)))!
    expect(ended).toMatchObject({ reason: 'done', steps: 6 })
    const rows = await Array.fromAsync(readMetrics(join(at(`whole-${which}`), 'metrics.jsonl')))
    expect(rows.filter(({ kind }) => kind === 'preview').map(({ step }) => step)).toEqual([0, 6])
    expect(await run(spec(which, `halved-${which}`, whole), new AbortController(), 3)).toBeNull()
    const resumed = (await run(spec(which, `halved-${which}`, whole, true)))!
    expect((await weightsOf(resumed.model!)).equals(await weightsOf(ended.model!))).toBe(true)
  })

  test('what came out is another model, opens where it is taken, and is trained again', async () => {
    const made = join(at(`whole-${which}`), 'model')
    await cp(made, at(`taken-${which}`), { recursive: true })
    await rename(made, `${made}-away`)
    const [taken, base] = [await openModel(at(`taken-${which}`)), await openModel(at(which))]
    expect(taken.hash).not.toBe(base.hash)
    expect(taken.parameters).toBe(base.parameters)
    const place = JSON.parse(await readFile(join(at(`taken-${which}`), 'checkpoint.json'), 'utf8')) as {
      files: { path: string }[]
      weights: string
    }
    expect(place.weights).toBe('weights')
    expect(await informed(at(`taken-${which}`))).toMatchObject({
      kind: 'model',
      name: `tiny-${which}-sft`,
      imported: { precision: 'f32' },
      lineage: { how: 'sft', from: [{ name: `tiny-${which}` }] },
    })
    const { directory, vq } = folders.get(which)!
    expect(place.files.filter(({ path }) => path.startsWith(directory) && !path.startsWith(vq))).toEqual([])
    const engine = createEngine(taken, 'cpu', 1)
    const codes = Int32Array.from({ length: taken.config.image.grid ** 2 }, (_, i) => i)
    const asked = {
      instruction: 'make it night',
      input: null,
      inputCodes: codes,
      mode: 'parallel',
      steps: 2,
      seed: 1,
    } as const
    const header = await prepareRun(engine, {
      ...asked,
      guidance: { text: 0, image: 0 },
      temperatures: { text: 0, image: 0 },
    })
    expect(header.model.hash).toBe(taken.hash)
    await engine.dispose()
    await base.image.dispose()
    const data = { kind: 'folder', path: at(`set-${which}`) }
    const again = await run(spec(`taken-${which}`, `again-${which}`, { ...whole, data, steps: 1, previews: undefined }))
    expect(again).toMatchObject({ reason: 'done', steps: 1 })
  })
})

test('the whole of a checkpoint learns too', async () => {
  const part = { adapter: undefined, steps: 60, validateEvery: 60, previews: undefined }
  await run(spec('a', 'learns-whole', part))
  const losses: number[] = []
  for await (const row of readMetrics(join(at('learns-whole'), 'metrics.jsonl')))
    if (row.kind === 'validation') losses.push(row.text!)
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!)
})

test('it learns what the checkpoint cannot do', async () => {
  const part = { steps: 60, validateEvery: 60, previews: undefined, adapter: { rank: 8 } }
  await run(spec('a', 'learns', part))
  const losses: number[] = []
  for await (const row of readMetrics(join(at('learns'), 'metrics.jsonl')))
    if (row.kind === 'validation') losses.push(row.text!)
  expect(losses.at(-1)!).toBeLessThan(0.7 * losses[0]!)
})

test.each(kinds)(
  '%s is trained on the sequences it is run with, and without conditions as guidance leaves them out',
  async (which) => {
    const model = await openModel(at(which))
    const { config } = model
    const engine = createEngine(model, 'cpu', 1)
    const codes = Int32Array.from({ length: config.image.grid ** 2 }, (_, i) => i)
    const instruction = 'Make it night'
    const sample = {
      inputImage: codes,
      outputImage: codes,
      instruction: model.text.encode(instruction),
      outputText: Int32Array.of(),
    }
    const layout = resolveLayout(config, 'edit', ownLength(config, 'edit', sample.instruction))
    const header = await prepareRun(engine, {
      instruction,
      input: null,
      inputCodes: codes,
      mode: 'parallel',
      steps: 2,
      seed: 1,
      guidance: { text: 0, image: 0 },
      temperatures: { text: 0, image: 0 },
    })
    const condition = (sequence: ArrayLike<number>): number[] => Array.from(sequence).slice(0, layout.outputStart)
    expect(condition(layOutSample(config, layout, sample))).toEqual(condition(header.tokens))
    const dropped = corruptionSchema.parse({ dropText: 1, dropImage: 1 })
    const { feeds } = buildBatch(config, layout, [sample], dropped, seededRandom('dropped'))
    const guides = guidesOf(config, header)
    const without =
      typeof guides === 'function'
        ? guides(Int32Array.from(header.tokens))
        : guides.image(guides.text(Int32Array.from(header.tokens)))
    expect(condition(Array.from(feeds['tokens']!.data, Number))).toEqual(condition(without))
    await engine.dispose()
  },
)

describe('is refused before the data are read', () => {
  const nowhere = { data: { kind: 'folder', path: '/nowhere' } }
  test('a whole model that no memory holds, with what can be done instead', () => {
    const refuse = (): void =>
      refuseStored({ fromScratch: false }, { name: 'Parallel', parameters: 1e13 }, { quantised: false })
    expect(refuse).toThrow(/All of Parallel in training takes more than [\d,. ]+ [GT]B of memory, and .* can be had/)
  })
  test('a whole model with adapters on it, or of other sizes', async () => {
    const on = { name: 'Parallel', parameters: 10, adapters: [{ name: 'dark', hash: '', weight: 1 }] }
    expect(() => refuseStored({ fromScratch: false }, on, { quantised: false })).toThrow(/Parallel has adapters on it/)
    const scratch = { ...nowhere, adapter: undefined, fromScratch: true }
    expect(await refusal(run(spec('a', 'never', scratch)))).toMatch(/trained from its own weights, in its own sizes/)
  })
  test('words along with an adapter', async () => {
    const said = await refusal(run(spec('a', 'never', { ...nowhere, adapter: { rank: 2, words: ['cup'] } })))
    expect(said).toMatch(/no words can be trained along/)
  })
  test('quantised weights', async () => {
    await importAll({ ...importOptions('a', folders.get('a')!, at('int4')), precision: 'int4' })
    expect(await refusal(run(spec('int4', 'never', nowhere)))).toMatch(
      /imported with quantised weights, through which nothing can be trained/,
    )
    expect(await readdir(root)).not.toContain('never')
  })
})
