/** What the options of "tandem train sft" become. */
import { expect, test } from 'vitest'
import { configOf } from './train-settings.ts'

const config = (given: Record<string, unknown>): unknown =>
  configOf({ out: 'run', data: 'quadruplets', steps: 10, ...given })

test('what is dropped, drawn apart and left without reasoning is told one by one', () => {
  const told = { dropText: 0, dropImage: 0.2, imageOnlyShare: 0.3, independent: 1, optimiser: 'adamw' }
  expect(config(told)).toMatchObject({
    sft: { imageOnlyShare: 0.3, corruption: { dropText: 0, dropImage: 0.2, independent: 1 } },
    optimiser: { kind: 'adamw' },
  })
})

test('what is not told is as the presets and the defaults have it', () => {
  expect(config({})).toMatchObject({
    sft: { imageOnlyShare: 0.1, corruption: { dropText: 0.1, dropImage: 0.1, independent: 0.5 } },
    optimiser: { kind: 'muon' },
  })
  expect(config({ preset: 'paper', dropText: 0.3 })).toMatchObject({
    sft: { imageOnlyShare: 0, corruption: { dropText: 0.3, dropImage: 0.1, independent: 0 } },
    optimiser: { kind: 'adamw' },
  })
})
