/** Changes of chosen words as they are prepared, and what a replacement costs. Pure. */
import type { WordEdit } from '../../state/playback-edits-reducer.ts'
import type { Choice } from '../../state/trajectories-vocabulary.ts'
import { isDecided, type Word } from './words.ts'

/** Changes of chosen words; those that do not apply to a word are left out. */
export const pinsOf = (words: readonly Word[]): WordEdit[] =>
  words.flatMap((w): WordEdit[] =>
    w.token < 0 ? [] : [{ kind: 'pin', index: w.index, token: w.token, label: w.quiet ? 'end' : w.label }],
  )
export const remasksOfWords = (words: readonly Word[]): WordEdit[] =>
  words.flatMap((w): WordEdit[] =>
    isDecided(w) ? [{ kind: 'remask', index: w.index, label: w.quiet ? 'end' : w.label }] : [],
  )

/** Tokens put over consecutive words, from the first chosen one on; those past the end of the reasoning are lost. */
export function replacementsOf(all: readonly Word[], from: number, tokens: readonly Choice[]): WordEdit[] {
  return tokens.flatMap(({ token, label }, i): WordEdit[] => {
    const word = all[from + i]
    if (!word) return []
    const was = word.token < 0 ? 'mask' : word.quiet ? 'end' : word.label
    return [{ kind: 'replace', index: word.index, token, label, was }]
  })
}

/** "3 tokens (#4 the, #5 dog, ...), places 7 to 9". */
export function costLine(tokens: readonly Choice[], from: number, places: number): string {
  if (tokens.length === 0) return 'The model has no token for this.'
  const what = tokens.map(({ token, label }) => `#${token} ${label}`).join(', ')
  if (tokens.length === 1) return `1 token: ${what}`
  const last = from + tokens.length
  if (last > places) return `${tokens.length} tokens; ${last - places} do not fit before the end of the reasoning.`
  return `${tokens.length} tokens (${what}), places ${from + 1} to ${last}`
}
