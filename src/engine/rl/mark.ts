/** Marks of pairs within a time: a reward that takes too long is noticed, and whoever stops the run is heard. */
import type { Pair } from './pairs.ts'
import type { Reward } from './reward.ts'

/** Pairs marked between two looks at the clock. */
const CHUNK = 16

export interface MarkOptions {
  /** Seconds the reward may take in all. */
  readonly limit: number
  /** Seconds. */
  now(this: void): number
  readonly signal?: AbortSignal
}

export interface Marker {
  /** A number a pair; NaN where the reward has none to give, or where the time was up. */
  mark(this: void, pairs: readonly Pair[]): Promise<number[]>
  /** Pairs the reward was asked about. */
  readonly asked: number
  /** Whether the time ended before the pairs did. */
  readonly late: boolean
}

export function createMarker(reward: Pick<Reward, 'mark'>, { limit, now, signal }: MarkOptions): Marker {
  let spent = 0
  let asked = 0
  let late = false
  return {
    async mark(pairs) {
      const raw: number[] = []
      for (let from = 0; from < pairs.length; from += CHUNK) {
        signal?.throwIfAborted()
        late ||= spent > limit
        const chunk = pairs.slice(from, from + CHUNK)
        if (late) {
          raw.push(...chunk.map(() => NaN))
          continue
        }
        const began = now()
        raw.push(...(await reward.mark(chunk)))
        spent += now() - began
        asked += chunk.length
      }
      return raw
    },
    get asked() {
      return asked
    },
    get late() {
      return late
    },
  }
}
