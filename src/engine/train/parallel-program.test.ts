/** A batch on several threads gives what the batch on one gives. */
import { afterAll, describe, expect, test } from 'vitest'
import { seededRandom } from '../data/random.ts'
import { modelParameters } from '../model/forward.ts'
import { initialiseParameters, layOutParameters } from '../model/parameters.ts'
import { tinyConfig } from '../model/testing.ts'
import { buildTrainGraph } from '../model/train-graph.ts'
import type { Tensor } from '../runtime/session.ts'
import { createBatchProgram, partsOf } from './parallel-program.ts'
import { createProgram } from './step.ts'

test.each([
  [16, 2, 2],
  [16, 3, 2],
  [15, 4, 3],
  [7, 4, 1],
  [1, 8, 1],
  [4, 8, 4],
])('a batch of %i on %i threads falls into %i parts', (batch, threads, parts) => {
  expect(partsOf(batch, threads)).toBe(parts)
})

describe.each([
  ['', {}],
  [' of a model whose input does not attend to the output', { inputAttends: 'input' }],
] as const)('a batch of four on two threads%s', async (_, options) => {
  const config = tinyConfig(options)
  const table = layOutParameters(modelParameters(config))
  const random = seededRandom('parallel')
  const weights = initialiseParameters(table, random)
  const build = (batch: number): Uint8Array => buildTrainGraph(config, 'edit', batch).model
  const { layout, fields } = buildTrainGraph(config, 'edit', 4)
  const ids = (count: number, below: number): BigInt64Array =>
    BigInt64Array.from({ length: count }, () => BigInt(random.int(below)))
  const feeds: Record<string, Tensor> = {
    tokens: { data: ids(4 * layout.length, config.vocabSize), dims: [4, layout.length] },
  }
  for (const { name, length } of fields) {
    feeds[`target:${name}`] = { data: ids(4 * length, 8), dims: [4 * length, 1] }
    feeds[`seed:${name}`] = { data: Float32Array.from({ length: 4 * length }, () => random.next()), dims: [4 * length] }
  }
  const whole = await createProgram(build(4), table, 2)
  const parts = await createBatchProgram(build, 4, table, 2)
  afterAll(() => Promise.all([whole.dispose(), parts.dispose()]))

  test('gives the same log-likelihoods, row by row, and the same gradient', async () => {
    const [a, b] = [new Float32Array(table.size), new Float32Array(table.size)]
    const expected = await whole.step(feeds, weights, a)
    const found = await parts.step(feeds, weights, b)
    for (const { name } of fields) {
      const [own, other] = [expected[`logp:${name}`]!, found[`logp:${name}`]!]
      expect(other.dims).toEqual(own.dims)
      other.data.forEach((value, i) => expect(Number(value)).toBeCloseTo(Number(own.data[i]), 5))
    }
    const scale = Math.max(...a.map(Math.abs))
    expect(scale).toBeGreaterThan(0)
    expect(Math.max(...b.map((value, i) => Math.abs(value - a[i]!)))).toBeLessThan(1e-5 * scale)
  })

  test('gives the same bits again, and sees weights that changed', async () => {
    const [a, b, c] = [0, 1, 2].map(() => new Float32Array(table.size)) as [Float32Array, Float32Array, Float32Array]
    await parts.step(feeds, weights, a)
    await parts.step(feeds, weights, b)
    expect(b).toEqual(a)
    await parts.step(
      feeds,
      weights.map((x) => x * 1.5),
      c,
    )
    expect(c).not.toEqual(a)
  })

  test('says what a part says of feeds it cannot take, and works on', async () => {
    const gradient = new Float32Array(table.size)
    const bad = { ...feeds, tokens: { data: ids(4 * layout.length, 4).fill(10_000n), dims: [4, layout.length] } }
    await expect(parts.step(bad, weights, gradient)).rejects.toThrow(/indices|out of/i)
    await expect(parts.step(feeds, weights, gradient)).resolves.toBeDefined()
  })
})
