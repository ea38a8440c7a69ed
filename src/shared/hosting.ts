/** Memory of models, in numbers and in plain words: what a run takes, what there is, and what would fit. Pure. */
import { z } from 'zod'
import { bytesInWords } from './bytes.ts'

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

/** How else a model could be run, and what that takes. */
export interface MemoryProposal {
  readonly words: string
  readonly bytes: number
}

export interface MemoryRefusal {
  readonly message: string
  readonly remedy: string
}

/**
 * Whether a run fits the memory that is free: null where it does, else what it takes part by part, and what would fit. The
 * first proposal that fits is made; none of them, where none does.
 */
export function refuseMemory(
  name: string,
  need: MemoryNeed,
  free: number,
  limit: number,
  proposals: readonly MemoryProposal[],
): MemoryRefusal | null {
  const total = totalOf(need)
  if (total <= free) return null
  const { weights, activations, provider } = need
  const parts = [
    `${bytesInWords(weights)} of weights`,
    `${bytesInWords(activations)} for a step`,
    ...(provider > 0 ? [`${bytesInWords(provider)} of the provider`] : []),
  ]
  const fits = proposals.find(({ bytes }) => bytes <= free)
  const remedy = fits
    ? `${fits.words} (about ${bytesInWords(fits.bytes)}).`
    : total <= limit
      ? `Close other programs: this machine has ${bytesInWords(limit)} in all.`
      : 'Use a smaller model, or a machine with more memory.'
  return {
    message: `A run of ${name} takes about ${bytesInWords(total)} of memory (${parts.join(', ')}), and ${bytesInWords(free)} are free.`,
    remedy,
  }
}
