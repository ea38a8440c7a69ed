/**
 * Reads a model's answer to one question. Fences and prose around the object are forgiven, because the score in it is
 * plain; anything that would have to be guessed (a score out of range, a word, two different objects) is not.
 */

export type Reply = { readonly score: number; readonly reason: string } | { readonly problem: string }

const REASON_LENGTH = 300

/** Score 1..5 under `key`, or what is wrong with the answer. */
export function readReply(text: string, key: string): Reply {
  const objects = jsonObjects(text).filter((o) => Object.hasOwn(o, key))
  if (objects.length === 0)
    return { problem: jsonObjects(text).length > 0 ? `it has no "${key}"` : 'it holds no JSON object' }
  const scores = new Set(objects.map((o) => JSON.stringify(o[key])))
  if (scores.size > 1) return { problem: 'it gives several scores' }
  const score = objects[0]![key]
  if (typeof score !== 'number' || !Number.isInteger(score)) return { problem: `${shown(score)} is not a whole number` }
  if (score < 1 || score > 5) return { problem: `${score} is not from 1 to 5` }
  const { reason } = objects[0]!
  return { score, reason: typeof reason === 'string' ? reason.slice(0, REASON_LENGTH) : '' }
}

/** 1..5 as 0..100, as the published benchmark reports it. */
export const toHundred = (score: number): number => (score - 1) * 25

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 60) ?? 'nothing'

/** The outermost JSON objects that stand in a text. */
function jsonObjects(text: string): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = []
  for (let from = text.indexOf('{'); from >= 0;) {
    const end = objectEnd(text, from)
    const parsed = end < 0 ? null : parseObject(text.slice(from, end))
    if (parsed) found.push(parsed)
    from = text.indexOf('{', parsed ? end : from + 1)
  }
  return found
}

/** Behind the brace that closes the one at `from`, strings respected; -1 where none does. */
function objectEnd(text: string, from: number): number {
  let depth = 0
  let quoted = false
  for (let i = from; i < text.length; i++) {
    const c = text[i]
    if (quoted) {
      if (c === '\\') i++
      else if (c === '"') quoted = false
    } else if (c === '"') quoted = true
    else if (c === '{') depth++
    else if (c === '}' && --depth === 0) return i + 1
  }
  return -1
}

function parseObject(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null
  } catch {
    return null
  }
}
