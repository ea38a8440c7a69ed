/** Which rows of a long list are drawn. Pure. */
export interface Window {
  /** First row drawn, and the one after the last. */
  readonly from: number
  readonly to: number
}

/** Rows in sight, with a few more on each side so that scrolling meets drawn rows. */
export function visibleRows(scrollTop: number, height: number, rowHeight: number, count: number, spare = 6): Window {
  if (count === 0 || rowHeight <= 0) return { from: 0, to: 0 }
  const first = Math.floor(Math.max(0, scrollTop) / rowHeight)
  const last = Math.ceil((Math.max(0, scrollTop) + Math.max(0, height)) / rowHeight)
  return { from: Math.max(0, Math.min(first - spare, count)), to: Math.min(count, last + spare) }
}

/** Where to scroll so that a row is in sight, moving as little as possible. */
export function scrollToRow(scrollTop: number, height: number, rowHeight: number, row: number): number {
  const top = row * rowHeight
  if (top < scrollTop) return top
  return top + rowHeight > scrollTop + height ? top + rowHeight - height : scrollTop
}
