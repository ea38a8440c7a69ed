import { expect, test } from 'vitest'
import { refuseMemory } from './hosting.ts'

const need = { weights: 16e9, activations: 2e9, provider: 0.5e9 }
const proposals = [
  { words: 'Import it as int8', bytes: 10e9 },
  { words: 'Import it as int4', bytes: 7e9 },
]

test.each([
  ['what fits is not refused', 19e9, 32e9, null],
  ['the least change that fits is proposed', 12e9, 16e9, 'Import it as int8 (about 10 GB).'],
  ['a smaller one where that is needed', 8e9, 16e9, 'Import it as int4 (about 7.0 GB).'],
  ['room that others hold', 2e9, 32e9, 'Close other programs: this machine has 32 GB in all.'],
  ['a machine that is too small', 2e9, 4e9, 'Use a smaller model, or a machine with more memory.'],
])('%s', (_, free, limit, remedy) => {
  const refusal = refuseMemory('MMaDA', need, free, limit, proposals)
  expect(refusal?.remedy ?? null).toBe(remedy)
  if (refusal)
    expect(refusal.message).toContain(
      'takes about 19 GB of memory (16 GB of weights, 2.0 GB for a step, 500 MB of the provider)',
    )
})
