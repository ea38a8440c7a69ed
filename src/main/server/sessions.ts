/**
 * Links and sessions. A link holds a token that is good for one exchange; what it is exchanged for is a cookie that
 * scripts cannot read and other sites cannot send. Both live in memory: ending the server ends them.
 */
import { randomBytes } from 'node:crypto'
import { sameSecret } from './guard.ts'

const secret = (): string => randomBytes(32).toString('base64url')
/** More than a person's browsers; the oldest goes. */
const MOST_SESSIONS = 64

export class Sessions {
  readonly #cookie: string
  readonly #secure: boolean
  #token: string | null = null
  #used: string[] = []
  #sessions: string[] = []

  /** Cookies do not know ports: the name keeps two studios on one machine apart. */
  constructor(port: number, secure: boolean) {
    this.#cookie = secure ? `__Host-tandem-${port}` : `tandem-${port}`
    this.#secure = secure
  }

  /** A new token; the one before it, if nobody used it, is void. */
  issue(): string {
    return (this.#token = secret())
  }

  /** What a token is worth: a Set-Cookie header, or why not. */
  exchange(token: string): { readonly setCookie: string } | 'used' | 'unknown' {
    if (this.#token === null || !sameSecret(token, this.#token)) {
      return this.#used.some((used) => sameSecret(token, used)) ? 'used' : 'unknown'
    }
    this.#used = [...this.#used, this.#token].slice(-MOST_SESSIONS)
    this.#token = null
    const session = secret()
    this.#sessions = [...this.#sessions, session].slice(-MOST_SESSIONS)
    const flags = `Path=/; HttpOnly; SameSite=Strict${this.#secure ? '; Secure' : ''}`
    return { setCookie: `${this.#cookie}=${session}; ${flags}` }
  }

  /** Whether a Cookie header holds a session. */
  admits(header: string | undefined): boolean {
    return this.#held(header).some((value) => this.#sessions.some((session) => sameSecret(session, value)))
  }

  /** Whether a Cookie header holds what may have been a session of an earlier start. */
  remembers(header: string | undefined): boolean {
    return this.#held(header).length > 0
  }

  #held(header: string | undefined): string[] {
    const cookies = (header ?? '').split(';').map((part) => part.trim())
    const mine = cookies.filter((part) => part.startsWith(`${this.#cookie}=`))
    return mine.map((part) => part.slice(this.#cookie.length + 1))
  }
}
