/**
 * Speaks to an OpenAI-compatible chat endpoint: timeouts, retries, rate limits. A key goes out in one header to one
 * origin and nowhere else: redirects are refused, and the key is taken out of what an endpoint says as it comes in.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { TandemError } from '../../../shared/errors.ts'
import { answerSchema, type Message } from './prompts.ts'
import { keyScrubber } from './scrub.ts'

export interface ClientOptions {
  /** Base URL; /chat/completions is added. */
  readonly url: string
  readonly model: string
  readonly key?: string | undefined
  readonly timeoutMs: number
  readonly requestsPerMinute?: number | undefined
  readonly signal: AbortSignal
  /** First wait before another try; doubled each time. */
  readonly retryMs?: number
}

/** Why a question stays without an answer. `fatal`: every other question would fare the same. */
export class EndpointFailure extends Error {
  override readonly name = 'EndpointFailure'
  readonly fatal: boolean
  constructor(reason: string, fatal = false) {
    super(reason)
    this.fatal = fatal
  }
}

export interface Client {
  /** Host and port, as shown to a person. */
  readonly host: string
  /** Requests sent so far, repeated ones included. */
  readonly sent: number
  /** One answer. Throws EndpointFailure, or the signal's reason. */
  complete(messages: readonly Message[], key: string): Promise<Completion>
}

export interface Completion {
  readonly text: string
  /** Whether the endpoint said which model answered. Where it did, it was the one asked for. */
  readonly named: boolean
}

const TRIES = 5
/** Where the endpoint says how long to wait, it is believed more often: the most requests for one answer. */
export const TRIES_WHEN_TOLD = 30
const RETRY_MS = 1000
const LONGEST_WAIT_MS = 60_000
/** An endpoint that asks for more patience than this is not waited for. */
const MOST_PATIENCE_MS = 10 * 60_000
const MAX_BYTES = 1 << 20
/** An answer is cut off here. */
export const ANSWER_TOKENS = 400

const completionSchema = z.object({
  model: z.string().nullish(),
  choices: z
    .array(
      z.object({
        message: z.object({
          content: z.union([z.string(), z.array(z.object({ type: z.string(), text: z.string().optional() }))]),
        }),
      }),
    )
    .min(1),
})

/** The base URL of an endpoint, checked. Throws a TandemError for one that would leak a key or is none. */
export function endpointUrl(url: string, hasKey: boolean): URL {
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new TandemError('The judge is not an http(s) URL.', 'Give one like https://host/v1, or "exact".')
  if (parsed.username || parsed.password || parsed.search)
    throw new TandemError('The judge URL holds credentials or a query.', 'Set TANDEM_JUDGE_KEY instead.')
  const local = ['localhost', '127.0.0.1', '[::1]'].includes(parsed.hostname)
  if (hasKey && parsed.protocol === 'http:' && !local)
    throw new TandemError(`The key would go to ${parsed.host} unencrypted.`, 'Use https, or ask without a key.')
  parsed.pathname = parsed.pathname.replace(/\/+$/, '').replace(/\/chat\/completions$/, '')
  parsed.hash = ''
  return parsed
}

/** gpt-4o may answer as gpt-4o-2024-08-06, or behind a router as openai/gpt-4o; gpt-4o-mini is another model. */
export function isSameModel(asked: string, answered: string): boolean {
  const plain = (name: string): string =>
    name
      .toLowerCase()
      .split('/')
      .at(-1)!
      .replace(/[-:]latest$/, '')
  const [a, b] = [plain(asked), plain(answered)]
  return b.startsWith(a) && /^([-:@]v?\d[\w.-]*)?$/.test(b.slice(a.length))
}

