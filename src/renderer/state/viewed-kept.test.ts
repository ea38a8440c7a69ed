import { expect, it } from 'vitest'
import { parseViewed, printViewed } from './viewed-kept.ts'

it.each([
  { run: 'a-1', step: null },
  { run: '0f', step: 0 },
  { run: '0f', step: 600 },
])('%j is read as it was written', (viewed) => {
  expect(parseViewed(printViewed(viewed))).toEqual(viewed)
})

it.each(['', ' ', 'A', 'a 1 2', 'a -1', 'a x', 'a'.repeat(65)])('%j is nothing that was looked at', (text) => {
  expect(parseViewed(text)).toBeNull()
})
