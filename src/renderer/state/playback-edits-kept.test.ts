import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseEdits, printEdits } from './playback-edits-kept.ts'
import { editReducer, noHistory, type EditHistory, type PendingEdits, type WordEdit } from './playback-edits-reducer.ts'

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

const histories: fc.Arbitrary<EditHistory> = fc.record({
  past: fc.array(edits, { maxLength: 4 }),
  now: edits,
  future: fc.array(edits, { maxLength: 4 }),
})
const only = (now: PendingEdits): EditHistory => ({ ...noHistory, now })

describe('changes kept over a restart', () => {
  it('come back as they were, with all that undo and redo walk over', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.uuid(), histories), { maxLength: 5 }), (list) => {
        const map = new Map(list)
        expect(parseEdits(printEdits(map))).toEqual(map)
      }),
    )
  })

  it('can be undone two hundred times', () => {
    let history = noHistory
    for (let i = 0; i < 250; i++)
      history = editReducer(history, {
        type: 'words',
        edits: [{ kind: 'replace', index: i % 40, token: i, label: `word${i}`, was: `was${i}` }],
      })
    let back = parseEdits(printEdits(new Map([['r', history]]))).get('r')!
    expect(back).toEqual(history)
    for (let i = 0; i < 250; i++) back = editReducer(back, { type: 'undo' })
    expect(back.now.words).toEqual([])
  })

  it('are not kept where there are none', () => {
    expect(printEdits(new Map([['r', noHistory]]))).toBe('[]')
  })

  it('that are too many keep what is prepared, and the latest of the rest', () => {
    const cells = (from: number): PendingEdits => ({
      words: [],
      cells: new Set(Array.from({ length: 1000 }, (_, i) => from + i)),
    })
    const long = { past: Array.from({ length: 400 }, (_, i) => cells(i)), now: cells(400), future: [] }
    const text = printEdits(
      new Map([
        ['other', only(cells(7))],
        ['r', long],
      ]),
    )
    expect(text.length).toBeLessThanOrEqual(200_000)
    const back = parseEdits(text).get('r')!
    expect(back.now).toEqual(long.now)
    expect(back.past.length).toBeGreaterThan(10)
    expect(back.past).toEqual(long.past.slice(-back.past.length))
  })

  it('are read as they were written before undo was kept', () => {
    const words = [{ kind: 'remask', index: 1, label: 'cat' }]
    expect(parseEdits(JSON.stringify([['r', { words, cells: [3] }]]))).toEqual(
      new Map([['r', { past: [], now: { words, cells: new Set([3]) }, future: [] }]]),
    )
  })

  it('never come back as something else, whatever the text holds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        for (const { now } of parseEdits(text).values())
          expect(Array.isArray(now.words) && now.cells instanceof Set).toBe(true)
      }),
    )
    expect(parseEdits('[["r",{"words":[{"kind":"pin","index":-1,"token":1,"label":"x"}],"cells":[]}]]').size).toBe(0)
    expect(parseEdits('[["r",{"words":[],"cells":[[1]],"states":[[[0],0]],"at":0}]]').size).toBe(0)
    expect(parseEdits('[["r",{"words":[],"cells":[[1]],"states":[[[],0]],"at":1}]]').size).toBe(0)
    expect(parseEdits('').size).toBe(0)
  })
})
