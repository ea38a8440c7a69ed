/** Where a floating panel stands beside its anchor: on the wanted side, or the other where there is no room. Pure. */
export type Side = 'below' | 'above' | 'right' | 'left'
export interface Rect {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}
export interface Size {
  readonly width: number
  readonly height: number
}

const MARGIN = 6

const opposite = { below: 'above', above: 'below', right: 'left', left: 'right' } as const
const clamp = (value: number, size: number, room: number): number =>
  Math.max(MARGIN, Math.min(value, room - size - MARGIN))

/** The top left corner, inside the viewport where the panel fits at all. */
export function place(
  anchor: Rect,
  size: Size,
  viewport: Size,
  side: Side,
  align: 'start' | 'centre' | 'end',
): { readonly left: number; readonly top: number } {
  const room = {
    below: viewport.height - anchor.top - anchor.height - 2 * MARGIN,
    above: anchor.top - 2 * MARGIN,
    right: viewport.width - anchor.left - anchor.width - 2 * MARGIN,
    left: anchor.left - 2 * MARGIN,
  }
  const needed = side === 'below' || side === 'above' ? size.height : size.width
  const chosen = room[side] >= needed || room[side] >= room[opposite[side]] ? side : opposite[side]
  const along = (start: number, length: number, own: number): number =>
    align === 'start' ? start : align === 'end' ? start + length - own : start + (length - own) / 2
  const left =
    chosen === 'right'
      ? anchor.left + anchor.width + MARGIN
      : chosen === 'left'
        ? anchor.left - size.width - MARGIN
        : along(anchor.left, anchor.width, size.width)
  const top =
    chosen === 'below'
      ? anchor.top + anchor.height + MARGIN
      : chosen === 'above'
        ? anchor.top - size.height - MARGIN
        : along(anchor.top, anchor.height, size.height)
  return { left: clamp(left, size.width, viewport.width), top: clamp(top, size.height, viewport.height) }
}
