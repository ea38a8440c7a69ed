import { describe, expect, it, vi } from 'vitest'
import { chordsOf } from '../state/commands-keys.ts'
import { isBrowsers } from '../state/commands-kept.ts'

// The list reaches the canvas and the transport, which want a page; only its words are looked at here.
vi.mock('../api.ts', () => ({ api: { on: () => () => undefined } }))
vi.mock('../canvas/compose.ts', () => ({}))
vi.stubGlobal('localStorage', { getItem: () => null, setItem: () => undefined })

const { standardCommands } = await import('./commands.ts')
const commands = standardCommands()

describe('the standard commands', () => {
  it('have ids, titles and chords of their own', () => {
    expect(new Set(commands.map(({ id }) => id)).size).toBe(commands.length)
    expect(new Set(commands.map(({ title }) => title)).size).toBe(commands.length)
    const chords = chordsOf(commands, {}).flatMap(({ chord }) => (chord === null ? [] : [chord]))
    const twice = chords.filter((chord, i) => chords.indexOf(chord) !== i)
    expect(twice).toEqual([])
  })
  it('have no chord that a browser keeps', () => {
    const kept = chordsOf(commands, {}).filter(({ chord }) => chord !== null && isBrowsers(chord))
    expect(kept.map(({ command }) => command.id)).toEqual([])
  })
  it('have chords that can be read', () => {
    for (const { command, chord } of chordsOf(commands, {}))
      if (command.chord !== undefined) expect(chord, command.id).not.toBeNull()
  })
})
