import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { testHeader } from '../../shared/trajectory-fixtures.ts'
import { frame } from '../../shared/trajectory-frame.ts'
import {
  brushable,
  editReducer,
  isEmpty,
  lastBranchStep,
  noHistory,
  toEditsOfRun,
  type EditAction,
  type WordEdit,
} from './playback-edits-reducer.ts'

const remask = (index: number): WordEdit => ({ kind: 'remask', index, label: 'dog' })
const replace = (index: number): WordEdit => ({ kind: 'replace', index, token: 5, label: 'cat', was: 'dog' })

describe('prepared changes', () => {
  it('are one a word: a later change of a word takes the place of the earlier', () => {
    const one = editReducer(noHistory, { type: 'words', edits: [replace(3), remask(1)] })
    const two = editReducer(one, { type: 'words', edits: [remask(3)] })
    expect(two.now.words).toEqual([remask(1), remask(3)])
  })

  it('are undone and redone one by one, whatever they were', () => {
    const action: fc.Arbitrary<EditAction> = fc.oneof(
      fc.nat(5).map((i): EditAction => ({ type: 'words', edits: [i % 2 ? replace(i) : remask(i)] })),
      fc.nat(5).map((index): EditAction => ({ type: 'dropWord', index })),
      fc.uniqueArray(fc.nat(6)).map((cells): EditAction => ({ type: 'cells', cells: new Set(cells) })),
      fc.constant<EditAction>({ type: 'clear' }),
    )
    fc.assert(
      fc.property(fc.array(action), (actions) => {
        const end = actions.reduce(editReducer, noHistory)
        let back = end
        while (back.past.length > 0) back = editReducer(back, { type: 'undo' })
        expect(isEmpty(back.now)).toBe(true)
        while (back.future.length > 0) back = editReducer(back, { type: 'redo' })
        expect(back.now).toEqual(end.now)
      }),
    )
  })
})

describe('what is sent', () => {
  const header = testHeader({
    tokens: [12, 9, 9, 9, 3, 9],
    region: [0, 1],
    fields: [
      { name: 'outputImage', start: 0, length: 4, modality: 'image' },
      { name: 'outputText', start: 4, length: 2, modality: 'text' },
    ],
  })

  it('names tokens by id, and leaves out masking what is masked still', () => {
    const state = frame({ header, steps: [], events: [] }, 0)
    const pin: WordEdit = { kind: 'pin', index: 1, token: 7, label: 'owl' }
    expect(toEditsOfRun(header, state, { words: [remask(0), pin], cells: new Set([0, 2]) })).toEqual({
      replace: [{ place: { field: 'outputText', index: 1 }, token: '#7' }],
      remask: [
        { field: 'outputText', index: 0 },
        { field: 'outputImage', index: 0 },
      ],
    })
    expect(toEditsOfRun(header, state, { words: [remask(1)], cells: new Set([2]) })).toEqual({
      replace: [],
      remask: [],
    })
  })

  it('never frees a cell outside the region of the run', () => {
    expect([...brushable(header, [0, 1, 2, 9, -1])]).toEqual([0, 1])
    expect([...brushable({ ...header, region: undefined }, [2, 9])]).toEqual([2])
  })

  it('starts at a step that leaves something to decide', () => {
    expect(lastBranchStep(header, 8)).toBe(7)
    expect(lastBranchStep(header, 3)).toBe(3)
    expect(lastBranchStep({ ...header, steps: 1 }, 1)).toBe(0)
  })
})
