/**
 * The text tokenizer: Hugging Face's tokenizers over a tokenizer.json. `buildTokenizerJson` makes the shipped one: the
 * world's words as single tokens, every other word as bytes, so that any text encodes and new words can be learned.
 */
import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { Tokenizer } from '@huggingface/tokenizers'
import { TandemError } from '../../shared/errors.ts'

/** Special tokens of the shipped model, in id order from 0. Ids leave this file only through a model config. */
export const specialTokens = [
  '<mask>',
  '<pad>',
  '<bos>',
  '<eos>',
  '<soi>',
  '<eoi>',
  '<edit>',
  '<generate>',
  '<edit-image-only>',
  '<generate-image-only>',
] as const
export type SpecialToken = (typeof specialTokens)[number]

/** GPT-2's printable stand-ins for the 256 bytes, in byte order. */
function byteSymbols(): string[] {
  const printable = (byte: number): boolean =>
    (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || byte >= 174
  let next = 256
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(printable(byte) ? byte : next++))
}

/** A tokenizer.json for these words. Words are looked up whole, with the space in front that every piece gets. */
export function buildTokenizerJson(words: readonly string[]): object {
  const symbols = byteSymbols()
  const space = symbols[32]!
  const bytesOf = (text: string): string => [...new TextEncoder().encode(text)].map((byte) => symbols[byte]!).join('')
  const entries = [...specialTokens, ...symbols, ...words.map((word) => space + bytesOf(word))]
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: specialTokens.map((content, id) => ({
      id,
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: true,
    })),
    normalizer: { type: 'Sequence', normalizers: [{ type: 'NFC' }, { type: 'Lowercase' }] },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          pattern: { Regex: '[\\p{L}\\p{N}_]+|[^\\s\\p{L}\\p{N}_]' },
          behavior: 'Removed',
          invert: true,
        },
        { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: false },
      ],
    },
    post_processor: null,
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: false },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: true,
      vocab: Object.fromEntries(entries.map((token, id) => [token, id])),
      merges: [],
    },
  }
}

/** The part of the library that is used: its own types do not resolve under Node's module rules. */
interface HfTokenizerApi {
  get_added_tokens_decoder(): Map<number, unknown>
  get_vocab(): Map<string, number>
  encode(text: string, options: { add_special_tokens: boolean }): { ids: number[] }
  decode(
    ids: readonly number[],
    options: { skip_special_tokens?: boolean; clean_up_tokenization_spaces: boolean },
  ): string
  id_to_token(id: number): string | undefined
}
const HfTokenizer = Tokenizer as unknown as new (json: object, config: object) => HfTokenizerApi

export interface TextTokenizer {
  readonly size: number
  /** Ids of a text; no special tokens are added, and none are recognised inside user text. */
  encode(text: string): Int32Array
  /** Ids of a text of our own, in which special tokens are recognised. */
  encodeRaw(text: string): Int32Array
  /** The text of ids, special tokens left out, single spaces between words. */
  decode(this: void, ids: ArrayLike<number>): string
  /** What one token reads as, for showing it alone; special tokens by their names. */
  label(id: number): string
  /** Words of a text that are no single token: they are spelled in bytes. */
  unknownWords(text: string): string[]
  /** How many words of a text are single tokens. */
  knownWords(text: string): number
}

export async function loadTextTokenizer(path: string): Promise<TextTokenizer> {
  const text = await readFile(path, 'utf8').catch(() => {
    throw new TandemError(`There is no readable ${basename(path)} in the model folder.`, 'Restore the model folder.')
  })
  try {
    return createTextTokenizer(JSON.parse(text) as object)
  } catch (error) {
    throw new TandemError(
      `${basename(path)} is not a tokenizer.json this program understands.`,
      'Restore the model folder.',
      'input',
      { cause: error },
    )
  }
}

export function createTextTokenizer(json: object): TextTokenizer {
  const tokenizer = new HfTokenizer(json, {})
  const special = new Set<number>(tokenizer.get_added_tokens_decoder().keys())
  const size = tokenizer.get_vocab().size
  // A text that spells a special token must not become one: the bracket is set apart, and the match is broken.
  const guard = (text: string): string => text.replace(/</g, ' < ')
  // A byte order mark is a space here and no mark of its own: a text that begins with one is not another text.
  const encodeRaw = (text: string): Int32Array =>
    Int32Array.from(tokenizer.encode(text.replaceAll('\ufeff', ' '), { add_special_tokens: false }).ids)
  const encode = (text: string): Int32Array => encodeRaw(guard(text))
  const words = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? []
  const isKnown = (word: string): boolean => encode(word).length === 1
  return {
    size,
    encode,
    encodeRaw,
    decode(ids) {
      const kept = Array.from(ids).filter((id) => !special.has(id))
      return kept.length === 0
        ? ''
        : tokenizer.decode(kept, { skip_special_tokens: true, clean_up_tokenization_spaces: false }).trim()
    },
    label(id) {
      if (special.has(id)) return tokenizer.id_to_token(id) ?? ''
      return tokenizer.decode([id], { clean_up_tokenization_spaces: false }).trim()
    },
    unknownWords: (text) => [...new Set(words(text))].filter((word) => !isKnown(word)),
    knownWords: (text) => words(text).filter(isKnown).length,
  }
}
