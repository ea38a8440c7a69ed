/**
 * A long list seen through pages: which runs are known at which place, and which pages a view still needs. Pure, so that
 * ten thousand runs cost what is in sight.
 */
export const PAGE = 100

export interface Pages {
  readonly total: number
  /** Run id by place; places not asked for are holes. */
  readonly ids: ReadonlyMap<number, string>
}

export const noPages: Pages = { total: 0, ids: new Map() }

/** Numbers of the pages that rows `from` to `to` need and that are neither known nor on their way. */
export function missingPages(pages: Pages, from: number, to: number, asked: ReadonlySet<number>): number[] {
  const missing: number[] = []
  const last = Math.min(to, pages.total)
  for (let page = Math.floor(from / PAGE); page * PAGE < last; page++) {
    if (asked.has(page)) continue
    const start = Math.max(from, page * PAGE)
    const end = Math.min(last, (page + 1) * PAGE)
    for (let i = start; i < end; i++) {
      if (pages.ids.has(i)) continue
      missing.push(page)
      break
    }
  }
  return missing
}

/** A page put in its place. A total that differs from before makes the rest unknown: the list has moved. */
export function withPage(pages: Pages, page: number, ids: readonly string[], total: number): Pages {
  const next = new Map(total === pages.total ? pages.ids : [])
  ids.forEach((id, i) => next.set(page * PAGE + i, id))
  return { total, ids: next }
}

/** Where a run is in what is known; -1 where it is not. */
export function placeOf(pages: Pages, id: string | null): number {
  if (id !== null) for (const [place, known] of pages.ids) if (known === id) return place
  return -1
}
