/** The one forward: against a plain implementation of the paper's facts, and its two builds against each other. */
import { describe, expect, test } from 'vitest'
import { modelConfigSchema, taskNames, type ModelOptions, type Task } from '../../shared/model-config.ts'
import { make, plainOf, worstError, type Plain } from '../graph/testing.ts'
import { createSession } from '../runtime/session.ts'
import { modelParameters } from './forward.ts'
import { isOutputField, resolveLayout } from './layout.ts'
import { referenceLogits } from './reference-fixtures.ts'
import { buildReferenceGraph } from './reference-graph.ts'
import {
  allOptions,
  inferLogits,
  inlineWeights,
  noOptions,
  randomSequence,
  randomWeights,
  tinyConfig,
  tokenFeed,
  trainLogits,
} from './testing.ts'
import { vocabularyOf } from './train-graph.ts'

const variants: [what: string, options: ModelOptions][] = [
  ['the published architecture', noOptions],
  ['a tied head', { ...noOptions, tiedHead: true }],
  ['every option', allOptions],
  ['every option, untied', { ...allOptions, tiedHead: false }],
  ['grid embeddings alone', { ...noOptions, gridEmbeddings: true }],
  ['segment embeddings alone', { ...noOptions, segmentEmbeddings: true }],
  ['the fuse alone', { ...noOptions, fuse: true }],
  ['an input that does not attend to the output', { ...noOptions, inputAttends: 'input' }],
  ['every option, and an input that does not attend to the output', { ...allOptions, inputAttends: 'input' }],
]

/** The reference's rows of each output field, cut to the field's vocabulary, sequence by sequence. */
function expectedLogits(
  config: ReturnType<typeof tinyConfig>,
  task: Task,
  weights: ReturnType<typeof randomWeights>,
  sequences: readonly Int32Array[],
): Record<string, Plain> {
  const all = sequences.map((sequence) => referenceLogits(config, task, weights, sequence))
  const outputs = resolveLayout(config, task).fields.filter((field) => isOutputField(field.name))
  return Object.fromEntries(
    outputs.map(({ name, start, length, modality }) => {
      const { offset, size } = vocabularyOf(config, modality)
      return [
        name,
        make(
          [sequences.length * length, size],
          ([row, id]) => all[Math.floor(row! / length)]![start + (row! % length)]![offset + id!]!,
        ),
      ]
    }),
  )
}

function expectClose(actual: Record<string, Plain>, expected: Record<string, Plain>, tolerance: number): void {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort())
  for (const [name, logits] of Object.entries(expected))
    expect(worstError(actual[name]!, logits)).toBeLessThan(tolerance)
}

describe.each(variants)('with %s', (_, options) => {
  const config = tinyConfig(options)
  const weights = randomWeights(config)

  test.each(taskNames)(
    '%s: the graph equals the plain reference, each sequence of a batch on its own',
    async (task) => {
      const sequences = [1, 2, 3].map((seed) => randomSequence(config, task, seed))
      expectClose(
        await trainLogits(config, task, weights, sequences),
        expectedLogits(config, task, weights, sequences),
        2e-5,
      )
    },
  )

  test.each(taskNames)('%s: training and inference builds give equal logits', async (task) => {
    const sequence = randomSequence(config, task, 4)
    expectClose(
      await inferLogits(config, task, weights, sequence),
      await trainLogits(config, task, weights, [sequence]),
      1e-5,
    )
  })

  test('the forward that speed-ups are measured against gives every row its logits of every id', async () => {
    const tokens = randomSequence(config, 'edit', 5)
    const session = await createSession(buildReferenceGraph(config, 'edit', inlineWeights(weights)), { threads: 1 })
    const { logits } = await session.run({ tokens: tokenFeed([tokens]) })
    await session.dispose()
    const expected = referenceLogits(config, 'edit', weights, tokens)
    const shape = [tokens.length, config.vocabSize]
    expect(
      worstError(
        plainOf(logits!),
        make(shape, ([row, id]) => expected[row!]![id!]!),
      ),
    ).toBeLessThan(2e-5)
  })
})

