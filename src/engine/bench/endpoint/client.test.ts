/** Which addresses may be given a key, and which answers come from the model that was asked for. */
import { describe, expect, test } from 'vitest'
import { endpointUrl, isSameModel } from './client.ts'

describe('where the key may go', () => {
  test.each([
    ['http://example.com/v1', true, /unencrypted/],
    ['https://me:secret@example.com/v1', false, /credentials/],
    ['https://example.com/v1?key=secret', false, /credentials or a query/],
    ['ftp://example.com', false, /not an http/],
  ])('%s is refused', (url, hasKey, said) => {
    expect(() => endpointUrl(url, hasKey)).toThrow(said)
  })

  test.each([
    ['http://localhost:11434/v1', true, 'http://localhost:11434/v1'],
    ['https://example.com/v1/chat/completions', true, 'https://example.com/v1'],
    ['https://example.com/v1/', true, 'https://example.com/v1'],
    ['http://10.0.0.5:8000/v1', false, 'http://10.0.0.5:8000/v1'],
  ])('%s is fine', (url, hasKey, base) => {
    expect(endpointUrl(url, hasKey).href).toBe(base)
  })
})

test.each([
  ['gpt-4o', 'gpt-4o-2024-08-06', true],
  ['openai/gpt-4o', 'gpt-4o', true],
  ['gpt-4o', 'openai/gpt-4o', true],
  ['llava', 'llava:latest', true],
  ['qwen-vl', 'qwen-vl', true],
  ['gpt-4o', 'gpt-4o-mini', false],
  ['gpt-4o', 'gpt-3.5-turbo', false],
])('asked for %s, answered as %s: the same is %s', (asked, answered, same) => {
  expect(isSameModel(asked, answered)).toBe(same)
})
