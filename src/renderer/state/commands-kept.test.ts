import { describe, expect, it } from 'vitest'
import { isBrowsers, keptFrom } from './commands-kept.ts'

const editor = { id: 'tool.brush', screen: 'edit' }
const everywhere = { id: 'studio.palette' }

describe('a chord that browsers keep', () => {
  it('is said to a browser, and to a browser alone', () => {
    expect(keptFrom(editor, 'Ctrl+Shift+N', true)).toEqual([
      'Browsers keep Ctrl+Shift+N for themselves: it may never reach the studio.',
    ])
    expect(keptFrom(editor, 'Ctrl+Shift+N', false)).toEqual([])
    for (const chord of ['Ctrl+N', 'Ctrl+T', 'Ctrl+W', 'Ctrl+Shift+W', 'Ctrl+Tab', 'Ctrl+Shift+Tab'])
      expect(isBrowsers(chord), chord).toBe(true)
    for (const chord of ['N', 'Shift+N', 'Alt+N', 'Ctrl+K', 'Ctrl+Shift+E'])
      expect(isBrowsers(chord), chord).toBe(false)
  })
})

describe('a key that a panel takes', () => {
  it('is said with the place that takes it, also with Shift', () => {
    for (const chord of ['P', 'Shift+P'])
      expect(keptFrom(editor, chord, true)).toEqual([
        `While a word of the reasoning has the focus, ${chord} belongs to it and does not run the command.`,
      ])
    expect(keptFrom(editor, 'Z', true)).toEqual([])
  })
  it('is said of the screens where the command makes sense', () => {
    expect(keptFrom(editor, 'D', false)).toEqual([])
    expect(keptFrom({ id: 'data.check', screen: 'data' }, 'D', false).join()).toContain('a row of a data set has')
    expect(keptFrom(everywhere, 'M', false).join()).toContain(
      'a word of the reasoning or a row of a data set has the focus',
    )
  })
  it('is said of controls that walk, are pressed or edit with it', () => {
    expect(keptFrom(editor, 'PageDown', false).join()).toContain('a list or a slider has')
    expect(keptFrom(editor, 'Space', false).join()).toContain('a list, a slider or a button')
    expect(keptFrom(editor, 'Ctrl+V', false).join()).toContain('a text field')
  })
})
