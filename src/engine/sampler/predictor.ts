/** What the sampler needs of a model: one forward that picks tokens. The model folder implements it; tests may too. */
import type { Modality } from '../../shared/trajectory.ts'

export interface PredictRequest {
  /** The conditional sequence [L] and, only when guidance asks for them, the unconditional ones. */
  readonly sequences: readonly Int32Array[]
  readonly asks: Readonly<Partial<Record<Modality, Ask>>>
  /** Rows that may be known from an earlier forward. */
  readonly reuse?: Reuse
}

/**
 * Keys and values of some rows as they were when these sequences stood there. Whoever answers keeps them for as long as
 * `key` lives, and computes them from the sequences where it has none.
 */
export interface Reuse {
  readonly key: object
  readonly sequences: readonly Int32Array[]
  /** Positions, ascending; none of them is asked. */
  readonly keep: readonly number[]
  /** Other forwards of the same key know other rows: whoever answers keeps all of them. */
  readonly varies?: boolean
}

/** Rows of one modality to decide. */
export interface Ask {
  /** Sequence positions, ascending and distinct. */
  readonly positions: readonly number[]
  /** One uniform number in [0, 1) per position. */
  readonly uniforms: Float32Array
  readonly temperature: number
  readonly guidance: number
  /** One scale for each unconditional sequence, where there are several: logits = cond + sum of g (cond - uncond). */
  readonly guidances?: readonly number[]
}

export interface Picks {
  /** Token ids of the whole vocabulary, image codes included. */
  readonly tokens: Int32Array
  readonly confidence: Float32Array
}

export interface Predictor {
  predict(request: PredictRequest): Promise<Partial<Record<Modality, Picks>>>
}

/** The same for many runs at once; a request holds one sequence: guidance is not batched. */
export interface BatchPredictor {
  predictMany(requests: readonly PredictRequest[]): Promise<Partial<Record<Modality, Picks>>[]>
}
