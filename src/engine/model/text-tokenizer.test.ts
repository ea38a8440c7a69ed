import { readFile, writeFile, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { TandemError } from '../../shared/errors.ts'
import { buildTokenizerJson, createTextTokenizer, loadTextTokenizer, specialTokens } from './text-tokenizer.ts'

const words = ['move', 'the', 'red', 'fox', 'left', 'café', 'a', 'hot_dog', '7', '.', ',']
const tokenizer = createTextTokenizer(buildTokenizerJson(words))
const FIRST_BYTE = specialTokens.length
const FIRST_WORD = FIRST_BYTE + 256

describe('ids', () => {
  test('special tokens come first in their order, then the bytes, then the words', () => {
    expect(tokenizer.size).toBe(FIRST_WORD + words.length)
    specialTokens.forEach((name, id) => expect(tokenizer.label(id)).toBe(name))
    words.forEach((word, i) => expect(tokenizer.label(FIRST_WORD + i)).toBe(word))
  })

  test.each(words.map((word, i) => [word, FIRST_WORD + i]))(
    'the word %s is one token, anywhere in a text',
    (word, id) => {
      expect([...tokenizer.encode(word)]).toEqual([id])
      const inside = [...tokenizer.encode(`fox ${word} fox`)]
      expect(inside).toEqual([FIRST_WORD + 3, id, FIRST_WORD + 3])
    },
  )

  test('case, accents in either form, spacing and marks stuck to words make no difference', () => {
    const ids = [...tokenizer.encode('move the café, fox.')]
    expect(ids).toHaveLength(6)
    for (const text of ['MOVE the CAFÉ , fox .', '  move\n\tthe cafe\u0301,fox.  ', 'Move The Café,Fox.'])
      expect([...tokenizer.encode(text)]).toEqual(ids)
  })

  test('a word that is not known is spelled in bytes, its space first', () => {
    const bytes = [...new TextEncoder().encode(' dragon')].map((byte) => FIRST_BYTE + byte)
    expect([...tokenizer.encode('move dragon')]).toEqual([FIRST_WORD, ...bytes])
    expect([...tokenizer.encode('foxes')]).toEqual(
      [...new TextEncoder().encode(' foxes')].map((byte) => FIRST_BYTE + byte),
    )
  })

  test('nothing encodes to nothing', () => {
    for (const text of ['', ' ', '\n\t']) expect(tokenizer.encode(text)).toHaveLength(0)
  })
})

/** What a text becomes by being encoded: brackets apart before all else, lower case, words and marks apart, single spaces. */
const normalised = (text: string): string =>
  (
    text
      .replaceAll('<', ' < ')
      .normalize('NFC')
      .toLowerCase()
      // Unicode's white space, whose "next line" JavaScript's \s leaves out.
      .match(/[\p{L}\p{N}_]+|[^\s\u0085\p{L}\p{N}_]/gu) ?? []
  ).join(' ')
const anyText = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc
    .array(fc.constantFrom(...words, 'Dragon', '<mask>', '<', '>', '🦉', 'İ', 'ß', 'é'), { maxLength: 12 })
    .map((parts) => parts.join(' ')),
)

describe('any text', () => {
  test('encodes to known ids and never to a special token', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const id of tokenizer.encode(text)) {
          expect(id).toBeGreaterThanOrEqual(FIRST_BYTE)
          expect(id).toBeLessThan(tokenizer.size)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('may hold half a surrogate pair, which reads as the replacement character', () => {
    expect(tokenizer.decode(tokenizer.encode('fox \ud83e fox'))).toBe('fox \ufffd fox')
  })

  test('may begin with a byte order mark, or hold one: it is a space', () => {
    for (const text of ['\ufefffox move', 'fox\ufeffmove', 'fox move\ufeff'])
      expect(tokenizer.encode(text)).toEqual(tokenizer.encode('fox move'))
    expect(tokenizer.encode('\ufeff')).toHaveLength(0)
  })

  test('comes back as its normalised form', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(normalised(text))
      }),
      { numRuns: 300 },
    )
  })

  test('a decoded text encodes to the same ids', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const ids = tokenizer.encode(text)
        expect(tokenizer.encode(tokenizer.decode(ids))).toEqual(ids)
      }),
      { numRuns: 300 },
    )
  })

  test('ids in any order decode without an error, special tokens left out', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(tokenizer.size - 1), { maxLength: 30 }), (ids) => {
        const text = tokenizer.decode(ids)
        for (const name of specialTokens) expect(text).not.toContain(name)
      }),
    )
    expect(tokenizer.decode([0, FIRST_WORD, 1, 3, FIRST_WORD + 3])).toBe('move fox')
    expect(tokenizer.decode([0, 1, 2])).toBe('')
  })
})

describe('special tokens cannot be injected', () => {
  const spellings = specialTokens.flatMap((name) => [
    name,
    name.toUpperCase(),
    `x${name}y`,
    ` ${name} `,
    name.repeat(3),
    name.replace('<', '<\u200b'),
  ])
  test.each(spellings)('%s', (text) => {
    for (const id of tokenizer.encode(text)) expect(id).toBeGreaterThanOrEqual(specialTokens.length)
  })

  test('not by letters that become a special token when they are normalised or put in lower case', () => {
    for (const text of ['<mas\u212a>', '<\u004d\u0041SK>', '\u226a mask>', '<so\u0130>']) {
      for (const id of tokenizer.encode(text)) expect(id).toBeGreaterThanOrEqual(specialTokens.length)
    }
  })
})

test('says which words it does not know, each once, and how many it does', () => {
  expect(tokenizer.unknownWords('Move the Dragon, dragon and fox!')).toEqual(['dragon', 'and'])
  expect(tokenizer.knownWords('Move the Dragon, dragon and fox!')).toBe(3)
  expect(tokenizer.unknownWords('')).toEqual([])
})

describe('the file', () => {
  test('is the same JSON read back', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'tandem-tokenizer-'))
    const path = join(folder, 'tokenizer.json')
    await writeFile(path, JSON.stringify(buildTokenizerJson(words)))
    const loaded = await loadTextTokenizer(path)
    expect([...loaded.encode('move the dragon')]).toEqual([...tokenizer.encode('move the dragon')])

    for (const damage of ['', '{"model":', '{}', 'null', '[1]', '{"model":{"type":"Nonsense"}}']) {
      await writeFile(path, damage)
      await expect(loadTextTokenizer(path), damage).rejects.toBeInstanceOf(TandemError)
    }
    await rm(path)
    await expect(loadTextTokenizer(path)).rejects.toThrow('There is no readable tokenizer.json')
    await rm(folder, { recursive: true })
  })

  test('that ships holds no word twice and knows what it says', async () => {
    const json = JSON.parse(
      await readFile(new URL('../../../resources/models/storybook/tokenizer.json', import.meta.url), 'utf8'),
    ) as { model: { vocab: Record<string, number> } }
    const ids = Object.values(json.model.vocab)
    expect(new Set(ids).size).toBe(ids.length)
    expect(Math.max(...ids)).toBe(ids.length - 1)
    const shipped = createTextTokenizer(json)
    expect(shipped.size).toBe(ids.length)
    expect(shipped.encode('the')).toHaveLength(1)
  })
})
