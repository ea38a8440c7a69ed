/**
 * A long list seen through pages: which rows are known at which place, and which pages a view still needs. Pure, so that
 * a hundred thousand rows cost what is in sight.
 */
import type { DatasetRecord } from '../../../shared/dataset-records.ts'

export const PAGE = 100
/** Pages that are kept; those farthest from the eye go. */
const KEPT = 20

export interface RowPages {
  readonly total: number
  readonly pages: ReadonlyMap<number, readonly DatasetRecord[]>
}

export const noRows: RowPages = { total: 0, pages: new Map() }

export const rowAt = ({ pages }: RowPages, index: number): DatasetRecord | undefined =>
  index < 0 ? undefined : pages.get(Math.floor(index / PAGE))?.[index % PAGE]

/** Numbers of the pages that places `from` to `to` need and that are neither known nor on their way. */
export function missingPages(
  { total, pages }: RowPages,
  from: number,
  to: number,
  asked: ReadonlySet<number>,
): number[] {
  const missing: number[] = []
  const last = Math.min(to, total)
  for (let page = Math.floor(from / PAGE); page * PAGE < last; page++)
    if (!pages.has(page) && !asked.has(page)) missing.push(page)
  return missing
}

/** A page put in its place; of many, those near it are kept. */
export function withPage(before: RowPages, page: number, rows: readonly DatasetRecord[], total: number): RowPages {
  const near = [...before.pages.keys()].sort((a, b) => Math.abs(a - page) - Math.abs(b - page)).slice(0, KEPT - 1)
  const pages = new Map(near.map((number) => [number, before.pages.get(number)!]))
  pages.set(page, rows)
  return { total, pages }
}

/** Pages that hold any of these rows. */
export function pagesWith({ pages }: RowPages, keys: ReadonlySet<number>): number[] {
  return [...pages].filter(([, rows]) => rows.some(({ key }) => keys.has(key))).map(([page]) => page)
}

/** The place of a row in what is known; -1 where it is not. */
export function placeOf({ pages }: RowPages, key: number | null): number {
  if (key !== null)
    for (const [page, rows] of pages) {
      const at = rows.findIndex((row) => row.key === key)
      if (at >= 0) return page * PAGE + at
    }
  return -1
}
