/**
 * Who may speak to the server. Every request, WebSocket upgrade and asset passes here: the Host it names (a page that has
 * its name rebound to this machine names its own), the Origin and the browser's own word on where it comes from.
 */
import { timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Site {
  readonly secure: boolean
  /** `host:port` of every address this studio is opened under, in lower case. */
  readonly hosts: ReadonlySet<string>
}

export type Refusal = 'host' | 'origin' | 'cross-site'

/** Why a request is not answered, or null. Cookies are looked at afterwards, by the sessions. */
export function refusal(site: Site, { method = 'GET', headers, url = '/' }: IncomingMessage): Refusal | null {
  const host = headers.host?.toLowerCase()
  if (host === undefined || !site.hosts.has(host)) return 'host'
  const upgrade = headers.upgrade !== undefined
  const writes = method !== 'GET' && method !== 'HEAD'
  const own = `${site.secure ? 'https' : 'http'}://${host}`
  if (headers.origin === undefined ? upgrade || writes : headers.origin.toLowerCase() !== own) return 'origin'
  const from = headers['sec-fetch-site']
  if (from === undefined || from === 'same-origin' || from === 'none') return null
  // Another site may link to the studio's front door, and to nothing else; another port of this machine is another site.
  const door = method === 'GET' && /^\/(\?|$)/.test(url)
  const navigation = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  return door && navigation && !upgrade ? null : 'cross-site'
}

/** Compares secrets of the same kind in a time that says nothing about them. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)]
  return left.length === right.length && timingSafeEqual(left, right)
}

/** The names a server at `host` answers to. A wildcard answers to the addresses and the name of this machine. */
export function hostNames(
  host: string,
  port: number,
  machine: { readonly name: string; readonly addresses: readonly string[] },
  certified: readonly string[] = [],
): Set<string> {
  const wildcard = host === '0.0.0.0' || host === '::'
  const loopback = ['localhost', '127.0.0.1', '::1']
  const names = wildcard ? [...loopback, machine.name, ...machine.addresses] : isLoopback(host) ? loopback : [host]
  return new Set([...names, ...certified].flatMap((name) => withPort(name.toLowerCase(), port)))
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)

/** A browser leaves out the port that its scheme implies. */
function withPort(name: string, port: number): string[] {
  const written = name.includes(':') ? `[${name}]` : name
  return port === 80 || port === 443 ? [written, `${written}:${port}`] : [`${written}:${port}`]
}
