/** Whether a run fits, in plain words and with a proposal where it does not. Pure: what was measured comes in. */
import { bytesInWords } from '../../shared/bytes.ts'
import type { PreflightReport, Proposal } from '../../shared/training.ts'

export interface Measures {
  readonly method: 'lora' | 'full'
  readonly rank: number | null
  readonly batch: number
  readonly accumulate: number
  readonly steps: number
  readonly totalSeconds: number
  /** Peak of a step and all around it, and what could be had. */
  readonly peak: number
  readonly available: number
  /** The container's limit; null where there is none. */
  readonly limit: number | null
  /** Expected peak of a pass of so many samples. */
  peakOf(this: void, samples: number): number
  readonly diskNeeded: number
  readonly diskFree: number
}

type Verdict = Pick<PreflightReport, 'verdict' | 'sentence' | 'proposal'>

/** Shares of what there is. Above the first a run is tight: other programs want memory too. */
const COMFORT = 0.75
const MOST = 0.92
const DISK_MOST = 0.9

export function judgeRun(measures: Measures): Verdict {
  const { peak, available, limit, diskNeeded, diskFree, steps, batch, totalSeconds } = measures
  const source = limit === null ? '' : ` (the limit of the container is ${bytesInWords(limit)})`
  const memory = `needs ${bytesInWords(peak)} of memory and ${bytesInWords(available)} can be had${source}`
  const disk = `needs ${bytesInWords(diskNeeded)} of disk and ${bytesInWords(diskFree)} is free`
  if (diskNeeded > diskFree)
    return {
      verdict: 'refused',
      sentence: `The run ${disk}.`,
      proposal: { words: 'Free some space, or choose a folder on another disk.', settings: {} },
    }
  if (peak > MOST * available)
    return { verdict: 'refused', sentence: `The run ${memory}.`, proposal: smaller(measures) }
  if (peak > COMFORT * available)
    return {
      verdict: 'tight',
      sentence: `The run ${memory}: close other programs while it goes.`,
      proposal: smaller(measures),
    }
  if (diskNeeded > DISK_MOST * diskFree)
    return {
      verdict: 'tight',
      sentence: `The run ${disk}.`,
      proposal: { words: 'Free some space before it starts.', settings: {} },
    }
  const time = durationInWords(totalSeconds)
  return {
    verdict: 'fits',
    sentence: `${steps} steps of ${batch} samples take about ${time}; the run ${memory}, ${disk}.`,
    proposal: null,
  }
}

/** The least change that fits: more passes a step first, because they train the same. */
function smaller({ batch, accumulate, method, rank, peakOf, available }: Measures): {
  words: string
  settings: Proposal
} {
  for (let passes = accumulate + 1; passes <= batch; passes++) {
    if (batch % passes !== 0 || peakOf(batch / passes) > COMFORT * available) continue
    const share = batch / passes
    const words = `Compute each step in ${passes} passes of ${share} ${share === 1 ? 'sample' : 'samples'} (accumulate ${passes}): less memory, the same training, a little slower.`
    return { words, settings: { accumulate: passes } }
  }
  if (method === 'full')
    return {
      words: 'Train an adapter (LoRA) instead of the whole model: it keeps no moments for the weights that stay.',
      settings: { method: 'lora', rank: 8, accumulate: batch },
    }
  if (rank !== null && rank > 1) {
    const lower = Math.max(1, Math.floor(rank / 2))
    return { words: `Lower the rank of the adapter to ${lower}.`, settings: { rank: lower, accumulate: batch } }
  }
  return { words: 'Choose a smaller model, or a machine with more memory.', settings: {} }
}

/** `40 s`, `12 min`, `3.5 h`. */
export function durationInWords(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds))} s`
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
