/** Settings as a person gives them become a config the job takes, preset by preset. */
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import {
  applyProposal,
  completeSettings,
  sftConfigOf,
  trainingPresets,
  trainingSettingsSchema,
} from '../../shared/training-settings.ts'
import { readConfig } from './sft-config.ts'

const places = { model: '/models/a', data: '/data/b' }
const read = (config: Record<string, unknown>): ReturnType<typeof readConfig> =>
  readConfig({ kind: 'sft', config, out: '/runs/c', resume: false })

describe.each(trainingPresets)('the preset $id', ({ settings }) => {
  test('is complete, is taken by the job, and says which method it is', async () => {
    const complete = completeSettings(settings)
    const config = await read(sftConfigOf(complete, places))
    expect(config.adapter === undefined).toBe(complete.method === 'full')
    expect(config.steps).toBe(complete.steps)
    expect(config.sft.generateShare).toBe('data')
    expect(config.earlyStop?.patience ?? null).toBe(complete.patience)
  })
})

test('the paper’s recipe has the paper’s numbers (section 4)', async () => {
  const paper = trainingPresets.find(({ id }) => id === 'paper')!
  const config = await read(sftConfigOf(completeSettings(paper.settings), places))
  expect(config).toMatchObject({
    steps: 30_000,
    optimiser: { kind: 'adamw' },
    schedule: { peak: 2e-5, warmup: 500, decayFrom: 0 },
    sft: { corruption: { textWeight: 'inverse-t', imageWeight: 'one', dropText: 0.1, dropImage: 0.1 } },
  })
})

test('w_text = 1/t and w_image = 1 are the default', () => {
  expect(trainingSettingsSchema.parse({})).toMatchObject({ textWeight: 'inverse-t', imageWeight: 'one' })
})

test('every proposal of a pre-flight gives settings the job takes', async () => {
  const settings = completeSettings({ method: 'full', batch: 16 })
  for (const proposal of [{ accumulate: 4 }, { method: 'lora', rank: 8, accumulate: 16 } as const, { rank: 2 }, {}])
    await read(sftConfigOf(applyProposal(settings, proposal), places))
})

test('what the input attends to is of a whole model, not of an adapter, and an architecture says it itself', async () => {
  const config = sftConfigOf(completeSettings({ method: 'full' }), places)
  expect((await read({ ...config, inputAttends: 'input' })).inputAttends).toBe('input')
  expect((await read(config)).inputAttends).toBeUndefined()
  const adapter = sftConfigOf(completeSettings({ method: 'lora' }), places)
  await expect(read({ ...adapter, inputAttends: 'input' })).rejects.toThrow('inputAttends: an adapter leaves its model')
})

test('the recipe of the model with a cached input is one the job takes', async () => {
  const config = fileURLToPath(new URL('../../../resources/models/storybook-cached-input/recipe.json', import.meta.url))
  const found = await readConfig({ kind: 'sft', config, out: '/runs/c', resume: false })
  expect(found).toMatchObject({ inputAttends: 'input', name: 'storybook-cached-input', fromScratch: false })
  expect(basename(found.model)).toBe('storybook')
})

test('passes that do not divide the batch are refused by name', async () => {
  const config = sftConfigOf(completeSettings({ batch: 16, accumulate: 3 }), places)
  await expect(read(config)).rejects.toThrow('sft.accumulate: the passes must divide the batch')
})
