/**
 * Decoded pictures by run and step, the least used dropped first when they take more bytes than allowed; and the order in
 * which missing ones are asked for. Pure: what asks the service stands in rasters.ts.
 */
import type { Raster } from '../../shared/jobs.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { fieldOf } from './trajectories-log.ts'

const keyOf = (run: string, step: number): string => `${run}/${step}`

export class RasterCache {
  readonly #rasters = new Map<string, Raster>()
  readonly #limit: number
  #bytes = 0

  constructor(limitBytes: number) {
    this.#limit = limitBytes
  }

  get bytes(): number {
    return this.#bytes
  }

  has(run: string, step: number): boolean {
    return this.#rasters.has(keyOf(run, step))
  }

  /** The picture, which counts as used now. */
  get(run: string, step: number): Raster | null {
    const key = keyOf(run, step)
    const raster = this.#rasters.get(key)
    if (!raster) return null
    this.#rasters.delete(key)
    this.#rasters.set(key, raster)
    return raster
  }

  put(run: string, step: number, raster: Raster): void {
    const key = keyOf(run, step)
    this.#bytes += raster.rgb.length - (this.#rasters.get(key)?.rgb.length ?? 0)
    this.#rasters.delete(key)
    this.#rasters.set(key, raster)
    for (const [oldest, dropped] of this.#rasters) {
      if (this.#bytes <= this.#limit || oldest === key) break
      this.#rasters.delete(oldest)
      this.#bytes -= dropped.rgb.length
    }
  }

  forget(run: string): void {
    for (const [key, raster] of [...this.#rasters]) {
      if (!key.startsWith(`${run}/`)) continue
      this.#rasters.delete(key)
      this.#bytes -= raster.rgb.length
    }
  }
}

/** `pictureSteps(t)[k]`: the last step up to k at which the picture changed, so that equal pictures are fetched once. */
export function pictureSteps(trajectory: Trajectory): readonly number[] {
  const field = fieldOf(trajectory.header, 'outputImage')
  const inside = (p: number): boolean => field !== null && p >= field.start && p < field.start + field.length
  const edited = new Set(trajectory.events.filter((e) => inside(e.position)).map((e) => e.step))
  const steps = [0]
  for (const { step, commits, candidates, remasked } of trajectory.steps) {
    const moved =
      edited.has(step) || commits.positions.some(inside) || candidates.positions.some(inside) || remasked.some(inside)
    steps.push(moved ? step : steps[step - 1]!)
  }
  return steps
}

/** Missing steps, nearest first, those ahead before those behind at the same distance; at most `limit`. */
export function nearestMissing(
  around: number,
  pictures: readonly number[],
  isThere: (step: number) => boolean,
  limit: number,
): number[] {
  const found = new Set<number>()
  const last = pictures.length - 1
  for (let distance = 0; distance <= last && found.size < limit; distance++) {
    for (const k of distance === 0 ? [around] : [around + distance, around - distance]) {
      if (k < 0 || k > last || found.size >= limit) continue
      const step = pictures[k]!
      if (!isThere(step)) found.add(step)
    }
  }
  return [...found]
}
