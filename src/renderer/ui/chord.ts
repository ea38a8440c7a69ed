/** Chords as text ("Ctrl+Shift+Z"): read from key events, compared, and shown in the platform's own words. Pure. */
export interface KeyInput {
  readonly key: string
  /** The place of the key on the board, by its name on a US one ("KeyM", "Digit1"). */
  readonly code: string
  readonly ctrlKey: boolean
  readonly metaKey: boolean
  readonly altKey: boolean
  readonly shiftKey: boolean
}

const modifierKeys = new Set([
  'Control',
  'Shift',
  'Alt',
  'Meta',
  'AltGraph',
  'CapsLock',
  'Dead',
  'Process',
  'Unidentified',
])
const names: Record<string, string> = { ' ': 'Space', '+': 'Plus' }

/**
 * The chord of a key event; null while only modifiers are down. By `key`, so a letter is found wherever the layout has it;
 * Shift counts for letters and named keys alone, because a sign like "[" or "?" may itself need it on some layouts. With
 * Alt a letter or a digit may come as another sign ("¡" for 1 on a Mac): then it is known by its place.
 */
export function chordOf(event: KeyInput): string | null {
  const placed = placedKey(event)
  const key = placed ?? event.key
  if (modifierKeys.has(key) || key === '') return null
  const single = [...key].length === 1
  const letter = single && key.toLowerCase() !== key.toUpperCase()
  const parts: string[] = []
  if (event.ctrlKey || event.metaKey) parts.push('Ctrl')
  if (event.altKey) parts.push('Alt')
  if (event.shiftKey && (!single || letter || placed !== null || key === ' ')) parts.push('Shift')
  parts.push(names[key] ?? (single ? key.toUpperCase() : key))
  return parts.join('+')
}

/**
 * The letter or digit of a key whose sign Alt has changed; null where the key says it itself. Not with Ctrl: Ctrl and Alt
 * together are how Windows tells AltGr, which types signs that are meant. The signs below "@" some layouts have where others
 * have a letter (the comma of a French board), and Alt makes none of them of a letter.
 */
function placedKey({ key, code, altKey, ctrlKey }: KeyInput): string | null {
  if (!altKey || ctrlKey || /^[a-z0-9]$/i.test(key)) return null
  if (/^Digit[0-9]$/.test(code)) return code.slice('Digit'.length)
  return /^Key[A-Z]$/.test(code) && !/^[!-?]$/.test(key) ? code.slice('Key'.length) : null
}

/** In one spelling: modifiers in order, names as above. Null where it is no chord. */
export function normaliseChord(text: string): string | null {
  if (text === '+' || text.endsWith('++')) return normaliseChord(`${text.slice(0, -1)}Plus`)
  const parts = text.split('+').map((part) => part.trim())
  const last = parts.pop()
  if (last === undefined || last === '') return null
  const has = (...wanted: string[]): boolean => parts.some((part) => wanted.includes(part.toLowerCase()))
  const known = ['ctrl', 'cmd', 'meta', 'mod', 'alt', 'option', 'shift']
  if (parts.some((part) => !known.includes(part.toLowerCase()))) return null
  const key = [...last].length === 1 ? last.toUpperCase() : last
  return [
    has('ctrl', 'cmd', 'meta', 'mod') ? 'Ctrl' : null,
    has('alt', 'option') ? 'Alt' : null,
    has('shift') ? 'Shift' : null,
    key,
  ]
    .filter((part) => part !== null)
    .join('+')
}

/** Whether it would get in the way of typing: no Ctrl and no Alt, and not a function key. */
export const isPlainChord = (chord: string): boolean =>
  !/^(Ctrl|Alt)\+/.test(chord) && !/^(Shift\+)?F\d{1,2}$/.test(chord)

const signs: Record<string, string> = {
  ArrowLeft: '←',
  ArrowRight: '→',
  ArrowUp: '↑',
  ArrowDown: '↓',
  Escape: 'Esc',
  Plus: '+',
  Delete: 'Del',
}

/** The keys of a chord as they are printed on this machine. */
export function chordKeys(chord: string, mac: boolean): readonly string[] {
  return chord.split('+').map((key) => {
    if (mac && key === 'Ctrl') return '⌘'
    if (mac && key === 'Alt') return '⌥'
    if (mac && key === 'Shift') return '⇧'
    return signs[key] ?? key
  })
}
