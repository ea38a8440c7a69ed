import { expect, test } from 'vitest'
import { notCheckedFor } from './dataset-records.ts'

test('a check says nothing about another model than its own, and that is said', () => {
  const check = { model: 'storybook', modelName: 'Storybook' }
  expect(notCheckedFor(check, 'storybook')).toBeNull()
  expect(notCheckedFor(check, 'mine')).toBe(
    'It was checked with the words and lengths of Storybook, not of mine: check it with those, or what does not fit is found only when the run starts.',
  )
  expect(notCheckedFor({ model: null, modelName: '' }, 'mine')).toMatch(
    /^It was checked without a model, not with mine/,
  )
})
