/** An input that does not attend to the output: its keys and values, computed once, change no token and no probability. */
import fc from 'fast-check'
import { afterAll, describe, expect, test } from 'vitest'
import { presets, type Acceleration } from '../../shared/acceleration.ts'
import { taskNames, type ModelConfig, type Task } from '../../shared/model-config.ts'
import type {
  DecodingMode,
  Trajectory,
  TrajectoryEvent,
  TrajectoryHeader,
  TrajectoryStep,
} from '../../shared/trajectory.ts'
import { seededRandom } from '../data/random.ts'
import { plainOf, worstError } from '../graph/testing.ts'
import { createSession, type Tensor } from '../runtime/session.ts'
import { denoise, type Guides, type Unconditional } from '../sampler/denoise.ts'
import { runHeader } from '../sampler/testing.ts'
import { buildInferGraph, type InferGraphOptions, type Passes } from './infer-graph.ts'
import { positionsFeed, restOf, toldRows } from './kept-rows.ts'
import { findField, isOutputField, requireField, resolveLayout } from './layout.ts'
import { createPredictor, type ModelPredictor } from './predictor.ts'
import { allOptions, inlineWeights, noOptions, randomSequence, randomWeights } from './testing.ts'
import { tinyConfig, tokenFeed, trainLogits } from './testing.ts'

const made: ModelPredictor[] = []
afterAll(() => Promise.all(made.map((predictor) => predictor.dispose())))

const own = { inputAttends: 'input' } as const
const config = tinyConfig({ ...allOptions, ...own }, { layers: 3 })
const weights = randomWeights(config)

function open(task: Task, keepInput = true): ModelPredictor {
  const model = { config, weights: inlineWeights(weights) }
  const predictor = createPredictor(model, task, { threads: 1, keepInput })
  made.push(predictor)
  return predictor
}
/** The same model twice for each task: with its cache, and computing everything at every step. */
const pairs = Object.fromEntries(taskNames.map((task) => [task, [open(task), open(task, false)]])) as Record<
  Task,
  [ModelPredictor, ModelPredictor]
>

async function runGraph(
  config: ModelConfig,
  task: Task,
  passes: Passes,
  options: InferGraphOptions,
  feeds: Record<string, Tensor>,
): Promise<Readonly<Record<string, Tensor>>> {
  const { model } = buildInferGraph(config, task, passes, inlineWeights(randomWeights(config)), options)
  const session = await createSession(model, { threads: 1 })
  const results = await session.run(feeds)
  await session.dispose()
  return results
}

