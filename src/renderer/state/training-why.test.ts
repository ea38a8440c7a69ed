import { expect, it } from 'vitest'
import type { SftStudioSpec } from '../../shared/studio-training.ts'
import { completeSettings, type TrainingSettings } from '../../shared/training-settings.ts'
import { whyNot } from './training-why.ts'

const spec = (settings: Partial<TrainingSettings> = {}): SftStudioSpec => ({
  kind: 'sft',
  model: 'published',
  data: { from: 'world', seed: 1 },
  settings: completeSettings(settings),
  preset: null,
})

it('what an imported checkpoint does not allow is said in the form, and what to do instead', () => {
  const imported = { name: 'Parallel', trains: 'wordless' } as const
  expect(whyNot(spec(), imported)).toBeNull()
  expect(whyNot(spec({ method: 'full' }), imported)).toBeNull()
  expect(whyNot(spec({ method: 'lora', words: ['cup'] }), imported)).toMatch(/Leave the words to train out/)
  expect(whyNot(spec(), { ...imported, trains: 'none' })).toMatch(/quantised weights.*Import the checkpoint again/)
  expect(whyNot(spec({ method: 'lora', words: ['cup'] }), { ...imported, trains: 'all' })).toBeNull()
})
