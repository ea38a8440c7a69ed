/** An endpoint that repeats its request, in whatever words and form, brings no key into a verdict, a cache or a question. */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openScoreCache } from './cache.ts'
import { createClient } from './client.ts'
import { judgeAtEndpoint, type EndpointVerdict } from './judge.ts'
import type { Material } from './prompts.ts'
import { keyScrubber } from './scrub.ts'
import { openFakeEndpoint, sayRaw, scoreOf, type FakeEndpoint } from './server-fixtures.ts'

const key = 'sk-Secret/4711+"x"\\y'
const base64 = (text: string): string => Buffer.from(text).toString('base64')
const escaped = [...key].map((c) => `\\u00${c.charCodeAt(0).toString(16)}`).join('')

/** The key as an endpoint may write it; what stands for it in each. */
const forms: readonly (readonly [string, string])[] = [
  ['plain', key],
  ['in a header', `Authorization: Bearer ${key}`],
  ['in capitals', key.toUpperCase()],
  ['URL-encoded', encodeURIComponent(key)],
  ['URL-encoded twice', encodeURIComponent(encodeURIComponent(key))],
  ['in base64', base64(key)],
  ['in base64, second place', base64(`:${key}`)],
  ['in base64, third place, more behind', base64(`id${key}:more`)],
  ['in base64 of the header', base64(`Bearer ${key}`)],
  ['in base64 for URLs', Buffer.from(`Bearer ${key}`).toString('base64url')],
  ['escaped letter by letter', escaped],
]
/** Parts of the key that nothing else in these tests has, in each alphabet. */
const traces = ['sk-secret', '4711', 'U2VjcmV0', 'NlY3JldC', 'TZWNyZX', '\\u0053', '%2f4', '%252f4']
const holdsKey = (text: string): boolean => traces.some((trace) => text.toLowerCase().includes(trace.toLowerCase()))

describe('the key', () => {
  test.each(forms)('%s is taken out, also of JSON in JSON, which stays JSON', (_, form) => {
    const scrub = keyScrubber(key)
    expect(holdsKey(form)).toBe(true)
    expect(holdsKey(scrub(`before ${form} behind`))).toBe(false)
    expect(scrub(`before ${form} behind`)).toMatch(/^before .*\*\*\*.* behind$/)
    let text = form
    for (let depth = 1; depth <= 3; depth++) {
      text = JSON.stringify({ reason: `it is ${text}!`, score: 3 })
      const scrubbed = scrub(text)
      expect(holdsKey(scrubbed)).toBe(false)
      expect(JSON.parse(scrubbed)).toMatchObject({ score: 3, reason: expect.stringMatching(/^it is .*!$/s) as string })
    }
  })

  test('is all that is taken out', () => {
    const scrub = keyScrubber(key)
    const other = JSON.stringify({ reason: 'sk- is no key; Secret/4712+"x" neither \\ %2F', score: 3 })
    expect(scrub(other)).toBe(other)
    expect(keyScrubber(undefined)(key)).toBe(key)
  })

  test('that is a mere word is taken out where a header is repeated, and left in ordinary words', () => {
    expect(keyScrubber('none')('{"reason": "none of it; you sent Bearer none."}')).toBe(
      '{"reason": "none of it; you sent Bearer ***."}',
    )
  })

  test('of eight letters is searched to the end of a megabyte of beginnings of it', () => {
    const scrub = keyScrubber('\\\\\\/\\\\\\"')
    for (const part of ['\\', '%25', '\\u005c', '/\\']) expect(scrub(part.repeat(1 << 18)).length).toBeGreaterThan(0)
  })
})

describe('an endpoint that repeats its request', () => {
  let server: FakeEndpoint
  let folder: string
  beforeEach(async () => {
    server = await openFakeEndpoint()
    folder = await mkdtemp(join(tmpdir(), 'tandem-scrub-'))
  })
  afterEach(async () => {
    await server.close()
    await rm(folder, { recursive: true, force: true })
  })
  const edit: Material = {
    task: 'edit',
    instruction: 'remove the dog',
    reasoning: 'now b3 is empty .',
    input: new Uint8Array([1]),
    output: new Uint8Array([2]),
  }

  /** The verdict, and everything else that is written or asked. */
  async function judge(): Promise<{ verdict: EndpointVerdict; written: string }> {
    const { signal } = new AbortController()
    const client = createClient({ url: server.url, model: 'vision-1', key, timeoutMs: 2000, retryMs: 1, signal })
    const verdict = await judgeAtEndpoint(client, await openScoreCache(folder, 'judge'), edit, true)
    const files = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
    const asked = server.asked.map(({ body }) => JSON.stringify(body))
    expect(server.asked[0]!.authorization).toBe(`Bearer ${key}`)
    return { verdict, written: [JSON.stringify(verdict), ...files, ...asked].join('\n') }
  }

  test.each(forms)('in its reason, %s', async (_, form) => {
    server.behave(({ key: k }) => JSON.stringify({ reason: `You sent ${form}`, [k]: 2 }))
    const { verdict, written } = await judge()
    expect(holdsKey(written)).toBe(false)
    expect(verdict).toMatchObject({
      scores: { text_quality: 25, output_alignment: 25 },
      reasons: expect.arrayContaining([
        { dimension: 'image_quality', why: expect.stringMatching(/^You sent .*\*\*\*/) as string },
      ]) as object[],
    })
  })

  test.each([
    ['in prose around the score', (k: string) => `Bearer ${key} says ${scoreOf(k)}`, null],
    ['instead of a score', (k: string) => scoreOf(k, `Bearer ${key}`), '"Bearer ***" is not a whole number'],
    ['in words alone', () => `I know ${key} and ${base64(key)}`, 'holds no JSON object'],
  ])('%s', async (_, content, unjudged) => {
    server.behave(({ key: k }) => content(k))
    const { verdict, written } = await judge()
    expect(holdsKey(written)).toBe(false)
    expect(verdict).toMatchObject(
      unjudged === null ? { scores: { image_quality: 75 } } : { unjudged: expect.stringContaining(unjudged) as string },
    )
  })

  test.each([
    ['as the name of its model', 200, { model: `vision-2 ${key}`, choices: [{ message: { content: '' } }] }],
    ['in an answer of another form', 200, { error: `Bearer ${key}` }],
    ['in a refusal', 413, { error: { message: `Bearer ${key}` } }],
    ['in a failure', 500, { error: { message: `Bearer ${key}` } }],
    ['where it refuses the key', 401, { error: { message: `Incorrect API key provided: ${key}` } }],
  ])('%s', async (_, status, body) => {
    server.behave((_asked, _n, response) => sayRaw(response, status, JSON.stringify(body)))
    const { verdict, written } = await judge()
    expect(verdict).toHaveProperty('unjudged')
    expect(holdsKey(written)).toBe(false)
  })
})