export function createClient(options: ClientOptions): Client {
  const { key, model, signal, timeoutMs, requestsPerMinute, retryMs = RETRY_MS } = options
  const base = endpointUrl(options.url, key !== undefined)
  const scrub = keyScrubber(key)
  const target = `${base.href.replace(/\/+$/, '')}/chat/completions`
  /** No request leaves before this. */
  let notBefore = 0
  let withSchema = true
  let sent = 0

  async function slot(): Promise<void> {
    for (;;) {
      const now = Date.now()
      if (now >= notBefore) {
        if (requestsPerMinute) notBefore = now + 60_000 / requestsPerMinute
        return
      }
      await sleep(notBefore - now, undefined, { signal })
    }
  }

  async function request(messages: readonly Message[], scoreKey: string): Promise<Response> {
    sent++
    return fetch(target, {
      method: 'POST',
      redirect: 'error',
      headers: { 'content-type': 'application/json', ...(key ? { authorization: `Bearer ${key}` } : {}) },
      body: JSON.stringify({
        model,
        messages,
        temperature: 0,
        max_tokens: ANSWER_TOKENS,
        ...(withSchema ? { response_format: answerSchema(scoreKey) } : {}),
      }),
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
  }

  /** One try: the answer, or why and how long to wait before the next. */
  async function attempt(
    messages: readonly Message[],
    scoreKey: string,
  ): Promise<Completion | { reason: string; wait?: number }> {
    await slot()
    let response: Response
    let body: string
    try {
      response = await request(messages, scoreKey)
      // The only place where words of the endpoint come in.
      body = scrub(await readBounded(response))
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof EndpointFailure) throw error
      const timedOut = error instanceof Error && error.name === 'TimeoutError'
      return { reason: timedOut ? `no answer within ${timeoutMs / 1000} s` : `no connection to ${base.host}` }
    }
    const { status } = response
    if (status === 401 || status === 403) throw new EndpointFailure(`${base.host} refused the key (${status})`, true)
    if (status === 404) throw new EndpointFailure(`${base.host} knows no such path or model (404)`, true)
    if (status === 429) return { reason: 'too many requests (429)', ...retryAfter(response) }
    if (status >= 500) return { reason: `the endpoint failed (${status})`, ...retryAfter(response) }
    if (!response.ok) {
      if (withSchema && (status === 400 || status === 422)) {
        // Not every endpoint knows response_format: asked once more in plain words.
        withSchema = false
        return attempt(messages, scoreKey)
      }
      throw new EndpointFailure(`the endpoint refused the request (${status})`)
    }
    return completionOf(body)
  }

  function completionOf(body: string): Completion {
    let raw: unknown
    try {
      raw = JSON.parse(body)
    } catch {
      throw new EndpointFailure('the endpoint did not answer in JSON')
    }
    const parsed = completionSchema.safeParse(raw)
    if (!parsed.success) throw new EndpointFailure('the endpoint answered in another form than a chat completion')
    const answered = parsed.data.model
    if (answered && !isSameModel(model, answered))
      throw new EndpointFailure(`the endpoint answered as ${printable(answered)}, not as ${model}`)
    const { content } = parsed.data.choices[0]!.message
    const text = typeof content === 'string' ? content : content.map((part) => part.text ?? '').join('')
    return { text, named: Boolean(answered) }
  }

  return {
    host: base.host,
    get sent() {
      return sent
    },
    async complete(messages, scoreKey) {
      let wait = retryMs
      for (let n = 1; ; n++) {
        const outcome = await attempt(messages, scoreKey)
        if ('text' in outcome) return outcome
        const pause = outcome.wait ?? Math.min(LONGEST_WAIT_MS, wait)
        if (n >= (outcome.wait === undefined ? TRIES : TRIES_WHEN_TOLD))
          throw new EndpointFailure(`${outcome.reason}, ${n} times`)
        if (pause > MOST_PATIENCE_MS)
          throw new EndpointFailure(`${outcome.reason}, to be asked again in ${Math.round(pause / 1000)} s`)
        // A limit holds for everyone who asks, not only for this question.
        if (outcome.wait !== undefined) notBefore = Math.max(notBefore, Date.now() + pause)
        else await sleep(pause, undefined, { signal })
        wait *= 2
      }
    },
  }
}

const printable = (text: string): string => text.replace(/[^\x20-\x7e]/g, '').slice(0, 80)

/** Seconds or a date; nothing where there is no such header. */
function retryAfter(response: Response): { wait?: number } {
  const text = response.headers.get('retry-after')
  if (text === null) return {}
  const wait = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * 1000 : Date.parse(text) - Date.now()
  return Number.isFinite(wait) ? { wait: Math.max(0, wait) } : {}
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let size = 0
  if (!response.body) return ''
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > MAX_BYTES) throw new EndpointFailure('the endpoint answered with more than 1 MB')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
