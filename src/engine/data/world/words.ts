/** The text tokenizer's vocabulary: every word and mark an instruction or a trace of this world can hold. */
import { cellNames, cornerNames, directions } from './cells.ts'
import { numberWords, patternWords, sentencePatterns, sideWords, slotValues } from './grammar.ts'
import { instructionPatterns } from './operations/index.ts'
import type { World } from './world.ts'

/** Sorted by code unit and free of duplicates, for the whole world whatever prefix of its sprites is in use. */
export function worldWords(world: World): string[] {
  const values = [
    ...Object.values(slotValues(world)).flat(),
    ...world.file.categories.flatMap((c) => [c.name, c.plural]),
    ...cellNames,
    ...cornerNames,
    ...directions,
    ...numberWords,
    ...sideWords,
    'a',
    'an',
  ]
  const words = new Set(values.flatMap((v) => v.split(' ')))
  for (const word of patternWords([...Object.values(sentencePatterns), ...instructionPatterns])) words.add(word)
  return [...words].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
}

/** What a person types, as the world spells it: lower case, marks apart, single spaces, no final full stop. */
export function normaliseInstruction(text: string): string {
  const tokens =
    text
      .normalize('NFC')
      .toLowerCase()
      .match(/[\p{L}\p{M}\p{N}]+|[.,]/gu) ?? []
  while (tokens.at(-1) === '.') tokens.pop()
  return tokens.join(' ')
}
