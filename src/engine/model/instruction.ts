/** An instruction as a model reads it, in use and in training alike. */
import { normaliseInstruction } from '../data/world/words.ts'

/** A published model reads any text as it is written; the storybook's reads the words of its world. */
export const readInstruction = (model: { readonly stored?: unknown }, words: string): string =>
  model.stored ? words.normalize('NFC').trim() : normaliseInstruction(words)
