/**
 * What the scorer sees: a picture as averaged cells, a text as tokens with masks. Both work on anything of the kind, not
 * only on what the world can draw or say.
 */
import { TandemError } from '../../../shared/errors.ts'
import type { TextTokenizer } from '../../model/text-tokenizer.ts'
import { cellCount, cellSize, type ScorerConfig } from './config.ts'

/** A text as words; null where nothing is decided. It ends where the list ends. */
export type Words = readonly (string | null)[]

/** RGB [size, size, 3] -> cells [grid^2, pixels^2 * 3] in [-1, 1], row-major, each value the mean of its block. */
export function pictureCells(config: ScorerConfig, rgb: Uint8Array, size: number): Float32Array {
  const { grid, pixels } = config
  const across = grid * pixels
  if (size % across !== 0)
    throw new TandemError(
      `The scorer reads pictures whose side is a multiple of ${across} px, not ${size} px.`,
      'Scale the picture.',
    )
  const block = size / across
  const out = new Float32Array(cellCount(config) * cellSize(config))
  const share = 1 / (block * block * 127.5)
  for (let y = 0; y < size; y++) {
    const by = Math.floor(y / block)
    const row = Math.floor(by / pixels) * grid
    const inRow = (by % pixels) * pixels
    for (let x = 0; x < size; x++) {
      const bx = Math.floor(x / block)
      const to = (row + Math.floor(bx / pixels)) * cellSize(config) + (inRow + (bx % pixels)) * 3
      const from = (y * size + x) * 3
      for (let c = 0; c < 3; c++) out[to + c] = out[to + c]! + rgb[from + c]! * share
    }
  }
  for (let i = 0; i < out.length; i++) out[i] = out[i]! - 1
  return out
}

/** Token ids [words]: the words, an end, then padding; masks stay masks. Longer texts are cut. */
export function textTokens(config: ScorerConfig, tokenizer: TextTokenizer, words: Words): Int32Array {
  const { mask, pad, eos } = config.special
  const out = new Int32Array(config.words).fill(pad)
  let at = 0
  for (const word of words) {
    const ids = word === null ? [mask] : tokenizer.encode(word)
    for (const id of ids) if (at < config.words) out[at++] = id
  }
  if (at < config.words) out[at] = eos
  return out
}