test('a layout with text before the picture, and picture first, is the same model', async () => {
  const base = tinyConfig(allOptions)
  const [mask, soi, bos] = [base.special.mask, base.special.soi, base.special.bos]
  const config = modelConfigSchema.parse({
    ...base,
    layouts: {
      ...base.layouts,
      edit: [
        { kind: 'field', name: 'instruction', length: 3 },
        { kind: 'field', name: 'inputImage', length: 4 },
        { kind: 'control', tokens: [bos] },
        { kind: 'field', name: 'outputText', length: 3 },
        { kind: 'control', tokens: [soi, mask] },
        { kind: 'field', name: 'outputImage', length: 4 },
      ],
    },
  })
  const weights = randomWeights(config)
  const sequence = randomSequence(config, 'edit', 1)
  const expected = expectedLogits(config, 'edit', weights, [sequence])
  expectClose(await trainLogits(config, 'edit', weights, [sequence]), expected, 2e-5)
  expectClose(await inferLogits(config, 'edit', weights, sequence), expected, 2e-5)
})

test('one layer and one head: the block that serves only output rows is the first and the last', async () => {
  const config = tinyConfig(allOptions, { layers: 1, heads: 1 })
  const weights = randomWeights(config)
  const sequence = randomSequence(config, 'edit', 1)
  expectClose(
    await inferLogits(config, 'edit', weights, sequence),
    expectedLogits(config, 'edit', weights, [sequence]),
    2e-5,
  )
})

test('attention looks both ways: the first output row sees the last token', async () => {
  const config = tinyConfig()
  const weights = randomWeights(config)
  const sequence = randomSequence(config, 'edit', 1)
  const other = sequence.slice()
  other[other.length - 1] = (other[other.length - 1]! + 7) % config.textVocabSize
  const [a, b] = [
    await inferLogits(config, 'edit', weights, sequence),
    await inferLogits(config, 'edit', weights, other),
  ]
  const row = config.image.codebookSize
  expect(
    worstError(
      make([row], ([i]) => a['outputImage']!.data[i!]!),
      make([row], ([i]) => b['outputImage']!.data[i!]!),
    ),
  ).toBeGreaterThan(1e-3)
})

test('an input that does not attend to the output is the same whatever the output; the output still sees all of it', async () => {
  const config = tinyConfig({ ...allOptions, inputAttends: 'input' }, { layers: 3 })
  const weights = randomWeights(config)
  const { length, outputStart } = resolveLayout(config, 'edit')
  const rows = async (sequence: Int32Array): Promise<Plain[]> => {
    const session = await createSession(buildReferenceGraph(config, 'edit', inlineWeights(weights)), { threads: 1 })
    const { logits } = await session.run({ tokens: tokenFeed([sequence]) })
    await session.dispose()
    const { data } = plainOf(logits!)
    const part = (from: number, to: number): Plain => ({
      shape: [to - from, config.vocabSize],
      data: data.slice(from * config.vocabSize, to * config.vocabSize),
    })
    return [part(0, outputStart), part(outputStart, length)]
  }
  const sequence = randomSequence(config, 'edit', 1)
  const other = randomSequence(config, 'edit', 2)
  const [input, output] = await rows(sequence)
  const [sameInput] = await rows(sequence.map((token, p) => (p < outputStart ? token : other[p]!)))
  expect(worstError(sameInput!, input!)).toBeLessThan(1e-6)
  const [, otherOutput] = await rows(sequence.map((token, p) => (p === 1 ? other[p]! + 1 : token)))
  expect(worstError(otherOutput!, output!)).toBeGreaterThan(1e-3)
})

describe('the parameters', () => {
  test('carry LLaDA’s names, head and options only where the config has them', () => {
    const names = (options: ModelOptions): string[] => modelParameters(tinyConfig(options)).map((spec) => spec.name)
    const published = names(noOptions)
    expect(published.filter((name) => name.includes('blocks.1.'))).toEqual(
      ['attn_norm', 'q_proj', 'k_proj', 'v_proj', 'attn_out', 'ff_norm', 'ff_proj', 'up_proj', 'ff_out'].map(
        (part) => `model.transformer.blocks.1.${part}.weight`,
      ),
    )
    expect(published.slice(-3)).toEqual(['wte', 'ln_f', 'ff_out'].map((part) => `model.transformer.${part}.weight`))
    expect(names(allOptions).slice(-6)).toEqual([
      'model.transformer.wte.weight',
      'model.transformer.ln_f.weight',
      'model.options.row.weight',
      'model.options.column.weight',
      'model.options.segment.weight',
      'model.options.fuse.weight',
    ])
  })

  test('have torch’s [out, in] shapes', () => {
    const shapes = new Map(
      modelParameters(tinyConfig()).map((spec) => [spec.name.split('.').slice(-2)[0]!, spec.shape]),
    )
    expect(Object.fromEntries(shapes)).toMatchObject({
      q_proj: [16, 16],
      ff_proj: [24, 16],
      up_proj: [24, 16],
      wte: [28, 16],
      ff_norm: [16],
    })
  })
})
