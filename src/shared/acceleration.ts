/**
 * Acceleration that may change what a run decides: off unless asked for, recorded in the trajectory's header, and a
 * function of the record alone, so that an accelerated run resumes from any step to the same tokens too. What it costs is
 * measured (docs/acceleration.md).
 */
import { z } from 'zod'

const probability = z.number().min(0).max(1)

export const accelerationSchema = z.strictObject({
  /** Every so many forwards one computes the whole sequence; those between know kept rows by their keys and values. 1: all do. */
  refresh: z.int().min(1).max(4096),
  /** What is kept: the input part, or with it all that was decided when it was last computed. */
  keep: z.enum(['input', 'decided']),
  /** A token at least as probable is decided at its modality's next update, whatever the schedule says; null: never. */
  sure: z.strictObject({ text: probability.nullable(), image: probability.nullable() }),
  /** Which cells an update decides first: the most confident, or those next in a Halton sequence, which spreads them. */
  imageOrder: z.enum(['confidence', 'halton']),
})
export type Acceleration = z.infer<typeof accelerationSchema>
