/** The history's search, the pages of runs it has seen, and what is chosen. Kept while its drawer is closed. */
import { create } from 'zustand'
import type { RunFilter } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { deleteRuns, putRuns } from '../../state/runs.ts'
import { studio, useStudio } from '../../state/store.ts'
import { asWords } from '../../state/problems.ts'
import { toast, toastError } from '../../state/toasts.ts'
import { missingPages, noPages, PAGE, placeOf, withPage, type Pages } from './history-pages.ts'

export type Filter = Pick<RunFilter, 'model' | 'mode' | 'minRating' | 'favourite' | 'rejected'>

interface HistoryState {
  readonly query: string
  readonly filter: Filter
  /** Runs of every project. */
  readonly everywhere: boolean
  readonly pages: Pages
  readonly loading: boolean
  readonly error: string | null
  readonly selected: string | null
  /** Runs that go in a moment, unless the person takes it back. */
  readonly leaving: ReadonlySet<string>
}

export const useHistory = create<HistoryState>(() => ({
  query: '',
  filter: {},
  everywhere: false,
  pages: noPages,
  loading: true,
  error: null,
  selected: null,
  leaving: new Set(),
}))

const get = useHistory.getState
const set = useHistory.setState
/** Answers to an earlier search are dropped. */
let generation = 0
let asked = new Set<number>()
const UNDO_MS = 7000

/** Starts the list over: another search, another project, runs that came or went. What is shown stays until the answer. */
export function search(change: Partial<Pick<HistoryState, 'query' | 'filter' | 'everywhere'>> = {}): void {
  generation++
  asked = new Set([0])
  set({ ...change, loading: true })
  void load(0, true)
}

/** Told which rows are in sight. */
export function look(from: number, to: number): void {
  for (const page of missingPages(get().pages, from, to, asked)) {
    asked.add(page)
    void load(page, false)
  }
}

async function load(page: number, first: boolean): Promise<void> {
  const mine = generation
  const { query, filter, everywhere } = get()
  const project = everywhere ? null : (studio.get().project?.id ?? null)
  try {
    const { runs, total } = await api.call('runs.list', { ...filter, project, query, limit: PAGE, offset: page * PAGE })
    if (mine !== generation) return
    putRuns(runs)
    const before = first ? noPages : get().pages
    const ids = runs.map(({ id }) => id)
    set({ pages: withPage(before, page, ids, total), loading: false, error: null })
  } catch (error) {
    if (mine !== generation) return
    // Away from the service the list stays as it is and is asked for again when the connection is back.
    if (studio.get().connected) set({ loading: false, error: asWords(error) })
  } finally {
    if (mine === generation) asked.delete(page)
  }
}

/** Keeps the list right while it is shown. Returns how to stop. */
export function followHistory(): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  const soon = (): void => {
    timer ??= setTimeout(() => {
      timer = null
      search()
    }, 250)
  }
  const stops = [
    // A run that is listed is up to date by the store; one that is not may belong to the list.
    api.on('run.changed', ({ run }) => {
      if (placeOf(get().pages, run.id) < 0) soon()
    }),
    api.on('run.removed', soon),
    useStudio.subscribe((now, before) => {
      if (now.connected && !before.connected) search()
    }),
  ]
  search()
  const chosen = get().selected
  const project = studio.get().project?.id
  if (chosen !== null && !get().everywhere && studio.get().runs.get(chosen)?.project !== project) select(null)
  return () => {
    stops.forEach((stop) => stop())
    if (timer !== null) clearTimeout(timer)
  }
}

export const select = (selected: string | null): void => set({ selected })

/** Takes a run away in a moment; until then it is dimmed and can be brought back. */
export function remove(run: string): void {
  set({ leaving: new Set(get().leaving).add(run) })
  const keep = (): void => {
    const leaving = new Set(get().leaving)
    leaving.delete(run)
    set({ leaving })
  }
  const timer = setTimeout(() => {
    deleteRuns([run]).catch(toastError).finally(keep)
  }, UNDO_MS)
  toast({
    tone: 'info',
    message: 'The run is deleted, with its steps and pictures.',
    action: {
      label: 'Keep it',
      run: () => {
        clearTimeout(timer)
        keep()
      },
    },
    ms: UNDO_MS - 500,
  })
}

/** How many filters narrow the list. */
export const filterCount = ({ model, mode, minRating, favourite, rejected }: Filter): number =>
  [model, mode, minRating, favourite, rejected].filter((value) => value !== undefined && value !== false).length
