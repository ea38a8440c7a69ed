/** The data sets as every screen sees them: the list, kept up to date by events, and the run that is to become a row. */
import { create } from 'zustand'
import type { Dataset } from '../../shared/dataset-records.ts'
import { api } from '../api.ts'
import { recall, remember } from '../ui/remembered.ts'
import { withEntry } from './store.ts'
import { toastError } from './toasts.ts'

interface DatasetsState {
  readonly sets: ReadonlyMap<string, Dataset>
  readonly loaded: boolean
  /** The set that is open on its screen. */
  readonly open: string | null
  /** The run a person said was right; its dialog is up. */
  readonly right: string | null
}

export const useDatasets = create<DatasetsState>(() => ({
  sets: new Map(),
  loaded: false,
  open: recall('data.set', '') || null,
  right: null,
}))

let following = false

/** Asks for the sets and listens from then on; called by whoever shows them. */
export function followDatasets(): void {
  if (following) return
  following = true
  api.on('dataset.changed', ({ dataset }) => putDataset(dataset))
  api.on('dataset.removed', ({ dataset }) => {
    const sets = new Map(useDatasets.getState().sets)
    sets.delete(dataset)
    useDatasets.setState({ sets })
    if (useDatasets.getState().open === dataset) openDataset(null)
  })
  // Files elsewhere may have changed meanwhile, and events may have been missed.
  api.onConnection((up) => up && void loadDatasets())
  void loadDatasets()
}

export async function loadDatasets(): Promise<void> {
  try {
    const { datasets } = await api.call('datasets.list', {})
    useDatasets.setState({ sets: new Map(datasets.map((set) => [set.id, set])), loaded: true })
  } catch (error) {
    toastError(error, { label: 'Look again', run: () => void loadDatasets() })
  }
}

export function putDataset(dataset: Dataset): void {
  useDatasets.setState(({ sets }) => ({ sets: withEntry(sets, dataset.id, dataset) }))
}

export function openDataset(open: string | null): void {
  remember('data.set', open ?? '')
  useDatasets.setState({ open })
}

/** Newest first. */
export const datasetList = (sets: ReadonlyMap<string, Dataset>): Dataset[] =>
  [...sets.values()].sort((a, b) => b.createdAt - a.createdAt)

/** "This edit was right": asks where to and with which words. */
export function saveAsRow(run: string | null): void {
  if (run !== null) followDatasets()
  useDatasets.setState({ right: run })
}

export async function createDataset(name: string): Promise<Dataset> {
  const dataset = await api.call('datasets.create', { name })
  putDataset(dataset)
  return dataset
}
