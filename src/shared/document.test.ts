import { describe, expect, test } from 'vitest'
import { TandemError } from './errors.ts'
import {
  applyCommand,
  documentCommandSchema,
  documentSchema,
  emptyDocument,
  identityTransform,
  replay,
  type Document,
  type DocumentCommand,
  type Layer,
  type Mark,
} from './document.ts'
import { describeCommand } from './document-words.ts'

const settings: Document['settings'] = {
  task: 'edit',
  instruction: '',
  mode: 'parallel',
  steps: 16,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 0, image: 0 },
  seed: null,
  model: 'storybook',
}
const layer = (id: string): Layer => ({
  id,
  name: id,
  visible: true,
  opacity: 1,
  transform: identityTransform,
  marks: [],
})
const stroke: Mark = { kind: 'stroke', points: [1, 2], size: 4, colour: '#ff0000', erase: false }
const after = (...commands: DocumentCommand[]): Document => commands.reduce(applyCommand, emptyDocument(128, settings))
const three = (['a', 'b', 'c'] as const).map((id): DocumentCommand => ({ type: 'addLayer', value: layer(id) }))
const ids = (document: Document): string => document.layers.map((entry) => entry.id).join('')

describe('layers', () => {
  test('are added on top and become active', () => {
    expect(ids(after(...three))).toBe('abc')
    expect(after(...three).activeLayer).toBe('c')
  })
  test.each([
    ['b', 0, 'bac'],
    ['a', 2, 'bca'],
    ['a', 99, 'bca'],
    ['c', 1, 'acb'],
  ])('move: %s to %i gives %s', (id, to, expected) =>
    expect(ids(after(...three, { type: 'moveLayer', layer: id, to }))).toBe(expected),
  )
  test('that go leave the one below active', () => {
    const document = after(...three, { type: 'removeLayer', layer: 'c' })
    expect(document.activeLayer).toBe('b')
    expect(
      applyCommand(applyCommand(document, { type: 'removeLayer', layer: 'b' }), { type: 'removeLayer', layer: 'a' })
        .activeLayer,
    ).toBeNull()
  })
  test('merge into one where the lowest stood', () => {
    expect(ids(after(...three, { type: 'mergeLayers', layers: ['a', 'c'], value: layer('m') }))).toBe('mb')
  })
  test('a lifted selection is cleared below and stands right above', () => {
    const clear: Mark = { kind: 'clear', points: [0, 0, 9, 0, 9, 9] }
    const document = after(...three, { type: 'lift', layer: 'a', clear, value: layer('l') })
    expect(ids(document)).toBe('albc')
    expect(document.layers[0]!.marks).toEqual([clear])
  })
  test('that are not there are an error with a remedy', () => {
    expect(() => after({ type: 'removeLayer', layer: 'x' })).toThrow(TandemError)
    expect(() => after(...three, { type: 'addMark', layer: 'x', mark: stroke })).toThrow(TandemError)
  })
})

test('an accepted result leaves the strip and is a layer', () => {
  const candidate = { run: 'r', box: { x: 0, y: 0, width: 128, height: 128 } }
  const staged = after({ type: 'stage', candidate }, { type: 'stage', candidate })
  expect(staged.staging).toEqual([candidate])
  const taken = applyCommand(staged, { type: 'accept', run: 'r', value: layer('r') })
  expect(taken.staging).toEqual([])
  expect(ids(taken)).toBe('r')
})

test('a command changes nothing of the document it is given', () => {
  const before = after(...three)
  const copy = structuredClone(before)
  applyCommand(before, { type: 'addMark', layer: 'b', mark: stroke })
  applyCommand(before, { type: 'moveLayer', layer: 'a', to: 2 })
  applyCommand(before, { type: 'setLayer', layer: 'a', opacity: 0.5 })
  expect(before).toEqual(copy)
})

test('layers that do not change are the same objects: what is drawn of them can be kept', () => {
  const before = after(...three)
  const changed = applyCommand(before, { type: 'addMark', layer: 'b', mark: stroke })
  expect(changed.layers[0]).toBe(before.layers[0])
  expect(changed.layers[1]).not.toBe(before.layers[1])
})

test('replay applies what is before the cursor; each result is a document, each command has a name', () => {
  const commands: DocumentCommand[] = [
    ...three,
    { type: 'addMark', layer: 'a', mark: stroke },
    { type: 'addMaskMark', mark: { kind: 'grow', by: 3 } },
    { type: 'setFeather', feather: 4 },
    { type: 'setSettings', settings: { ...settings, instruction: 'remove the cat' } },
    { type: 'setBox', box: { x: 1, y: 1, width: 64, height: 64 } },
    { type: 'branch', from: 'r', to: 's', step: 3 },
    { type: 'clearMask' },
  ]
  const base = emptyDocument(128, settings)
  for (let cursor = 0; cursor <= commands.length; cursor++) {
    const document = replay({ base, commands, cursor })
    expect(documentSchema.parse(document)).toEqual(document)
    expect(document).toEqual(commands.slice(0, cursor).reduce(applyCommand, base))
  }
  for (const command of commands) {
    expect(documentCommandSchema.parse(command)).toEqual(command)
    expect(describeCommand(command)).toMatch(/^[A-Z]/)
  }
})
