/**
 * A fixed order of the cells of a square grid that spreads any first few of them evenly: the two-dimensional Halton
 * sequence (bases 2 and 3), each cell where it is first met. Cells decided together then stand far apart, and depend less on
 * each other than neighbours do.
 */
import type { Modality, TrajectoryHeader } from '../../shared/trajectory.ts'

/** The i-th number of the van der Corput sequence: the digits of i in `base`, mirrored at the point. */
function radicalInverse(i: number, base: number): number {
  let out = 0
  for (let scale = 1 / base, rest = i; rest > 0; scale /= base, rest = Math.floor(rest / base))
    out += scale * (rest % base)
  return out
}

const known = new Map<number, Int32Array>()

/** Rank of every cell, row by row, in the order of the grid: [grid * grid]. */
export function haltonRanks(grid: number): Int32Array {
  const cached = known.get(grid)
  if (cached) return cached
  const ranks = new Int32Array(grid * grid).fill(-1)
  for (let i = 0, next = 0; next < ranks.length; i++) {
    const cell = Math.floor(radicalInverse(i, 2) * grid) * grid + Math.floor(radicalInverse(i, 3) * grid)
    if (ranks[cell]! < 0) ranks[cell] = next++
  }
  known.set(grid, ranks)
  return ranks
}

/** Of a modality that is decided in an order of its own, whatever the model says: earlier positions score higher. */
export function orderOf(header: TrajectoryHeader, modality: Modality): ((position: number) => number) | null {
  const cells = header.fields.find(({ name }) => name === 'outputImage')
  if (modality !== 'image' || !cells || header.acceleration?.imageOrder !== 'halton') return null
  const ranks = haltonRanks(header.image.grid)
  return (position) => -ranks[position - cells.start]!
}
