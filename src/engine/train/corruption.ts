/**
 * Masked-diffusion corruption of one sample: how much of each modality is masked, which tokens, and what weight each
 * masked token's cross-entropy carries. One progress r in [0, 1) drives both modalities along the schedules of the
 * sampler (linear for text, cosine for image), or each modality draws its own.
 */
import { z } from 'zod'
import type { Random } from '../data/random.ts'

export const corruptionSchema = z.strictObject({
  /** Share of samples whose modalities are masked independently: what sequential and resumed runs meet. */
  independent: z.number().min(0).max(1).default(0.5),
  /**
   * `sequential` trains for reasoning first, picture after it: half of the samples learn the text before a picture that is
   * all masked, the other half the picture beside a text that is whole. Without it, both are masked and learned at once.
   */
  timeline: z.enum(['sequential']).optional(),
  /** w_text: 1/t (the paper's) or 1. */
  textWeight: z.enum(['inverse-t', 'one']).default('inverse-t'),
  /** w_image: 1 (the paper's) or 1/t. */
  imageWeight: z.enum(['inverse-t', 'one']).default('one'),
  /** 1/t is clipped here: a single masked token of a long text would outweigh the batch. */
  maxInverseT: z.number().min(1).default(10),
  /** Factor on output cells whose code differs from the input's. */
  changedCellWeight: z.number().min(1).default(1),
  /** Share of samples whose instruction, and whose input image, are masked out, for guidance. */
  dropText: z.number().min(0).max(1).default(0.1),
  dropImage: z.number().min(0).max(1).default(0.1),
})
export type CorruptionConfig = z.infer<typeof corruptionSchema>

/** Mask probabilities of a draw, in [0, 1], and the modality that alone is learned, where it is one. */
export interface MaskRatios {
  readonly text: number
  readonly image: number
  readonly only?: 'text' | 'image'
}

/** The sampler's schedules: at progress r, text is masked with 1 - r and image with cos(pi r / 2). */
export function drawRatios(config: CorruptionConfig, random: Random): MaskRatios {
  const r = random.next()
  if (config.timeline === 'sequential')
    return random.next() < 0.5
      ? { text: 1 - r, image: 1, only: 'text' }
      : { text: 0, image: Math.cos((Math.PI / 2) * r), only: 'image' }
  const own = random.next() < config.independent ? random.next() : r
  return { text: 1 - r, image: Math.cos((Math.PI / 2) * own) }
}

/** Cross-entropy weight of a masked token at mask ratio t. */
export function lossWeight(kind: 'inverse-t' | 'one', t: number, maxInverseT: number): number {
  return kind === 'one' ? 1 : Math.min(maxInverseT, 1 / t)
}

/** Masks exactly max(1, round(ratio * n)) positions: true where masked. */
export function maskExactly(n: number, ratio: number, random: Random): Uint8Array {
  const count = Math.max(1, Math.min(n, Math.round(ratio * n)))
  const order = Uint16Array.from({ length: n }, (_, i) => i)
  const masked = new Uint8Array(n)
  for (let i = 0; i < count; i++) {
    const j = i + random.int(n - i)
    const chosen = order[j]!
    order[j] = order[i]!
    masked[chosen] = 1
  }
  return masked
}

/** Masks each position with probability `ratio`, at least one. */
export function maskBernoulli(n: number, ratio: number, random: Random): Uint8Array {
  const masked = new Uint8Array(n)
  let any = false
  for (let i = 0; i < n; i++) {
    if (random.next() < ratio) {
      masked[i] = 1
      any = true
    }
  }
  if (!any) masked[random.int(n)] = 1
  return masked
}
