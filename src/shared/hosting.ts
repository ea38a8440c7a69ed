/** Memory of models, in numbers and in plain words: what a run takes, what there is, and what would fit. Pure. */
import { z } from 'zod'

/** Bytes. */
export const memoryNeedSchema = z.strictObject({
  weights: z.number().nonnegative(),
  /** What lives beside them while a step is computed. */
  activations: z.number().nonnegative(),
  /** What the provider holds of its own: a matrix widened at a time, or the weights once more on a device. */
  provider: z.number().nonnegative(),
})
export type MemoryNeed = z.infer<typeof memoryNeedSchema>

export const totalOf = ({ weights, activations, provider }: MemoryNeed): number => weights + activations + provider
