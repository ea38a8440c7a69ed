/**
 * Of a model whose input does not attend to its output, keys and values of the input are the same at every step: they are
 * computed once for an input and kept, and no token changes. The last inputs of each number of sequences are remembered.
 */
import type { ModelConfig, Task } from '../../shared/model-config.ts'
import type { Reuse } from '../sampler/predictor.ts'
import { resolveLayout } from './layout.ts'

/** Inputs remembered for each number of sequences: an interactive run and a background one. */
const REMEMBERED = 2

export interface InputCache {
  /** Positions of the input part: 0 .. size - 1. */
  readonly size: number
  /** What a forward over these sequences may reuse; undefined of a model whose input sees its output. */
  reuse(sequences: readonly Int32Array[]): Reuse | undefined
}

export function createInputCache(config: ModelConfig, task: Task, instruction?: number): InputCache {
  const { outputStart: size } = resolveLayout(config, task, instruction)
  if (config.options.inputAttends !== 'input') return { size, reuse: () => undefined }
  const keep = Array.from({ length: size }, (_, p) => p)
  const known = new Map<number, Reuse[]>()
  const sameInput = (a: Int32Array, b: Int32Array): boolean => keep.every((p) => a[p] === b[p])
  return {
    size,
    reuse(sequences) {
      const last = known.get(sequences.length) ?? []
      const found = last.find((each) => each.sequences.every((sequence, p) => sameInput(sequence, sequences[p]!)))
      const reuse = found ?? { key: {}, sequences: sequences.map((each) => each.slice()), keep }
      known.set(sequences.length, [reuse, ...last.filter((each) => each !== reuse)].slice(0, REMEMBERED))
      return reuse
    },
  }
}
