/** What a family of image tokenizers says of a checkpoint: its sizes, its tensors, and its two halves as graphs. */
import type { Value } from '../../graph/types.ts'
import type { Shapes } from '../compare.ts'
import type { Network } from './network.ts'

export interface VqPlan {
  readonly family: 'magvitv2' | 'vqmodel'
  /** Pixels along one side of a code. */
  readonly factor: number
  readonly codebookSize: number
  /** What black and white are to the network. */
  readonly range: readonly [number, number]
  readonly groups: number
  readonly eps: number
  readonly shapes: Shapes
  readonly ignored: (name: string) => boolean
  /** Pixels [1, 3, H, W] in `range` -> codes [h * w] int64, row by row. */
  encode(this: void, network: Network, pixels: Value): Value
  /** Codes [h * w] -> pixels [1, 3, H, W], as they leave the network. */
  decode(this: void, network: Network, codes: Value, height: number, width: number): Value
}

/** Numbers of the `#` in the names that match: `a.#.b` over a.0.b, a.1.b is 2. They must run from 0. */
export function countOf(names: Iterable<string>, pattern: string): number {
  const [before, after] = pattern.split('#') as [string, string]
  const found = new Set<number>()
  for (const name of names) {
    if (!name.startsWith(before)) continue
    const match = /^\d+/.exec(name.slice(before.length))
    if (match && name.slice(before.length + match[0].length).startsWith(after)) found.add(Number(match[0]))
  }
  let n = 0
  while (found.has(n)) n++
  return n
}
