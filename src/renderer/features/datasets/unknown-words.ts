/** A text cut where words begin and end, those a model does not know told apart. Pure. */
export interface Piece {
  readonly text: string
  readonly known: boolean
  /** Where it begins. */
  readonly at: number
}

export function pieces(text: string, unknown: readonly string[]): Piece[] {
  if (unknown.length === 0) return [{ text, known: true, at: 0 }]
  const words = new Set(unknown)
  const out: Piece[] = []
  let from = 0
  for (const match of text.matchAll(/[\p{L}\p{N}_]+/gu)) {
    if (!words.has(match[0].toLowerCase())) continue
    if (match.index > from) out.push({ text: text.slice(from, match.index), known: true, at: from })
    out.push({ text: match[0], known: false, at: match.index })
    from = match.index + match[0].length
  }
  if (from < text.length || out.length === 0) out.push({ text: text.slice(from), known: true, at: from })
  return out
}
