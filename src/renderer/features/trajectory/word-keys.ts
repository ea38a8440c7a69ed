/** Where the keyboard goes among the slots, and which words a selection holds. Pure: lines come in as rectangles' tops. */
export interface WordFocus {
  /** The slot that has the focus, and where a range began; both the same where one word is chosen. */
  readonly head: number
  readonly anchor: number
}

/** Middle and top of a slot on screen. */
export interface SlotPlace {
  readonly x: number
  readonly y: number
}

export const rangeOf = ({ head, anchor }: WordFocus): readonly number[] =>
  Array.from({ length: Math.abs(head - anchor) + 1 }, (_, i) => Math.min(head, anchor) + i)

/** The slot in the line above (-1) or below (1) nearest to the column of the given one; itself where there is no line. */
export function inNextLine(places: readonly SlotPlace[], from: number, direction: 1 | -1): number {
  const start = places[from]
  if (!start) return from
  let line: number | null = null
  for (const place of places) {
    const ahead = (place.y - start.y) * direction
    if (ahead > 1 && (line === null || ahead < (line - start.y) * direction)) line = place.y
  }
  if (line === null) return from
  let best = from
  let nearest = Infinity
  places.forEach((place, i) => {
    const distance = Math.abs(place.x - start.x)
    if (Math.abs(place.y - line) <= 1 && distance < nearest) {
      best = i
      nearest = distance
    }
  })
  return best
}

/** The focus after a key; null where the key does not move it. `places` is asked for only by the keys that need it. */
export function moveFocus(
  focus: WordFocus,
  key: string,
  extend: boolean,
  count: number,
  places: () => readonly SlotPlace[],
): WordFocus | null {
  const go = (index: number): WordFocus => {
    const head = Math.max(0, Math.min(count - 1, index))
    return { head, anchor: extend ? focus.anchor : head }
  }
  switch (key) {
    case 'ArrowLeft':
      return go(focus.head - 1)
    case 'ArrowRight':
      return go(focus.head + 1)
    case 'ArrowUp':
      return go(inNextLine(places(), focus.head, -1))
    case 'ArrowDown':
      return go(inNextLine(places(), focus.head, 1))
    case 'Home':
      return go(0)
    case 'End':
      return go(count - 1)
    default:
      return null
  }
}
