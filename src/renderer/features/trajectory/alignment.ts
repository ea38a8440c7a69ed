/** The curve of the alignment strip. Pure. */
import { middleOf } from './timeline-shapes.ts'

interface MarkAt {
  readonly step: number
  readonly value: number
}

/** A path over the columns of the tracks (0..steps) in a box of that size: the lowest mark lies on its floor, the highest at its ceiling. */
export function alignmentPath(marks: readonly MarkAt[], steps: number, width: number, height: number): string {
  if (marks.length === 0 || steps <= 0) return ''
  const values = marks.map(({ value }) => value)
  const low = Math.min(...values)
  const span = Math.max(...values) - low
  const y = (value: number): number => (span === 0 ? height / 2 : height - 2 - ((value - low) / span) * (height - 4))
  return `M${marks.map(({ step, value }) => `${((middleOf(step, steps + 1) / 100) * width).toFixed(1)} ${y(value).toFixed(1)}`).join('L')}`
}
