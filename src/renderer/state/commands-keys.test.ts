import { describe, expect, it } from 'vitest'
import { chordsOf, clashesWith, fuzzyScore, keepsChord, matches, rebind, standOf } from './commands-keys.ts'

const commands = [
  { id: 'undo', chord: 'Ctrl+Z' },
  { id: 'brush', chord: 'B' },
  { id: 'play', chord: 'Space' },
  { id: 'next', chord: 'ArrowRight' },
  { id: 'bare' },
]
const ids = (own: Record<string, string>, chord: string, stand: Parameters<typeof matches>[2]): string[] =>
  matches(chordsOf(commands, own), chord, stand).map(({ id }) => id)

describe('a chord', () => {
  it('runs its command, and none while its key types a letter', () => {
    expect(ids({}, 'B', 'free')).toEqual(['brush'])
    expect(ids({}, 'B', 'text')).toEqual([])
  })
  it('leaves undo to a text field, but not to a text that is part of the document', () => {
    expect(ids({}, 'Ctrl+Z', 'text')).toEqual([])
    expect(ids({}, 'Ctrl+Z', 'document text')).toEqual(['undo'])
    expect(keepsChord('document text', 'Ctrl+V')).toBe(true)
  })
  it('leaves Space to a button and the arrows to a slider', () => {
    expect(ids({}, 'Space', 'button')).toEqual([])
    expect(ids({}, 'ArrowRight', 'button')).toEqual(['next'])
    expect(ids({}, 'ArrowRight', 'list')).toEqual([])
  })
  it('can be bound anew, and taken away', () => {
    expect(ids({ brush: 'N' }, 'N', 'free')).toEqual(['brush'])
    expect(ids({ brush: 'N' }, 'B', 'free')).toEqual([])
    expect(ids({ brush: '' }, 'B', 'free')).toEqual([])
  })
})

describe('binding', () => {
  it('names what else wants the chord', () => {
    const bound = chordsOf(commands, {})
    expect(clashesWith(bound, commands[0]!, 'B').map(({ id }) => id)).toEqual(['brush'])
    expect(clashesWith(bound, commands[1]!, 'B')).toEqual([])
  })
  it('keeps no entry for a default, and an empty one for a chord taken away', () => {
    expect(rebind({ brush: 'N', undo: 'F2' }, commands[1]!, 'B')).toEqual({ undo: 'F2' })
    expect(rebind({}, commands[1]!, null)).toEqual({ brush: '' })
    expect(rebind({ bare: 'F9' }, commands[4]!, null)).toEqual({})
  })
})

describe('where the focus stands', () => {
  it('is known by element, type and role', () => {
    const element = (tagName: string, more: object = {}) => ({ tagName, getAttribute: () => null, ...more })
    expect(standOf(element('INPUT', { type: 'text' }))).toBe('text')
    expect(standOf(element('INPUT', { type: 'range' }))).toBe('list')
    expect(standOf(element('TEXTAREA', { dataset: { undo: 'document' } }))).toBe('document text')
    expect(standOf(element('BUTTON'))).toBe('button')
    expect(standOf(element('BUTTON', { getAttribute: () => 'tab' }))).toBe('list')
    expect(standOf(element('BODY'))).toBe('free')
    expect(standOf(null)).toBe('free')
  })
})

describe('a palette', () => {
  it('finds letters in order and likes the beginnings of words', () => {
    const best = (query: string, ...texts: string[]) =>
      texts.map((text) => [fuzzyScore(query, text) ?? -1, text] as const).sort((a, b) => b[0] - a[0])[0]![1]
    expect(fuzzyScore('xyz', 'Undo')).toBeNull()
    expect(best('zi', 'Resize it', 'Zoom in')).toBe('Zoom in')
    expect(best('und', 'Round and under', 'Undo')).toBe('Undo')
    expect(fuzzyScore('', 'anything')).toBe(0)
  })
})
