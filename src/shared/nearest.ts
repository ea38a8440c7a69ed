/**
 * Resampling by nearest, in whole numbers, so that every reader of a mask picks the same pixels: the screens that show
 * which cells are free, and the engine that frees them.
 */

/** The pixels of `from` whose middles lie under those of `to` pixels, in order. */
export const nearestPixels = (from: number, to: number): number[] =>
  Array.from({ length: to }, (_, i) => Math.min(from - 1, Math.floor(((2 * i + 1) * from) / (2 * to))))
