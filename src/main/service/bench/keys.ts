/**
 * Keys of endpoints that judge. One lives in this process's memory until the runs that need it are done, or, where the
 * host can have the system encrypt it, in the host's vault; it goes to the engine in a message of its own and nowhere
 * else: no spec, argument, log, row, event or report holds it.
 */
import { TandemError } from '../../../shared/errors.ts'
import type { KeyState } from '../../../shared/ipc-bench.ts'
import { isActive, type StudioJob } from '../../../shared/studio-jobs.ts'
import type { Vault } from '../types.ts'

/** Where a key may come from besides: of the process, for whoever starts the studio without a keyring. */
const VARIABLE = 'TANDEM_JUDGE_KEY'

export interface JudgeKeys {
  state(url: string): Promise<KeyState>
  /** Throws where it would leave unencrypted, or could only be kept in plain text. */
  set(url: string, key: string, keep: boolean): Promise<void>
  forget(url: string): Promise<void>
  /** For a job that is about to ask; null where there is none. */
  find(url: string): Promise<string | null>
  /** Forgets keys that no job needs any more, unless they are kept. */
  sweep(jobs: readonly StudioJob[]): void
}

const noVault: Vault = {
  state: () =>
    Promise.resolve({
      usable: false,
      why: 'A studio in a browser keeps no keys: give it for this run, or start the studio with TANDEM_JUDGE_KEY set.',
    }),
  get: () => Promise.resolve(null),
  put: () => Promise.reject(new Error('there is no vault')),
  remove: () => Promise.resolve(),
}

export function createJudgeKeys(
  vault: Vault = noVault,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): JudgeKeys {
  /** By origin. `used`: a job has asked with it. */
  const memory = new Map<string, { key: string; used: boolean }>()

  async function find(url: string): Promise<string | null> {
    const origin = originOf(url)
    const held = memory.get(origin)
    if (held) held.used = true
    return held?.key ?? (await vault.get(origin)) ?? (environment[VARIABLE] || null)
  }

  return {
    find,
    async state(url) {
      const origin = originOf(url)
      const { usable, why } = await vault.state()
      const where = memory.has(origin)
        ? 'memory'
        : (await vault.get(origin)) !== null
          ? 'kept'
          : environment[VARIABLE]
            ? 'environment'
            : 'none'
      return { host: new URL(origin).host, where, canKeep: usable, why: usable ? '' : why }
    },
    async set(url, key, keep) {
      const origin = originOf(url)
      const { protocol, hostname, host } = new URL(origin)
      if (protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(hostname))
        throw new TandemError(`The key would go to ${host} unencrypted.`, 'Use https, or ask without a key.')
      // A header holds no line ends, and a key with them is a mistake of copying.
      const clean = key.trim()
      if (!/^[\x21-\x7e]+$/.test(clean))
        throw new TandemError('That is not a key: it holds blanks or letters no key has.', 'Copy it again.')
      if (!keep) return void memory.set(origin, { key: clean, used: false })
      const { usable, why } = await vault.state()
      if (!usable) throw new TandemError('The key cannot be kept here.', why)
      await vault.put(origin, clean)
      memory.delete(origin)
    },
    async forget(url) {
      const origin = originOf(url)
      memory.delete(origin)
      await vault.remove(origin)
    },
    sweep(jobs) {
      for (const [origin, { used }] of memory) {
        const needed = jobs.some(
          (job) =>
            'judge' in job.spec &&
            job.spec.judge.kind === 'endpoint' &&
            originOf(job.spec.judge.url) === origin &&
            // What failed or rests may go on.
            (isActive(job) || job.state === 'paused' || job.state === 'failed'),
        )
        if (used && !needed) memory.delete(origin)
      }
    },
  }
}

function originOf(url: string): string {
  const parsed = URL.parse(url)
  if (!parsed || !/^https?:$/.test(parsed.protocol))
    throw new TandemError('The judge is not an http(s) URL.', 'Give one like https://host/v1.')
  return parsed.origin
}
