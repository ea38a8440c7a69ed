/**
 * The project's only source of randomness: xoshiro128** (Blackman and Vigna 2018) seeded by hashing any list of words
 * and numbers. State is a short string, so a run that resumes continues the same stream.
 */
export interface Random {
  /** Uniform in [0, 1), 32 bits. */
  next(): number
  /** Uniform integer in [0, n). */
  int(n: number): number
  pick<T>(items: readonly T[]): T
  /** A shuffled copy. */
  shuffle<T>(items: readonly T[]): T[]
  /** Standard normal (Box-Muller, both halves used). */
  normal(): number
  state(): string
}

/** FNV-1a over the UTF-8 of the parts, one 32-bit word per lane. */
export function hashWords(parts: readonly (string | number)[], lanes: number): Uint32Array {
  const bytes = new TextEncoder().encode(parts.join('\u0000'))
  return Uint32Array.from({ length: lanes }, (_, lane) => {
    let hash = (0x811c9dc5 ^ Math.imul(lane + 1, 0x9e3779b9)) >>> 0
    for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b) >>> 0
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35) >>> 0
    return (hash ^ (hash >>> 16)) >>> 0
  })
}

/** The same parts give the same stream, on every machine. */
export function seededRandom(...parts: readonly (string | number)[]): Random {
  return fromWords(hashWords(parts, 4), NaN)
}

/** Continues a stream from what `state()` returned. */
export function restoreRandom(state: string): Random {
  const [words, spare] = state.split('|')
  const numbers = (words ?? '').split(',').map(Number)
  if (numbers.length !== 4 || numbers.some((n) => !Number.isInteger(n))) throw new Error('not a random state')
  return fromWords(Uint32Array.from(numbers), spare ? Number(spare) : NaN)
}

function fromWords(s: Uint32Array, initialSpare: number): Random {
  let spare = initialSpare
  const rotl = (x: number, k: number): number => ((x << k) | (x >>> (32 - k))) >>> 0
  const bits = (): number => {
    const result = Math.imul(rotl(Math.imul(s[1]!, 5) >>> 0, 7), 9) >>> 0
    const t = (s[1]! << 9) >>> 0
    s[2] = s[2]! ^ s[0]!
    s[3] = s[3]! ^ s[1]!
    s[1] = s[1]! ^ s[2]
    s[0] = s[0]! ^ s[3]
    s[2] = s[2] ^ t
    s[3] = rotl(s[3], 11)
    return result
  }
  const next = (): number => bits() / 4294967296
  const int = (n: number): number => Math.floor(next() * n)
  return {
    next,
    int,
    pick: (items) => items[int(items.length)]!,
    shuffle(items) {
      const out = [...items]
      for (let i = out.length - 1; i > 0; i--) {
        const j = int(i + 1)
        ;[out[i], out[j]] = [out[j]!, out[i]!]
      }
      return out
    },
    normal() {
      if (!Number.isNaN(spare)) {
        const value = spare
        spare = NaN
        return value
      }
      const radius = Math.sqrt(-2 * Math.log(1 - next()))
      const angle = 2 * Math.PI * next()
      spare = radius * Math.sin(angle)
      return radius * Math.cos(angle)
    },
    state: () => `${[...s].join(',')}|${Number.isNaN(spare) ? '' : String(spare)}`,
  }
}
