/** Chords that do not reach a command everywhere: those that browsers keep, and keys that a panel has a use of its own for. Pure. */
import { keepsChord, type Bindable } from './commands-keys.ts'

/** What no browser hands to a page: windows and tabs are opened, closed and changed with them. */
const browserChords: ReadonlySet<string> = new Set(
  ['N', 'T', 'W', 'Tab', 'PageUp', 'PageDown'].flatMap((key) => [`Ctrl+${key}`, `Ctrl+Shift+${key}`]),
)

/** Whether a browser keeps a chord for itself, so that the studio never hears of it there. */
export const isBrowsers = (chord: string): boolean => browserChords.has(chord)

interface PanelKeys {
  readonly screen: string
  /** Chords without Shift: a panel takes its letters with Shift too. */
  readonly chords: readonly string[]
  /** Goes before "has the focus". */
  readonly place: string
}

const digits = ['0', '1', '2', '3', '4', '5']

const panels: readonly PanelKeys[] = [
  { screen: 'edit', place: 'a word of the reasoning', chords: ['P', 'M', 'Delete', 'Alt+ArrowLeft', 'Alt+ArrowRight'] },
  { screen: 'edit', place: 'a run of the history', chords: ['F', 'X', 'U', 'Delete', 'Backspace', ...digits] },
  { screen: 'edit', place: 'a staged result', chords: ['C', 'Delete', 'Backspace', 'Escape'] },
  { screen: 'edit', place: 'the list of layers', chords: ['F2', 'Delete', 'Backspace'] },
  { screen: 'edit', place: 'a selection on the canvas', chords: ['Delete', 'Backspace', 'Escape'] },
  { screen: 'data', place: 'a row of a data set', chords: ['E', 'M', 'D', '1', '2', '3', 'Delete', 'Backspace'] },
  { screen: 'bench', place: 'a blind vote', chords: ['U', 'Backspace'] },
  { screen: 'train', place: 'a chart', chords: ['Plus', '=', '-', '0'] },
]

/**
 * Where a chord would not run a command though it is bound to it, a sentence each.
 * @param browser whether the studio is shown in a browser
 */
export function keptFrom(command: Bindable, chord: string, browser: boolean): string[] {
  const said: string[] = []
  if (browser && isBrowsers(chord)) said.push(`Browsers keep ${chord} for themselves: it may never reach the studio.`)
  const places = panels
    .filter(({ screen, chords }) =>
      command.screen === undefined || command.screen === screen
        ? chords.includes(chord.replace(/^Shift\+(?=.$)/, ''))
        : false,
    )
    .map(({ place }) => place)
  // A list walks with the arrows, a button is pressed with Space, a text is edited with Ctrl+C.
  if (keepsChord('list', chord)) places.push('a list', 'a slider')
  if (keepsChord('button', chord)) places.push('a button')
  if (chord.startsWith('Ctrl+') && keepsChord('text', chord)) places.push('a text field')
  if (places.length > 0)
    said.push(`While ${inWords(places)} has the focus, ${chord} belongs to it and does not run the command.`)
  return said
}

const inWords = (places: readonly string[]): string =>
  places.length < 2 ? places.join('') : `${places.slice(0, -1).join(', ')} or ${places.at(-1) ?? ''}`
