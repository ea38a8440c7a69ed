/**
 * The language of reasoning: about twenty sentence patterns, nothing else. A trace is a list of sentences - what is
 * seen, what follows, what is now - and the same table writes them, parses them and names their words, so generator,
 * judge and tokenizer cannot drift apart. Two sentences are the same claim exactly when their text is the same.
 */
import { cellNames, cornerNames, relationOf } from './cells.ts'
import type { World } from './world.ts'

/** Slots in braces; `{a:x}` is the article that fits slot x. The last three patterns are the claims about the result. */
export const sentencePatterns = {
  at: 'the {sprite} is at {cell} .',
  place: 'the place is {background} .',
  relation: '{relation} {from} is {cell} .',
  corner: 'the {corner} corner is {cell} .',
  fact: 'the {category} that {fact} is the {sprite} .',
  member: 'the {sprite} is {a:category} {category} .',
  count: 'there are {number} {plural} .',
  becomes: '{a:sprite} {sprite} becomes {a:other} {other} .',
  was: '{a:sprite} {sprite} was {a:other} {other} .',
  eats: 'the {sprite} eats the {other} .',
  melt: 'the sun melts the {sprite} .',
  water: 'rain waters the {sprite} .',
  blow: 'the wind blows the {sprite} {side} .',
  roll: 'the {sprite} rolls {side} .',
  float: 'the {sprite} floats up .',
  nightFalls: 'night falls .',
  morningComes: 'morning comes .',
  snowFalls: 'snow falls .',
  snowMelts: 'the snow melts .',
  nowPlace: 'now the place is {background} .',
  nowHas: 'now {cell} has the {sprite} .',
  nowEmpty: 'now {cell} is empty .',
} as const
export type SentenceKind = keyof typeof sentencePatterns
const kinds = Object.keys(sentencePatterns) as SentenceKind[]

export type Slots = Readonly<Record<string, string>>
export interface Sentence {
  kind: SentenceKind
  slots: Slots
  /** Tokens joined by single spaces, the full stop included: the sentence's identity. */
  text: string
}

export const numberWords = ['two', 'three'] as const
export const sideWords = ['left', 'right'] as const

/** "a" or "an". */
export const articleFor = (word: string): string => (/^[aeiou]/.test(word) ? 'an' : 'a')

/** Writes a pattern with its slots filled. */
export function fillPattern(pattern: string, slots: Slots): string {
  return pattern.replace(/\{(a:)?(\w+)\}/g, (_, article: string | undefined, slot: string) => {
    const value = slots[slot]
    if (value === undefined) throw new Error(`pattern "${pattern}" needs ${slot}`)
    return article ? articleFor(value) : value
  })
}

export function sentence(kind: SentenceKind, slots: Slots = {}): Sentence {
  return { kind, slots, text: fillPattern(sentencePatterns[kind], slots) }
}

/** True of the sentences that say what the picture shows afterwards. */
export const isResultClaim = (s: Sentence): boolean =>
  s.kind === 'nowPlace' || s.kind === 'nowHas' || s.kind === 'nowEmpty'

/** Every value a slot may take in this world. */
export function slotValues(world: World): Record<string, readonly string[]> {
  const names = world.sprites.map((s) => s.name)
  return {
    sprite: names,
    other: names,
    plural: world.sprites.map((s) => s.plural),
    category: world.file.categories.map((c) => c.name),
    fact: world.sprites.flatMap((s) => (s.fact ? [s.fact] : [])),
    background: world.backgrounds,
    cell: cellNames,
    from: cellNames,
    relation: Object.values(relationOf),
    corner: cornerNames,
    number: numberWords,
    side: sideWords,
  }
}

/** Every word and mark a list of patterns can produce, slots left out. */
export function patternWords(patterns: readonly string[]): string[] {
  return patterns.flatMap((pattern) =>
    pattern
      .replace(/\{[^}]*\}/g, ' ')
      .split(' ')
      .filter(Boolean),
  )
}

type Matcher = (tokens: readonly string[]) => Sentence | null
const matcherCache = new WeakMap<World, Matcher>()

/** Reads a trace: its sentences in order, or null where any token does not belong. Empty text is null. */
export function parseReasoning(world: World, text: string): Sentence[] | null {
  const tokens = text.trim().split(/\s+/)
  if (tokens[0] === '' || tokens.at(-1) !== '.') return null
  const match = matcherFor(world)
  const out: Sentence[] = []
  let start = 0
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] !== '.') continue
    const found = match(tokens.slice(start, i + 1))
    if (!found) return null
    out.push(found)
    start = i + 1
  }
  return out
}

function matcherFor(world: World): Matcher {
  const cached = matcherCache.get(world)
  if (cached) return cached
  const values = slotValues(world)
  const alternatives = (slot: string): string => [...(values[slot] ?? [])].sort((a, b) => b.length - a.length).join('|')
  const expressions = kinds.map((kind) => {
    const source = sentencePatterns[kind]
      .replace(/ \.$/, ' \\.')
      .replace(/\{a:\w+\}/g, 'an?')
      .replace(/\{(\w+)\}/g, (_, slot: string) => `(?<${slot}>${alternatives(slot)})`)
    return { kind, expression: new RegExp(`^${source}$`) }
  })
  const matcher: Matcher = (tokens) => {
    const text = tokens.join(' ')
    for (const { kind, expression } of expressions) {
      const groups = expression.exec(text)
      if (!groups) continue
      const found = sentence(kind, { ...groups.groups })
      // Writing it again refuses a wrong article.
      if (found.text === text) return found
    }
    return null
  }
  matcherCache.set(world, matcher)
  return matcher
}
