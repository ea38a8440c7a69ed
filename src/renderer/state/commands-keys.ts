/** Which command a chord means, and which commands want the same one. Pure. */
import { isPlainChord, normaliseChord } from '../ui/chord.ts'

export interface Bindable {
  readonly id: string
  /** The default chord. */
  readonly chord?: string
  /** Commands of different scopes may share a chord: where one makes sense the other does not. */
  readonly scope?: string
  /** The screen it belongs to; absent: it makes sense on every one. */
  readonly screen?: string
}

export interface Bound<C extends Bindable> {
  readonly command: C
  /** Null where it has none. */
  readonly chord: string | null
  readonly changed: boolean
}

/** Every command with its chord; the person's own stand before the defaults, an empty one takes it away. */
export function chordsOf<C extends Bindable>(
  commands: readonly C[],
  own: Readonly<Record<string, string>>,
): Bound<C>[] {
  return commands.map((command) => {
    const fallback = command.chord === undefined ? null : normaliseChord(command.chord)
    const set = own[command.id]
    const chord = set === undefined ? fallback : set === '' ? null : normaliseChord(set)
    return { command, chord, changed: chord !== fallback }
  })
}

/** What the focus stands on, as far as keys go. */
export type Stand = 'text' | 'document text' | 'list' | 'button' | 'free'

/** Chords that edit any text field by themselves. */
const textChords = /^Ctrl\+(Shift\+)?(A|C|X|V|Z|Y|Backspace|Delete|Home|End|Arrow\w+)$/
const undoChords = new Set(['Ctrl+Z', 'Ctrl+Shift+Z', 'Ctrl+Y'])
const walkChords = /^(Shift\+)?(Arrow\w+|Home|End|PageUp|PageDown)$/
const pressChords = new Set(['Space', 'Enter'])

/** Whether the control under the focus has a use of its own for a chord. */
export function keepsChord(stand: Stand, chord: string): boolean {
  switch (stand) {
    case 'text':
      return textChords.test(chord) || (isPlainChord(chord) && chord !== 'Escape')
    case 'document text':
      // Its text is part of the document: undo is the document's.
      return !undoChords.has(chord) && keepsChord('text', chord)
    case 'list':
      return walkChords.test(chord) || pressChords.has(chord)
    case 'button':
      return pressChords.has(chord)
    case 'free':
      return false
  }
}

/** The commands a chord means where the focus stands. */
export function matches<C extends Bindable>(bound: readonly Bound<C>[], chord: string, stand: Stand): C[] {
  if (keepsChord(stand, chord)) return []
  return bound.filter((entry) => entry.chord === chord).map((entry) => entry.command)
}

/** Commands that want the same chord as this one would with it. */
export function clashesWith<C extends Bindable>(
  bound: readonly Bound<C>[],
  command: Bindable,
  chord: string | null,
): C[] {
  if (chord === null) return []
  return bound
    .filter(
      (entry) => entry.command.id !== command.id && entry.chord === chord && entry.command.scope === command.scope,
    )
    .map((entry) => entry.command)
}

/** The preferences with a command's chord set; null takes it away, the default leaves no entry. */
export function rebind(
  own: Readonly<Record<string, string>>,
  command: Bindable,
  chord: string | null,
): Record<string, string> {
  const { [command.id]: _, ...rest } = own
  const fallback = command.chord === undefined ? null : normaliseChord(command.chord)
  return chord === fallback ? rest : { ...rest, [command.id]: chord ?? '' }
}

const textTypes = new Set(['text', 'search', 'number', 'email', 'password', 'url', 'tel', ''])
const listRoles = new Set(
  'slider listbox option tree treeitem tab radio menuitem separator spinbutton grid gridcell application'.split(' '),
)

interface ElementLike {
  readonly tagName: string
  readonly type?: string
  readonly isContentEditable?: boolean
  readonly dataset?: Readonly<Record<string, string | undefined>>
  getAttribute?(name: string): string | null
}

/** What an element does with keys, by what it is. */
export function standOf(target: unknown): Stand {
  if (typeof target !== 'object' || target === null || !('tagName' in target)) return 'free'
  const element = target as ElementLike
  const { tagName } = element
  if (element.isContentEditable) return 'text'
  if (tagName === 'TEXTAREA') return element.dataset?.['undo'] === 'document' ? 'document text' : 'text'
  if (tagName === 'INPUT') return textTypes.has(element.type ?? '') ? 'text' : 'list'
  if (tagName === 'SELECT') return 'text'
  if (listRoles.has(element.getAttribute?.('role') ?? '')) return 'list'
  return tagName === 'BUTTON' || tagName === 'A' || tagName === 'SUMMARY' ? 'button' : 'free'
}

/**
 * How well a text answers a query, for a palette: letters in order, better where they follow one another or begin a word.
 * Null where it does not.
 */
export function fuzzyScore(query: string, text: string): number | null {
  const wanted = query.toLowerCase().replace(/\s+/g, '')
  if (wanted === '') return 0
  const hay = text.toLowerCase()
  let score = 0
  let at = -1
  for (const letter of wanted) {
    const straight = hay[at + 1] === letter && at >= 0 ? at + 1 : -1
    const begins = straight >= 0 ? -1 : wordStart(hay, letter, at + 1)
    const next = straight >= 0 ? straight : begins >= 0 ? begins : hay.indexOf(letter, at + 1)
    if (next < 0) return null
    score += straight >= 0 ? 4 : begins >= 0 ? 3 : 1 - Math.min(0.9, (next - at) / 20)
    at = next
  }
  return score + (hay.startsWith(query.toLowerCase()) ? 6 : 0) - hay.length / 200
}

function wordStart(hay: string, letter: string, from: number): number {
  for (let i = hay.indexOf(letter, from); i >= 0; i = hay.indexOf(letter, i + 1))
    if (i === 0 || /[\s(/:-]/.test(hay[i - 1]!)) return i
  return -1
}
