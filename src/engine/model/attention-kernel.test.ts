/** Attention with the kernel and without: the same answers. */
import { describe, expect, test } from 'vitest'
import { createSession, type Tensor } from '../runtime/session.ts'
import { kernelIsSound } from './attention-kernel.ts'
import { keyWidth } from './forward.ts'
import { buildInferGraph, type InferGraphOptions } from './infer-graph.ts'
import { requireField, resolveLayout } from './layout.ts'
import { inlineWeights, noOptions, randomSequence, randomWeights, tinyConfig, tokenFeed } from './testing.ts'

const config = tinyConfig(noOptions)
const weights = randomWeights(config)
const layout = resolveLayout(config, 'edit')

test('the kernel of the processor is used; Core ML has none, and no provider that does not start', async () => {
  expect(await kernelIsSound('cpu')).toBe(true)
  expect(await kernelIsSound('coreml')).toBe(false)
  if (process.platform !== 'win32') expect(await kernelIsSound('dml')).toBe(false)
})

/** Logits of two rows of each modality. */
async function answers(options: InferGraphOptions, more: Record<string, Tensor>): Promise<[boolean, number[]]> {
  const { model } = buildInferGraph(config, 'edit', 2, inlineWeights(weights), { ...options, logits: true })
  const sequences = [1, 2].map((seed) => randomSequence(config, 'edit', seed))
  const feeds: Record<string, Tensor> = { tokens: tokenFeed(sequences), ...more }
  for (const modality of ['text', 'image'] as const) {
    const first = requireField(layout, modality === 'text' ? 'outputText' : 'outputImage').start - layout.outputStart
    feeds[`rows:${modality}`] = { data: BigInt64Array.of(BigInt(first), BigInt(first + 2)), dims: [2] }
    feeds[`uniform:${modality}`] = { data: Float32Array.of(0.2, 0.7), dims: [2, 1] }
    feeds[`temperature:${modality}`] = { data: Float32Array.of(1), dims: [] }
    feeds[`guidance:${modality}`] = { data: Float32Array.of(0.5), dims: [] }
  }
  const session = await createSession(model, { threads: 1 })
  const results = await session.run(feeds)
  await session.dispose()
  const logits = ['text', 'image'].flatMap((modality) => [...results[`logits:${modality}`]!.data].map(Number))
  return [Buffer.from(model).includes('MultiHeadAttention'), logits]
}

describe('rows whose keys and values are fed', () => {
  const rest = layout.length - layout.outputStart
  const fed: Record<string, Tensor> = {
    computed: { data: BigInt64Array.from({ length: rest }, (_, i) => BigInt(layout.outputStart + i)), dims: [rest] },
  }
  for (let layer = 0; layer < config.layers; layer++)
    for (const [n, what] of ['keys', 'values'].entries()) {
      const size = 2 * layout.outputStart * keyWidth(config)
      const data = Float32Array.from({ length: size }, (_, i) => Math.sin(1 + i * (n + 1) + layer))
      fed[`${what}:${layer}`] = { data, dims: [2, layout.outputStart, keyWidth(config)] }
    }

  test('take the kernel where it is sound, plain products where not, to the same answers', async () => {
    const [hasKernel, found] = await answers({ cache: 'use' }, fed)
    const [without, expected] = await answers({ cache: 'use', kernel: false }, fed)
    expect([hasKernel, without]).toEqual([true, false])
    found.forEach((logit, i) => expect(logit).toBeCloseTo(expected[i]!, 4))
  })
})
