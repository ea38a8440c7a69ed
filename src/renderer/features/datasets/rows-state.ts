/** The rows of the open set: what narrows them, the pages seen so far, which one is chosen, and changes of them. */
import { create } from 'zustand'
import type { RowActionInput, RowFilter } from '../../../shared/dataset-records.ts'
import { api } from '../../api.ts'
import { openDataset, putDataset, useDatasets } from '../../state/datasets.ts'
import { asWords } from '../../state/problems.ts'
import { toastError } from '../../state/toasts.ts'
import { recall, remember } from '../../ui/remembered.ts'
import { missingPages, noRows, PAGE, pagesWith, placeOf, rowAt, withPage, type RowPages } from './pages.ts'

export type DataTab = 'rows' | 'problems' | 'stats'

interface RowsState {
  readonly set: string | null
  readonly filter: RowFilter
  readonly pages: RowPages
  readonly loading: boolean
  readonly error: string | null
  /** The place of the chosen row, and the row. A place stays when its row goes: the next one is chosen then. */
  readonly index: number
  readonly key: number | null
  readonly tab: DataTab
  /** Grows when the chosen row is another than before, or was changed elsewhere. */
  readonly version: number
}

const tabs: readonly DataTab[] = ['rows', 'problems', 'stats']

export const useRows = create<RowsState>(() => ({
  set: null,
  filter: {},
  pages: noRows,
  loading: true,
  error: null,
  index: 0,
  key: null,
  tab: tabs.find((tab) => tab === recall('data.tab', 'rows')) ?? 'rows',
  version: 0,
}))

const get = useRows.getState
const set = useRows.setState
/** Answers to an earlier search are dropped. */
let generation = 0
let asked = new Set<number>()

export function showTab(tab: DataTab): void {
  remember('data.tab', tab)
  set({ tab })
}

/** A row that is to be shown when its set is open. */
let awaited: { readonly dataset: string; readonly row: number } | null = null

/** Opens a set at one of its rows. */
export function openAt(dataset: string, row: number): void {
  awaited = { dataset, row }
  showTab('rows')
  openDataset(dataset)
  if (get().set === dataset) showAwaited()
}

function showAwaited(): void {
  if (awaited?.dataset !== get().set) return
  const { row } = awaited
  awaited = null
  void goTo(row)
}

/** Another set: from its beginning, or where the person left it. */
export function openRows(id: string | null): void {
  if (get().set === id) return
  const index = id === recall('data.rowOf', '') ? recall('data.row', 0) : 0
  set({ set: id, filter: {}, pages: noRows, index, key: null, loading: true, error: null })
  if (id === null) return
  search({})
  showAwaited()
}

/** Starts the list over. What is shown stays until the answer. */
export function search(change: { readonly filter?: RowFilter; readonly index?: number }): void {
  generation++
  asked = new Set()
  set({ ...change, loading: true })
  const page = Math.floor(Math.max(0, get().index) / PAGE)
  asked.add(page)
  void load(page, true)
}

/** Told which places are in sight. */
export function look(from: number, to: number): void {
  for (const page of missingPages(get().pages, from, to, asked)) {
    asked.add(page)
    void load(page, false)
  }
}

async function load(page: number, first: boolean): Promise<void> {
  const mine = generation
  const { set: dataset, filter } = get()
  if (dataset === null) return
  try {
    const { rows, total } = await api.call('datasets.rows', { dataset, filter, limit: PAGE, offset: page * PAGE })
    if (mine !== generation) return
    const before = get()
    const pages = withPage(first ? noRows : before.pages, page, rows, total)
    set({ pages, loading: false, error: null })
    settle(Math.min(before.index, Math.max(0, total - 1)))
    // The list became shorter than where the person was.
    if (first && rows.length === 0 && total > 0) search({ index: total - 1 })
  } catch (error) {
    if (mine === generation) set({ loading: false, error: asWords(error) })
  } finally {
    if (mine === generation) asked.delete(page)
  }
}

/** Chooses a place; its row is known now or comes with its page. */
export function choose(index: number): void {
  settle(index)
  const { set: id } = get()
  remember('data.row', index)
  remember('data.rowOf', id ?? '')
}

function settle(index: number): void {
  const { pages, key, version } = get()
  const row = rowAt(pages, index)
  const next = row?.key ?? null
  set({ index, key: next, version: next === key ? version : version + 1 })
}

/** Shows a row wherever it is; a filter that hides it goes. */
export async function goTo(row: number): Promise<void> {
  const { set: dataset, filter } = get()
  if (dataset === null) return
  try {
    let wanted = filter
    let { index } = await api.call('datasets.place', { dataset, filter, row })
    if (index === null) {
      wanted = {}
      index = (await api.call('datasets.place', { dataset, filter: wanted, row })).index
    }
    if (index === null) return
    showTab('rows')
    search({ filter: wanted, index })
  } catch (error) {
    toastError(error)
  }
}

let reconnecting = false

/** Keeps the list right while it is shown. Returns how to stop. */
export function followRows(): () => void {
  // Once for the life of the window: what changed while the connection was away is asked for.
  if (!reconnecting) api.onConnection((up) => up && get().set !== null && search({}))
  reconnecting = true
  return api.on('dataset.rows', ({ dataset, rows }) => {
    if (dataset === get().set) refresh(rows)
  })
}

/** Rows changed: those pages again, or all. */
function refresh(rows: readonly number[] | null): void {
  if (rows === null) return search({})
  const keys = new Set(rows)
  set({ version: get().version + (keys.has(get().key ?? -1) ? 1 : 0) })
  for (const page of pagesWith(get().pages, keys)) void load(page, false)
}

/** One change of the open set. Returns whether it was made. */
export async function edit(action: RowActionInput): Promise<boolean> {
  const { set: dataset } = get()
  if (dataset === null) return false
  try {
    putDataset((await api.call('datasets.edit', { dataset, action })).dataset)
    return true
  } catch (error) {
    toastError(error)
    return false
  }
}

export async function travel(direction: 'undo' | 'redo'): Promise<void> {
  const { set: dataset } = get()
  if (dataset === null) return
  try {
    const { dataset: after, rows } = await api.call(`datasets.${direction}`, { dataset })
    putDataset(after)
    const [first] = rows ?? []
    // What came back is shown, unless it is in sight already or is gone.
    if (first !== undefined && get().tab === 'rows' && placeOf(get().pages, first) < 0) {
      const { index } = await api.call('datasets.place', { dataset, filter: get().filter, row: first })
      if (index !== null) search({ index })
    }
  } catch (error) {
    toastError(error)
  }
}

export const openSet = (): ReturnType<typeof useDatasets.getState>['sets'] extends ReadonlyMap<string, infer D>
  ? D | null
  : never => {
  const { sets, open } = useDatasets.getState()
  return (open === null ? undefined : sets.get(open)) ?? null
}

/** How many filters narrow the list. */
export const filterCount = ({ split, kind, marked, problems, code }: RowFilter): number =>
  [split, kind, marked, problems, code].filter((value) => value !== undefined).length
