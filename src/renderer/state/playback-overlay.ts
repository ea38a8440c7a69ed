/**
 * Token maps of the image grid as tiny bitmaps, one RGBA pixel a cell, and the one confidence scale that words and cells
 * share. Pure: colours come in as a palette, so that theme and tests decide them.
 */
import type { Frame } from '../../shared/trajectory-frame.ts'
import { confidenceLevel, givenStep, undecidedStep, type TrajectoryHeader } from '../../shared/trajectory.ts'
import { fieldOf } from './trajectories-log.ts'

export const overlayKinds = ['image', 'confidence', 'committed'] as const
export type OverlayKind = (typeof overlayKinds)[number]

type Rgb = readonly [number, number, number]
export interface OverlayPalette {
  readonly low: Rgb
  readonly mid: Rgb
  readonly high: Rgb
  readonly masked: Rgb
  readonly early: Rgb
  readonly late: Rgb
}
export const lightPalette: OverlayPalette = {
  low: [217, 85, 58],
  mid: [227, 179, 65],
  high: [47, 143, 91],
  masked: [201, 206, 216],
  early: [49, 87, 213],
  late: [227, 179, 65],
}

/** What the canvas lays over the box: grid x grid pixels, scaled without smoothing. */
export interface TokenOverlay {
  readonly kind: Exclude<OverlayKind, 'image'>
  readonly grid: number
  readonly pixels: Uint8ClampedArray<ArrayBuffer>
}

const DECIDED = 176
const DRAFTED = 96
const MASKED = 72

/** 0 (least) .. 1 (certain), on the log scale trajectories are stored in: the length of every confidence bar. */
export const confidenceShare = (confidence: number): number => 1 - confidenceLevel(confidence) / 255

const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  Math.round(a[0] + (b[0] - a[0]) * t),
  Math.round(a[1] + (b[1] - a[1]) * t),
  Math.round(a[2] + (b[2] - a[2]) * t),
]

/** The colour of a share of confidence: low to mid to high. */
export const confidenceColour = (share: number, { low, mid, high }: OverlayPalette): Rgb =>
  share < 0.5 ? mix(low, mid, share * 2) : mix(mid, high, share * 2 - 1)

/** The map of a frame, RGBA, row by row; all clear where the run draws no picture. Cells that were given stay clear. */
export function tokenOverlay(
  header: TrajectoryHeader,
  frame: Frame,
  kind: TokenOverlay['kind'],
  palette: OverlayPalette = lightPalette,
): TokenOverlay {
  const { grid } = header.image
  const pixels = new Uint8ClampedArray(grid * grid * 4)
  const field = fieldOf(header, 'outputImage')
  const cells = field ? Math.min(field.length, grid * grid) : 0
  for (let cell = 0; cell < cells; cell++) {
    const p = field!.start + cell
    const at = frame.committedAt[p]!
    const put = ([r, g, b]: Rgb, alpha: number): void => pixels.set([r, g, b, alpha], 4 * cell)
    if (at === givenStep) continue
    if (at === undecidedStep) {
      if (kind === 'confidence' && frame.candidates[p]! >= 0)
        put(confidenceColour(confidenceShare(frame.candidateConfidence[p]!), palette), DRAFTED)
      else put(palette.masked, MASKED)
    } else if (kind === 'confidence') {
      put(confidenceColour(confidenceShare(frame.confidence[p]!), palette), DECIDED)
    } else {
      put(mix(palette.early, palette.late, header.steps <= 1 ? 1 : (at - 1) / (header.steps - 1)), DECIDED)
    }
  }
  return { kind, grid, pixels }
}

/** Words and cells decided at one step: what lights up together. */
export interface Together {
  readonly step: number
  readonly words: readonly number[]
  readonly cells: readonly number[]
}

/** Everything decided at the same step as a word or cell of the frame; null for one that no step decided. */
export function decidedTogether(
  header: TrajectoryHeader,
  frame: Frame,
  of: { readonly field: 'outputText' | 'outputImage'; readonly index: number },
): Together | null {
  const source = fieldOf(header, of.field)
  if (!source || of.index < 0 || of.index >= source.length) return null
  const step = frame.committedAt[source.start + of.index]!
  if (step === givenStep || step === undecidedStep) return null
  const among = (name: 'outputText' | 'outputImage'): number[] => {
    const field = fieldOf(header, name)
    if (!field) return []
    return Array.from({ length: field.length }, (_, i) => i).filter((i) => frame.committedAt[field.start + i] === step)
  }
  return { step, words: among('outputText'), cells: among('outputImage') }
}

/** Positions of each modality that are still to be decided. */
export function maskedLeft(header: TrajectoryHeader, frame: Frame): { readonly text: number; readonly image: number } {
  const count = (name: 'outputText' | 'outputImage'): number => {
    const field = fieldOf(header, name)
    if (!field) return 0
    let n = 0
    for (let p = field.start; p < field.start + field.length; p++) if (frame.committedAt[p] === undecidedStep) n++
    return n
  }
  return { text: count('outputText'), image: count('outputImage') }
}

/** "#rrggbb" as three numbers, or the colour given instead. */
export function rgbOf(hex: string, otherwise: Rgb): Rgb {
  const digits = /^#([0-9a-f]{6})$/i.exec(hex.trim())?.[1]
  if (digits === undefined) return otherwise
  const n = parseInt(digits, 16)
  return [n >> 16, (n >> 8) & 255, n & 255]
}
