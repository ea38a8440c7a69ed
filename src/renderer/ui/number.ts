/** Numbers as people type and turn them: read with a reason when they cannot be, kept in range and on the step. Pure. */
export interface NumberRange {
  readonly min: number
  readonly max: number
  readonly step: number
}

/** Decimals that a step needs, at most six. */
export function decimalsOf(step: number): number {
  for (let digits = 0; digits < 6; digits++)
    if (Math.abs(step * 10 ** digits - Math.round(step * 10 ** digits)) < 1e-9) return digits
  return 6
}

export function settle(value: number, { min, max, step }: NumberRange): number {
  const clamped = Math.min(max, Math.max(min, value))
  const snapped = min + Math.round((clamped - min) / step) * step
  return Math.min(max, Math.max(min, Number(snapped.toFixed(decimalsOf(step) + 2))))
}

export const formatNumber = (value: number, step: number): string => String(Number(value.toFixed(decimalsOf(step))))

export type ReadNumber = { readonly value: number } | { readonly reason: string }

/** A typed number, "1,5" included; or why it is not taken. */
export function readNumber(text: string, range: NumberRange): ReadNumber {
  const trimmed = text.trim().replace(',', '.')
  if (trimmed === '') return { reason: 'A number is needed here.' }
  const value = Number(trimmed)
  if (!Number.isFinite(value)) return { reason: `"${text.trim()}" is not a number.` }
  if (value < range.min || value > range.max) {
    return { reason: `From ${formatNumber(range.min, range.step)} to ${formatNumber(range.max, range.step)}.` }
  }
  if (decimalsOf(range.step) === 0 && !Number.isInteger(value)) return { reason: 'A whole number is needed here.' }
  return { value }
}

/** What a key does to a number: arrows by a step, Shift ten of them, Home and End the ends. Null: nothing. */
export function nudge(value: number, key: string, shift: boolean, range: NumberRange): number | null {
  const by = range.step * (shift ? 10 : 1)
  switch (key) {
    case 'ArrowUp':
    case 'ArrowRight':
      return settle(value + by, range)
    case 'ArrowDown':
    case 'ArrowLeft':
      return settle(value - by, range)
    case 'PageUp':
      return settle(value + range.step * 10, range)
    case 'PageDown':
      return settle(value - range.step * 10, range)
    case 'Home':
      return range.min
    case 'End':
      return range.max
    default:
      return null
  }
}