describe.each([
  ['nothing else', { ...noOptions, ...own }],
  ['every option', { ...allOptions, ...own }],
])('with %s', (_, options) => {
  const config = tinyConfig(options)

  test.each(taskNames.flatMap((task) => ([0, -1] as const).map((scale) => [task, scale] as const)))(
    '%s, guidance %d: logits beside a known input are those of the training graph, for each sequence its own',
    async (task, scale) => {
      const layout = resolveLayout(config, task)
      const { outputStart: input, length } = layout
      const sequences = [1, 2].map((seed) => randomSequence(config, task, seed))
      // Another output stood there when keys and values were computed.
      const before = sequences.map((sequence, i) => {
        const other = randomSequence(config, task, 10 + i)
        return sequence.map((token, p) => (p < input ? token : other[p]!))
      })
      const told = toldRows(await runGraph(config, task, 2, { cache: 'input' }, { tokens: tokenFeed(before) }))
      expect(told['keys:0']!.dims).toEqual([2, input, config.dModel])
      const computed = restOf(length, [...Array(input).keys()])
      const feeds: Record<string, Tensor> = { tokens: tokenFeed(sequences), ...told, computed: positionsFeed(computed) }
      const outputs = layout.fields.filter(({ name }) => isOutputField(name))
      for (const { modality, start, length: n } of outputs) {
        feeds[`rows:${modality}`] = positionsFeed(Array.from({ length: n }, (_, i) => start + i - input))
        feeds[`uniform:${modality}`] = { data: new Float32Array(n), dims: [n, 1] }
        feeds[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
        feeds[`guidance:${modality}`] = { data: Float32Array.of(scale), dims: [] }
      }
      const found = await runGraph(config, task, 2, { cache: 'use', logits: true }, feeds)
      // At scale -1 what is left is the second sequence.
      const expected = await trainLogits(config, task, randomWeights(config), [sequences[scale === 0 ? 0 : 1]!])
      for (const { name, modality } of outputs)
        expect(worstError(plainOf(found[`logits:${modality}`]!), expected[name]!)).toBeLessThan(1e-5)
    },
  )
})

const modeTasks: Record<DecodingMode, readonly Task[]> = {
  parallel: ['edit', 'generate'],
  sequential: ['edit', 'generate'],
  'semi-parallel': ['edit', 'generate'],
  'image-only': ['editImageOnly', 'generateImageOnly'],
}

/** A run of the tiny model over a random input, some of its output given and pinned. */
function header(
  mode: DecodingMode,
  task: Task,
  seed: number,
  part: NonNullable<Parameters<typeof runHeader>[1]> = {},
): TrajectoryHeader {
  const layout = resolveLayout(config, task)
  const random = seededRandom('given', seed)
  const tokens = randomSequence(config, task, seed)
  const pinned: number[] = []
  for (const { name, start, length } of layout.fields)
    for (let p = start; isOutputField(name) && p < start + length; p++)
      if (tokens[p] === config.special.mask || random.next() < 0.9) tokens[p] = config.special.mask
      else pinned.push(p)
  return {
    ...runHeader(mode, { steps: 6, ...part }),
    seed,
    task,
    tokens: [...tokens],
    pinned,
    length: layout.length,
    maskId: config.special.mask,
    fields: layout.fields.map((field) => ({ ...field })),
    image: { grid: config.image.grid, offset: config.image.offset, codebookSize: config.image.codebookSize },
  }
}

const hide =
  (task: Task, name: 'instruction' | 'inputImage'): Unconditional =>
  (sequence) => {
    const field = findField(resolveLayout(config, task), name)
    if (!field) return sequence
    return sequence.slice().fill(config.special.mask, field.start, field.start + field.length)
  }
const joint = (task: Task): Guides => hide(task, 'instruction')
const split = (task: Task): Guides => ({ text: hide(task, 'instruction'), image: hide(task, 'inputImage') })

async function stepsOf(
  predictor: ModelPredictor,
  known: Trajectory,
  unconditional: Guides = joint(known.header.task),
): Promise<TrajectoryStep[]> {
  const steps: TrajectoryStep[] = []
  for await (const step of denoise(known, { predictor, unconditional })) steps.push(step)
  return steps
}
const fresh = (header: TrajectoryHeader): Trajectory => ({ header, steps: [], events: [] })

/** The same tokens at the same places, as sure of each up to rounding. */
function expectSame(found: readonly TrajectoryStep[], expected: readonly TrajectoryStep[]): void {
  const decided = (steps: readonly TrajectoryStep[]): unknown =>
    steps.map(({ step, commits, forwards }) => [step, commits.positions, commits.tokens, forwards])
  expect(decided(found)).toEqual(decided(expected))
  found.forEach(({ commits }, i) =>
    commits.confidence.forEach((p, k) => expect(p).toBeCloseTo(expected[i]!.commits.confidence[k]!, 5)),
  )
}

const anyRun = fc
  .record({
    mode: fc.constantFrom(...(Object.keys(modeTasks) as DecodingMode[])),
    which: fc.constantFrom(0, 1),
    seed: fc.nat(10_000),
    steps: fc.integer({ min: 2, max: 8 }),
    imageSteps: fc.integer({ min: 1, max: 8 }),
    guidance: fc.record({ text: fc.constantFrom(0, 1.5), image: fc.constantFrom(0, 2) }),
    temperatures: fc.constantFrom({ text: 0, image: 0 }, { text: 0.7, image: 1 }),
    guides: fc.constantFrom(joint, split),
    cut: fc.nat(7),
    edits: fc.array(fc.record({ remask: fc.boolean(), at: fc.nat(100) }), { maxLength: 4 }),
  })
  .map(({ mode, which, seed, guides, cut, edits, ...part }) => {
    const task = modeTasks[mode][which]!
    return { own: header(mode, task, seed, part), task, guides: guides(task), cut: cut % part.steps, edits }
  })

test('any run decides what it decides without the cache, also from any step on and after edits', async () => {
  await fc.assert(
    fc.asyncProperty(anyRun, async ({ own, task, guides, cut, edits }) => {
      const [kept, plain] = pairs[task]
      const whole = await stepsOf(plain, fresh(own), guides)
      expectSame(await stepsOf(kept, fresh(own), guides), whole)
      const image = requireField(resolveLayout(config, task), 'outputImage')
      const events = edits.map(({ remask, at }): TrajectoryEvent => {
        const where = { step: cut + 1, position: image.start + (at % image.length) }
        return remask ? { kind: 'remask', ...where } : { kind: 'replace', ...where, token: config.image.offset + 3 }
      })
      const known = { header: own, steps: whole.slice(0, cut), events }
      expectSame(await stepsOf(kept, known, guides), await stepsOf(plain, known, guides))
    }),
    { numRuns: 40, seed: 7 },
  )
  for (const [kept, plain] of Object.values(pairs)) {
    expect(kept.rows.known).toBeGreaterThan(0)
    expect(plain.rows.known).toBe(0)
  }
})

const guided = { guidance: { text: 0, image: 2 }, temperatures: { text: 0.7, image: 1 } }

test('an input that was seen before, or a run that goes on elsewhere, makes no difference to the last bit', async () => {
  const own = header('parallel', 'edit', 3, guided)
  const predictor = open('edit')
  const first = await stepsOf(predictor, fresh(own))
  expect(await stepsOf(predictor, fresh(own))).toEqual(first)
  for (const k of [1, 3, 5])
    expect(await stepsOf(open('edit'), { header: own, steps: first.slice(0, k), events: [] })).toEqual(first.slice(k))
})

test('a run computes its input once, the rest of the sequence at every step', async () => {
  const { length, outputStart: input } = resolveLayout(config, 'edit')
  const predictor = open('edit')
  await stepsOf(predictor, fresh(header('parallel', 'edit', 4)))
  expect(predictor.rows).toEqual({ computed: input + 6 * (length - input), known: 6 * input })
  // The same picture and instruction with another seed: nothing of the input is computed again.
  await stepsOf(predictor, fresh({ ...header('parallel', 'edit', 4), seed: 5 }))
  expect(predictor.rows).toEqual({ computed: input + 12 * (length - input), known: 12 * input })
  await stepsOf(predictor, fresh(header('parallel', 'edit', 6)))
  expect(predictor.rows).toEqual({ computed: 2 * input + 18 * (length - input), known: 18 * input })
})

test('another picture or instruction is another input: nothing of the last ones is used', async () => {
  const [kept, plain] = [open('edit'), open('edit', false)]
  for (const seed of [1, 2, 3, 1, 2]) {
    const own = header('parallel', 'edit', seed, guided)
    expectSame(await stepsOf(kept, fresh(own)), await stepsOf(plain, fresh(own)))
  }
})

describe('accelerated', () => {
  const off: Acceleration = { refresh: 1, keep: 'input', sure: { text: null, image: null }, imageOrder: 'confidence' }

  test('keeping the input for any number of forwards is the exact run', async () => {
    const own = header('parallel', 'edit', 8, guided)
    const exact = await stepsOf(open('edit'), fresh(own))
    for (const refresh of [2, 5])
      expect(await stepsOf(open('edit'), fresh({ ...own, acceleration: { ...off, refresh } }))).toEqual(exact)
  })

  test.each(['parallel', 'semi-parallel'] as const)(
    '%s: decided rows are kept as without the input’s cache, and of the input none is computed again',
    async (mode) => {
      const computed = { kept: 0, plain: 0 }
      const soon = { ...off, refresh: 3, keep: 'waiting', soon: { times: 1, least: 2 } } as const
      for (const acceleration of [{ ...off, refresh: 3, keep: 'decided' } as const, presets.fast.acceleration, soon])
        for (const seed of [1, 2, 3]) {
          const own = { ...header(mode, 'edit', seed, { steps: 9, ...guided }), acceleration }
          const [kept, plain] = [open('edit'), open('edit', false)]
          const expected = await stepsOf(plain, fresh(own))
          expectSame(await stepsOf(kept, fresh(own)), expected)
          computed.kept += kept.rows.computed
          computed.plain += plain.rows.computed
          const half = { header: own, steps: expected.slice(0, 4), events: [] }
          expectSame(await stepsOf(kept, half), expected.slice(4))
        }
      expect(computed.kept).toBeLessThan(computed.plain)
    },
  )
})
