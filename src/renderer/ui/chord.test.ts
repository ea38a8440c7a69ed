import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { chordKeys, chordOf, isPlainChord, normaliseChord } from './chord.ts'

const press = (key: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...held,
})

describe('a chord', () => {
  it('is read by what a key means, so a layout does not matter', () => {
    expect(chordOf(press('z', { ctrlKey: true }))).toBe('Ctrl+Z')
    expect(chordOf(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('Ctrl+Shift+Z')
    expect(chordOf(press('ä'))).toBe('Ä')
    expect(chordOf(press(' '))).toBe('Space')
  })
  it('leaves out the Shift that a sign needs on some layouts', () => {
    expect(chordOf(press('?', { shiftKey: true }))).toBe('?')
    expect(chordOf(press('+', { shiftKey: true }))).toBe('Plus')
    expect(chordOf(press('Tab', { shiftKey: true }))).toBe('Shift+Tab')
  })
  it('treats the command key of a Mac as Ctrl', () => {
    expect(chordOf(press('k', { metaKey: true }))).toBe('Ctrl+K')
  })
  it('with Alt is the letter or digit of its place where the layout makes another sign of it', () => {
    const option = (key: string, code: string, held: object = {}) => ({
      ...press(key, { altKey: true }),
      code,
      ...held,
    })
    expect(chordOf(option('¡', 'Digit1'))).toBe('Alt+1')
    expect(chordOf(option('µ', 'KeyM'))).toBe('Alt+M')
    expect(chordOf(option('Dead', 'KeyE'))).toBe('Alt+E')
    expect(chordOf(option('⁄', 'Digit1', { shiftKey: true }))).toBe('Alt+Shift+1')
    // A key that says its letter is believed: on a French board M is where a US one has the semicolon.
    expect(chordOf(option('m', 'Semicolon'))).toBe('Alt+M')
    expect(chordOf(option(',', 'KeyM'))).toBe('Alt+,')
    expect(chordOf(option('&', 'Digit1'))).toBe('Alt+1')
    expect(chordOf(option('[', 'Digit5'))).toBe('Alt+5')
    // Ctrl with Alt is AltGr on Windows: the sign is meant.
    expect(chordOf(option('@', 'KeyQ', { ctrlKey: true }))).toBe('Ctrl+Alt+@')
    expect(chordOf(option('ArrowLeft', 'ArrowLeft'))).toBe('Alt+ArrowLeft')
  })
  it('is nothing while only modifiers are down', () => {
    expect(chordOf(press('Shift', { shiftKey: true }))).toBeNull()
    expect(chordOf(press('Dead'))).toBeNull()
  })
  it('reads as the same however it is spelt, and once is enough', () => {
    expect(normaliseChord('shift + ctrl + z')).toBe('Ctrl+Shift+Z')
    expect(normaliseChord('Cmd+k')).toBe('Ctrl+K')
    expect(normaliseChord('+')).toBe('Plus')
    expect(normaliseChord('Ctrl++')).toBe('Ctrl+Plus')
    expect(normaliseChord('hyper+z')).toBeNull()
    fc.assert(
      fc.property(
        fc.constantFrom('z', 'Z', '?', '+', ' ', 'Enter', 'F5'),
        fc.boolean(),
        fc.boolean(),
        fc.boolean(),
        (key, ctrlKey, altKey, shiftKey) => {
          const chord = chordOf(press(key, { ctrlKey, altKey, shiftKey }))!
          expect(normaliseChord(chord)).toBe(chord)
        },
      ),
    )
  })
  it('would get in the way of typing without Ctrl or Alt, function keys aside', () => {
    expect(isPlainChord('B')).toBe(true)
    expect(isPlainChord('Shift+M')).toBe(true)
    expect(isPlainChord('Ctrl+B')).toBe(false)
    expect(isPlainChord('F5')).toBe(false)
  })
  it('is shown in the words of the machine', () => {
    expect(chordKeys('Ctrl+Shift+ArrowUp', false)).toEqual(['Ctrl', 'Shift', '↑'])
    expect(chordKeys('Ctrl+Plus', true)).toEqual(['⌘', '+'])
  })
})
