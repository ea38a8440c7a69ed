/**
 * How far a measured share or mean can be trusted. Every number in a report carries one of these two intervals, so that
 * a difference of three points on forty prompts is not mistaken for a finding.
 */
import { seededRandom } from '../data/random.ts'

export interface Interval {
  estimate: number
  low: number
  high: number
}

/** z of a two-sided 95 % interval. */
const Z95 = 1.959963984540054

/** The Wilson score interval of k successes in n trials, as shares 0..1 (Wilson 1927). n = 0 knows nothing: 0..1. */
export function wilsonInterval(k: number, n: number, z: number = Z95): Interval {
  if (n === 0) return { estimate: NaN, low: 0, high: 1 }
  const p = k / n
  const centre = (p + (z * z) / (2 * n)) / (1 + (z * z) / n)
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n))
  // At k = 0 and k = n one end is exact; rounding must not leave the share outside its interval.
  return { estimate: p, low: k === 0 ? 0 : Math.max(0, centre - half), high: k === n ? 1 : Math.min(1, centre + half) }
}

export interface BootstrapOptions {
  resamples?: number
  /** Two-sided coverage, 0..1. */
  level?: number
  seed?: number
}

/** The percentile bootstrap interval of a mean (Efron 1979). Seeded: the same values give the same interval. */
export function bootstrapMean(values: readonly number[], options: BootstrapOptions = {}): Interval {
  const { resamples = 2000, level = 0.95, seed = 0 } = options
  const n = values.length
  if (n === 0) return { estimate: NaN, low: NaN, high: NaN }
  const random = seededRandom('bootstrap', seed, n)
  const means = Float64Array.from({ length: resamples }, () => {
    let sum = 0
    for (let i = 0; i < n; i++) sum += values[random.int(n)]!
    return sum / n
  }).sort()
  const at = (q: number): number => means[Math.min(resamples - 1, Math.max(0, Math.round(q * (resamples - 1))))]!
  return { estimate: values.reduce((a, b) => a + b, 0) / n, low: at((1 - level) / 2), high: at((1 + level) / 2) }
}
