/**
 * Requests to a host: with a patience, a token where there is one and only for that host, and every refusal in words. Nothing
 * is asked of a host before a person names it and asks.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { TandemError } from '../../shared/errors.ts'

export interface HubOptions {
  readonly base: URL
  readonly token: string | null
  readonly signal: AbortSignal
  /** Milliseconds without a byte before a try counts as failed. */
  readonly patienceMs?: number
  /** Milliseconds before the first of the tries after a failure; doubled each time. */
  readonly retryMs?: number
  /** Bytes that stay free on the disk beside what is downloaded. */
  readonly marginBytes?: number
}

/** Something that may be different at the next try. */
export class Transient extends Error {
  readonly waitMs: number | null

  constructor(message: string, waitMs: number | null = null) {
    super(message)
    this.waitMs = waitMs
  }
}

export const PATIENCE_MS = 60_000
const TRIES = 5
const MAX_WAIT_MS = 120_000

const isLoopback = ({ hostname }: URL): boolean => /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)

/** One request. Resolves with a response that is good; throws a Transient or a TandemError. `stop` ends it at any time. */
export async function request(
  options: HubOptions,
  path: string,
  stop: AbortSignal,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  const { base, token } = options
  const url = new URL(path, base.href.endsWith('/') ? base : `${base.href}/`)
  if (token !== null && url.protocol === 'http:' && !isLoopback(url))
    throw new TandemError(`The token would go to ${base.host} unencrypted.`, 'Use https, or unset the token.')
  let response: Response
  try {
    response = await fetch(url, {
      signal: stop,
      // Follows to where large files lie; fetch drops the token on the way to another host.
      redirect: 'follow',
      headers: {
        'accept-encoding': 'identity',
        ...(token !== null && url.origin === base.origin ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
    })
  } catch (error) {
    options.signal.throwIfAborted()
    throw new Transient(reasonOf(error, base.host))
  }
  if (response.ok || response.status === 416) return response
  await response.body?.cancel()
  throw refusal(response, base.host, token !== null)
}

function reasonOf(error: unknown, host: string): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${host} is not known here (no such host, or no network)`
  if (code === 'ECONNREFUSED') return `${host} refuses connections`
  if (cause instanceof Error && /redirect count/i.test(cause.message))
    return `${host} sends from one address to the next without end`
  return `no connection to ${host}${code === '' ? '' : ` (${code})`}`
}

function refusal(response: Response, host: string, withToken: boolean): Error {
  const { status } = response
  const code = response.headers.get('x-error-code') ?? ''
  if (code === 'GatedRepo' || status === 401 || status === 403) {
    if (code === 'RepoNotFound' && withToken) return notThere(host)
    return new TandemError(
      code === 'GatedRepo'
        ? `This repository is gated: ${host} gives it only to people who accepted its terms.`
        : `${host} does not give this repository to everybody (${status}): it is gated, private, or not there.`,
      withToken
        ? 'Check its name; accept its terms on its page with the account of your token.'
        : 'Check its name; or accept its terms on its page, and set TANDEM_HUB_TOKEN to a read token of your account.',
    )
  }
  if (status === 404) return code === 'RevisionNotFound' ? noRevision(host) : notThere(host)
  if (status === 429) return new Transient(`${host} asks to wait (429)`, retryAfter(response))
  if (status >= 500 || status === 408) return new Transient(`${host} failed (${status})`, retryAfter(response))
  return new TandemError(`${host} refused the request (${status}).`, 'Check the repository and the host.')
}

const notThere = (host: string): TandemError =>
  new TandemError(`${host} has no such repository, revision or file (404).`, 'Check its name and the revision.')
const noRevision = (host: string): TandemError =>
  new TandemError(`${host} has no such revision of this repository.`, 'Leave the revision out, or correct it.')

function retryAfter({ headers }: Response): number | null {
  const seconds = Number(headers.get('retry-after') ?? NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(MAX_WAIT_MS, 1000 * seconds) : null
}

/**
 * Tries until it works. `work` says whether a failed try got further than the one before: only tries that got nowhere are
 * counted, so a large file over a bad line arrives in the end.
 */
export async function persist<T>(
  { signal, retryMs = 1000, base }: HubOptions,
  work: (attempt: number) => Promise<T>,
  gotFurther: () => boolean = () => false,
): Promise<T> {
  for (let attempt = 0, failures = 1; ; attempt++) {
    try {
      return await work(attempt)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof Transient)) throw error
      failures = gotFurther() ? 1 : failures + 1
      if (failures > TRIES)
        throw new TandemError(
          `The download from ${base.host} stopped: ${error.message}.`,
          'What is there is kept: start it again when the connection is back, and it goes on.',
          'environment',
        )
      await sleep(error.waitMs ?? Math.min(MAX_WAIT_MS, retryMs * 2 ** (failures - 2)), undefined, { signal })
    }
  }
}

/** A small JSON answer, at most this long, and where the next page is. */
const MAX_JSON = 64 << 20

export async function getJson(options: HubOptions, path: string): Promise<{ body: unknown; next: string | null }> {
  return persist(options, async () => {
    const stop = AbortSignal.any([options.signal, AbortSignal.timeout(options.patienceMs ?? PATIENCE_MS)])
    const response = await request(options, path, stop)
    let text = ''
    try {
      const decoder = new TextDecoder()
      for await (const chunk of response.body ?? []) {
        text += decoder.decode(chunk as Uint8Array, { stream: true })
        if (text.length > MAX_JSON) throw new TandemError('The list of files is absurdly long.', 'Check the host.')
      }
    } catch (error) {
      if (error instanceof TandemError) throw error
      throw new Transient(reasonOf(error, options.base.host))
    }
    try {
      return { body: JSON.parse(text) as unknown, next: nextPage(response.headers.get('link'), options.base) }
    } catch {
      throw new TandemError(
        `${options.base.host} does not answer as a host of models does.`,
        'Check the address of the host.',
      )
    }
  })
}

/** `<https://...>; rel="next"`: path and query alone, so that no page leads to another host. */
function nextPage(link: string | null, base: URL): string | null {
  const found = /<([^>]+)>\s*;\s*rel="?next"?/.exec(link ?? '')?.[1]
  const url = found === undefined ? null : URL.parse(found, base.href)
  if (!url) return null
  const prefix = base.pathname === '/' ? '' : base.pathname
  return url.pathname.slice(url.pathname.startsWith(`${prefix}/`) ? prefix.length : 0).replace(/^\/+/, '') + url.search
}
