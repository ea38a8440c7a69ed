import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEdits, printEdits } from './playback-edits-kept.ts'
import type { PendingEdits, WordEdit } from './playback-edits-reducer.ts'

const word: fc.Arbitrary<WordEdit> = fc.oneof(
  fc.record({ kind: fc.constant('pin' as const), index: fc.nat(), token: fc.nat(), label: fc.string() }),
  fc.record({
    kind: fc.constant('replace' as const),
    index: fc.nat(),
    token: fc.nat(),
    label: fc.string(),
    was: fc.string(),
  }),
  fc.record({ kind: fc.constant('remask' as const), index: fc.nat(), label: fc.string() }),
)
const edits: fc.Arbitrary<PendingEdits> = fc.record({
  words: fc.array(word, { minLength: 1 }),
  cells: fc.uniqueArray(fc.nat(4096)).map((cells) => new Set(cells)),
})

describe('changes kept over a restart', () => {
  it('come back as they were', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uuid(), edits), { maxLength: 5 }), (list) => {
        const map = new Map(list)
        expect(parseEdits(printEdits(map))).toEqual(map)
      }),
    )
  })

  it('are not kept where there are none', () => {
    expect(printEdits(new Map([['r', { words: [], cells: new Set() }]]))).toBe('[]')
  })

  it('never come back as something else, whatever the text holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const { words, cells } of parseEdits(text).values())
          expect(Array.isArray(words) && cells instanceof Set).toBe(true)
      }),
    )
    expect(parseEdits('[["r",{"words":[{"kind":"pin","index":-1,"token":1,"label":"x"}],"cells":[]}]]').size).toBe(0)
    expect(parseEdits('').size).toBe(0)
  })
})
