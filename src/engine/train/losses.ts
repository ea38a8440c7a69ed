/**
 * The losses of one or more batches as they are told: the weighted objective as a mean over output positions, plain
 * cross-entropy over masked positions by modality, and the same by noise level.
 */
import { NOISE_BINS, type LossByNoise } from '../../shared/training.ts'
import type { Batch } from './batch.ts'

type Modality = 'text' | 'image'
interface Sums {
  sum: number
  n: number
  readonly binSums: Float64Array
  readonly binCounts: Uint32Array
}

const modalityOf = (field: string): Modality => (field === 'outputText' ? 'text' : 'image')

/** The bin of a mask ratio t in (0, 1]. */
export const noiseBin = (t: number): number => Math.min(NOISE_BINS - 1, Math.max(0, Math.ceil(t * NOISE_BINS) - 1))

export class LossTally {
  #weighted = 0
  #positions = 0
  readonly #sums = new Map<Modality, Sums>()

  /** Results hold `logp:FIELD`, log p(target) of every output row, sample by sample. */
  add(batch: Batch, results: Readonly<Record<string, { readonly data: unknown }>>): void {
    for (const [field, weights] of Object.entries(batch.weights)) {
      const logp = results[`logp:${field}`]!.data as Float32Array
      const mask = batch.masked[field]!
      const modality = modalityOf(field)
      const sums = this.#of(modality)
      const ratios = batch.ratios
      const length = logp.length / ratios.length
      ratios.forEach((ratio, b) => {
        const bin = noiseBin(ratio[modality])
        for (let i = b * length; i < (b + 1) * length; i++) {
          this.#weighted -= weights[i]! * logp[i]!
          if (!mask[i]) continue
          sums.sum -= logp[i]!
          sums.n++
          sums.binSums[bin]! -= logp[i]!
          sums.binCounts[bin]!++
        }
      })
      this.#positions += logp.length
    }
  }

  #of(modality: Modality): Sums {
    const known = this.#sums.get(modality)
    if (known) return known
    const made = { sum: 0, n: 0, binSums: new Float64Array(NOISE_BINS), binCounts: new Uint32Array(NOISE_BINS) }
    this.#sums.set(modality, made)
    return made
  }

  /** `text_ce` and `image_ce` (where there is such a modality) and `loss`, each after `prefix`. */
  metrics(prefix = ''): Record<string, number> {
    const out: Record<string, number> = {}
    for (const [modality, { sum, n }] of this.#sums) out[`${prefix}${modality}_ce`] = sum / Math.max(1, n)
    out[`${prefix}loss`] = this.#weighted / Math.max(1, this.#positions)
    return out
  }

  byNoise(): LossByNoise {
    const part = (modality: Modality): LossByNoise['text'] => {
      const { binSums, binCounts } = this.#sums.get(modality) ?? empty
      return {
        loss: Array.from(binSums, (sum, bin) => (binCounts[bin]! > 0 ? sum / binCounts[bin]! : null)),
        positions: [...binCounts],
      }
    }
    return { text: part('text'), image: part('image') }
  }
}

const empty = { binSums: new Float64Array(NOISE_BINS), binCounts: new Uint32Array(NOISE_BINS) }
