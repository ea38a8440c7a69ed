/** What a person types as an option, and what becomes of it. */
import { InvalidArgumentError } from 'commander'
import { describe, expect, it } from 'vitest'
import {
  freshSeed,
  guidance,
  mode,
  placedTokens,
  places,
  seed,
  slug,
  split,
  stepCount,
  temperature,
} from './options.ts'

describe('numbers', () => {
  it.each([
    [stepCount, '16', 16],
    [seed, '4294967295', 4294967295],
    [guidance, '-1.5', -1.5],
    [temperature, '0', 0],
  ])('%# are taken as they are written', (parse, text, value) => {
    expect(parse(text)).toBe(value)
  })

  it.each([
    [stepCount, '0'],
    [stepCount, '4097'],
    [stepCount, '1e3'],
    [stepCount, ''],
    [seed, '4294967296'],
    [seed, '-1'],
    [guidance, 'NaN'],
    [guidance, '1e9'],
    [guidance, ' '],
    [temperature, '-0.1'],
    [temperature, 'Infinity'],
  ])('%# are refused where they make no sense: %s', (parse, text) => {
    expect(() => parse(text)).toThrow(InvalidArgumentError)
  })
})

describe('words', () => {
  it('are refused with the ones there are', () => {
    expect(mode('semi-parallel')).toBe('semi-parallel')
    expect(() => mode('Parallel')).toThrow('parallel, sequential, semi-parallel, image-only')
    expect(() => split('exam')).toThrow('train, val, test')
  })
})

describe('places and tokens', () => {
  it('are relative to a field or to the sequence', () => {
    expect(places('text:4, cell:12,133')).toEqual([
      { field: 'outputText', index: 4 },
      { field: 'outputImage', index: 12 },
      { field: 'sequence', index: 133 },
    ])
    expect(placedTokens('text:3=a=b', [])).toEqual([{ place: { field: 'outputText', index: 3 }, token: 'a=b' }])
  })

  it.each(['word:3', 'text:-1', 'text:', 'x'])('%s is no place', (text) => {
    expect(() => places(text)).toThrow(InvalidArgumentError)
  })

  it.each(['text:3', '=cat', 'text:3='])('%s is no place with a token', (text) => {
    expect(() => placedTokens(text, [])).toThrow(InvalidArgumentError)
  })
})

it('a drawn seed is a seed', () => {
  for (let i = 0; i < 20; i++) expect(seed(String(freshSeed()))).toBeGreaterThanOrEqual(0)
})

it('a text becomes the name of a folder, whatever it says', () => {
  expect(slug('Swap the dog, and the cow.')).toBe('swap-the-dog-and-the-cow')
  expect(slug('../../etc/passwd')).toBe('etc-passwd')
  expect(slug('!?')).toBe('run')
  expect(slug('word '.repeat(100)).length).toBeLessThanOrEqual(52)
})
