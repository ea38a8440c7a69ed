/** What a run is said to take: scores where they are stored, and pictures while they are coded. */
import { expect, test } from 'vitest'
import { modelConfigSchema, type ModelConfig } from '../../shared/model-config.ts'
import type { ProviderName } from '../../shared/providers.ts'
import { resolveLayout } from './layout.ts'
import { memoryOfRun } from './memory.ts'
import { noOptions, tinyConfig } from './testing.ts'

const config = tinyConfig(noOptions)

/** The tiny model with pictures of 512 pixels in 32 x 32 codes. */
function large(): ModelConfig {
  const lengthened = Object.entries(config.layouts).map(([task, segments]) => {
    const long = segments.map((each) =>
      each.kind === 'field' && /Image$/.test(each.name) ? { ...each, length: 1024 } : each,
    )
    return [task, long] as const
  })
  const image = { ...config.image, size: 512, grid: 32, factor: 16 }
  return modelConfigSchema.parse({ ...config, image, layouts: Object.fromEntries(lengthened) })
}
const activations = (provider: ProviderName, stored = false): number =>
  memoryOfRun(large(), { passes: 1, weights: 1e6, stored, provider }).activations

test('scores of attention count where a provider stores them', () => {
  const scores = config.heads * resolveLayout(large(), 'edit').length ** 2 * 4
  expect(activations('coreml') - activations('cuda')).toBeGreaterThan(scores)
  expect([activations('webgpu'), activations('cpu')]).toEqual([activations('coreml'), activations('cuda')])
})

test('a published image tokenizer takes more than a step of a small model: a gigabyte and a third at 512 pixels', () => {
  expect(activations('cpu', true)).toBeCloseTo(1.31e9, -7)
  expect(activations('cpu')).toBeLessThan(1e8)
  expect(memoryOfRun(config, { passes: 1, weights: 1e6, stored: true, provider: 'cpu' }).activations).toBeLessThan(1e6)
})
