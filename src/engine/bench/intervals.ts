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

/** One cluster: what was measured of one prompt, an entry a seed and column; null where a column does not apply. */
export type Cluster = readonly (readonly (number | null)[])[]

/**
 * Cluster bootstrap (Davison and Hinkley 1997, 3.8): prompts are drawn with replacement and, within each, its seeds, so
 * the interval covers both what was asked and the sampler's luck. Returns an interval a column and one for the mean of
 * the columns that apply. Columns without any value have NaN.
 */
export function clusterBootstrap(
  clusters: readonly Cluster[],
  columns: number,
  options: BootstrapOptions = {},
): { columns: Interval[]; mean: Interval } {
  const { resamples = 2000, level = 0.95, seed = 0 } = options
  const random = seededRandom('clusters', seed, clusters.length, columns)
  const means = Array.from({ length: columns + 1 }, () => new Float64Array(resamples))
  const sums = new Float64Array(columns)
  const counts = new Float64Array(columns)
  const add = (row: readonly (number | null)[]): void => {
    for (let c = 0; c < columns; c++) {
      const value = row[c]
      if (value === null || value === undefined) continue
      sums[c] = sums[c]! + value
      counts[c] = counts[c]! + 1
    }
  }
  const finish = (): number[] => {
    const own = Array.from(sums, (sum, c) => sum / counts[c]!)
    const known = own.filter((m) => !Number.isNaN(m))
    sums.fill(0)
    counts.fill(0)
    return [...own, known.reduce((a, b) => a + b, 0) / known.length]
  }
  for (const rows of clusters) rows.forEach(add)
  const estimates = finish()
  for (let i = 0; i < resamples; i++) {
    for (let n = 0; n < clusters.length; n++) {
      const rows = clusters[random.int(clusters.length)]!
      for (let k = 0; k < rows.length; k++) add(rows[rows.length === 1 ? 0 : random.int(rows.length)]!)
    }
    finish().forEach((m, c) => (means[c]![i] = m))
  }
  const intervals = estimates.map((estimate, c): Interval => {
    // A resample may miss a rare column altogether: it says nothing of it.
    const sorted = means[c]!.filter((m) => !Number.isNaN(m)).sort()
    const at = (q: number): number =>
      sorted[Math.min(sorted.length - 1, Math.max(0, Math.round(q * (sorted.length - 1))))] ?? NaN
    return { estimate, low: at((1 - level) / 2), high: at((1 + level) / 2) }
  })
  return { columns: intervals.slice(0, columns), mean: intervals[columns]! }
}

/** Pearson's correlation; null where either side does not vary. */
export function correlation(pairs: readonly (readonly [number, number])[]): number | null {
  const n = pairs.length
  if (n < 2) return null
  const mean = (side: 0 | 1): number => pairs.reduce((sum, p) => sum + p[side], 0) / n
  const [mx, my] = [mean(0), mean(1)]
  let [xy, xx, yy] = [0, 0, 0]
  for (const [x, y] of pairs) {
    xy += (x - mx) * (y - my)
    xx += (x - mx) ** 2
    yy += (y - my) ** 2
  }
  return xx < 1e-9 || yy < 1e-9 ? null : xy / Math.sqrt(xx * yy)
}
