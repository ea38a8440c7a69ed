import { expect, test } from 'vitest'
import { changedParts } from './shown.ts'
import { testDocument, testLayer } from './tools/testing.ts'

const layers = [testLayer('a'), testLayer('b'), testLayer('c')]
const before = testDocument({ layers, activeLayer: 'b' })

test('a stroke on the active layer leaves the layers under it alone', () => {
  const next = { ...before, layers: [layers[0]!, testLayer('b'), layers[2]!] }
  expect([...changedParts(before, next)].sort()).toEqual(['above', 'active'])
})

test('a change of the mask or the box is drawn above only', () => {
  expect(changedParts(before, { ...before, mask: [{ kind: 'invert' }] })).toEqual(['above'])
})

test('a change under the active layer is drawn below', () => {
  const next = { ...before, layers: [testLayer('a'), layers[1]!, layers[2]!] }
  expect([...changedParts(before, next)].sort()).toEqual(['above', 'below'])
})

test('another active layer, another size or another document draws everything', () => {
  for (const next of [{ ...before, activeLayer: 'a' }, { ...before, width: 64 }, null])
    expect(changedParts(before, next)).toHaveLength(3)
})

test('without an active layer, all layers lie below', () => {
  const none = { ...before, activeLayer: null }
  expect(changedParts(none, { ...none, layers: [...layers, testLayer('d')] })).toContain('below')
})
