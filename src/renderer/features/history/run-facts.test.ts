import { expect, it } from 'vitest'
import { runSchema, type Run } from '../../../shared/studio.ts'
import { factsOf } from './run-facts.ts'

const picture = { blob: 'b'.repeat(64), width: 128, height: 128 }
const run: Run = runSchema.parse({
  id: 'r1',
  project: 'p1',
  document: 'd1',
  state: 'done',
  settings: {
    task: 'edit',
    instruction: 'remove the dog',
    mode: 'parallel',
    steps: 16,
    guidance: { text: 0, image: 1 },
    temperatures: { text: 0, image: 0 },
    seed: 7,
    model: 'storybook',
    adapters: [
      { id: 'a1', weight: 0.8 },
      { id: 'a2', weight: 1 },
    ],
  },
  seed: 7,
  createdAt: 0,
  endedAt: 1,
  parent: null,
  edits: null,
  input: picture,
  mask: picture,
  box: { x: 12.25, y: 0, width: 256, height: 256 },
  step: 16,
  stepMs: 20,
  ms: 400,
  reasoning: '',
  picture,
  hasTrajectory: true,
  modelName: 'storybook + bright + dark',
  modelHash: 'abcdef0123456789',
  provider: 'cpu',
  warnings: [],
  error: null,
  favourite: false,
  rejected: false,
  rating: 0,
  imported: false,
})
const facts = (change: Partial<Run> = {}): Record<string, string> =>
  Object.fromEntries(factsOf({ ...run, ...change }, (id) => (id === 'a1' ? 'bright' : id)))

it('name adapters with their weights, the box and the mask', () => {
  expect(facts()).toMatchObject({
    Adapters: 'bright at 0.8, a2 at 1',
    Box: '256 × 256 px at 12.3, 0',
    Mask: 'painted: the rest of the box was held',
  })
})

it('name what computed the run in words, also what another version knew', () => {
  expect(facts().Provider).toBe('Processor')
  expect(facts({ provider: 'webgpu' }).Provider).toBe('WebGPU')
  expect(facts({ provider: 'rocm' }).Provider).toBe('rocm')
})

it('say that there was no mask where one could have been, and leave out what is not known', () => {
  const { adapters: _, ...settings } = run.settings
  expect(facts({ mask: null })['Mask']).toBe('none: all of the box could change')
  const bare = facts({ settings, mask: null, box: null, imported: true })
  expect(bare).not.toHaveProperty('Adapters')
  expect(bare).not.toHaveProperty('Box')
  expect(bare).not.toHaveProperty('Mask')
  expect(facts({ mask: null, settings: { ...settings, task: 'generate' } })).not.toHaveProperty('Mask')
})
