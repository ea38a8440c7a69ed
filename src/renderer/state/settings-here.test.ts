import { expect, it } from 'vitest'
import type { ModelInfo, RunSettings } from '../../shared/studio.ts'
import { settingsHere } from './settings-here.ts'

const model = (id: string, hash: string): ModelInfo => ({
  id,
  name: id,
  hash,
  parameters: 1,
  size: 128,
  grid: 8,
  instructionLength: 16,
  reasoningLength: 16,
  storybook: true,
  trains: 'all',
  defaults: null,
  shipped: true,
})
const models = [model('storybook', 'aaaaaaaa1'), model('second', 'bbbbbbbb1')]
const taken: Partial<RunSettings> = {
  instruction: 'remove the dog',
  seed: 7,
  model: 'storybook',
  adapters: [{ id: 'bright', weight: 1 }],
}
const bare = { instruction: 'remove the dog', seed: 7 }
const plain: Partial<RunSettings> = { ...bare, model: 'storybook' }

it('settings of weights that are here are taken whole, whatever the model is called here', () => {
  expect(settingsHere(taken, { name: 'storybook', hash: 'aaaaaaaa1' }, models)).toEqual({ settings: taken, lack: null })
  expect(settingsHere(taken, { name: 'storybook', hash: 'bbbbbbbb1' }, models)).toEqual({
    settings: { ...taken, model: 'second' },
    lack: null,
  })
})

it('other weights under the name are named', () => {
  expect(settingsHere(plain, { name: 'storybook', hash: 'cccccccc1' }, models)).toEqual({
    settings: plain,
    lack: 'It was made by storybook (cccccccc); the storybook here has other weights (aaaaaaaa) and may draw something else.',
  })
})

it('a model that is not here is named, and the chosen one stays', () => {
  const lack = 'It was made by elsewhere (cccccccc), which is not here: the model stays the one that is chosen.'
  const made = { name: 'elsewhere', hash: 'cccccccc1' }
  expect(settingsHere({ ...taken, model: 'elsewhere' }, made, models)).toEqual({ settings: bare, lack })
})

it('the hash of a run with adapters is of all of them together: its model is known by the base', () => {
  const made = { name: 'storybook + bright', hash: 'dddddddd1' }
  expect(settingsHere(taken, made, models, 'storybook')).toEqual({ settings: taken, lack: null })
  // Of a picture that came back it is not known before it has run again.
  expect(settingsHere(taken, made, models)).toEqual({
    settings: taken,
    lack: 'It was made by storybook + bright (dddddddd): whether the model and adapters here are the same, the hash of a run says.',
  })
  expect(settingsHere({ ...taken, model: 'gone' }, made, models)).toMatchObject({ settings: bare })
})

it('where no hash is known, the name decides', () => {
  expect(settingsHere(taken, null, models)).toEqual({ settings: taken, lack: null })
  expect(settingsHere(taken, { name: 'storybook', hash: '' }, models)).toEqual({ settings: taken, lack: null })
  expect(settingsHere({ ...taken, model: 'gone' }, null, models)).toEqual({
    settings: bare,
    lack: 'It was made by gone, which is not here: the model stays the one that is chosen.',
  })
})
