/** The library of models and adapters as screens see it: asked for when somebody looks, and again when it changed. */
import { create } from 'zustand'
import type { LibraryEntry } from '../../shared/ipc-models.ts'
import type { RunSettings } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { setSettings } from './documents.ts'
import { download } from './download.ts'
import { studio } from './store.ts'
import { toast, toastError } from './toasts.ts'

interface Library {
  /** Null until it was asked for. */
  readonly entries: readonly LibraryEntry[] | null
  readonly damaged: readonly { readonly id: string; readonly reason: string }[]
}

export const useLibrary = create<Library>(() => ({ entries: null, damaged: [] }))

let asking: Promise<void> | null = null

/** Asks for the library, once however many look. */
export function loadLibrary(): Promise<void> {
  asking ??= api
    .call('models.library', {})
    .then((library) => useLibrary.setState(library))
    .finally(() => (asking = null))
  return asking
}

/** Follows the service's events; who has looked once is kept up to date. */
export function followLibrary(reloadModels: () => Promise<void>): void {
  api.on('models.changed', () => {
    void reloadModels()
    if (useLibrary.getState().entries !== null) loadLibrary().catch(toastError)
  })
}

/** Adapters that were trained on this model, or on nobody knows which. */
export const adaptersFor = (entries: readonly LibraryEntry[] | null, hash: string | undefined): LibraryEntry[] =>
  (entries ?? []).filter(({ kind, adapter }) => kind === 'adapter' && (!adapter?.base || adapter.base.hash === hash))

/** Most adapters on one run. */
export const MAX_ADAPTERS = 8

/** Steps, guidance and temperatures a published model asks for; the ones of a document stay for any other. */
export function ownNumbers(model: string): Partial<RunSettings> {
  return studio.get().models.find(({ id }) => id === model)?.defaults ?? {}
}

/** The model, or the adapter on its base, becomes that of the open document. */
export function useInEditor(entry: LibraryEntry): void {
  const { settings } = studio.get().document ?? {}
  if (!settings) return void toast({ tone: 'warning', message: 'No document is open.' })
  if (entry.kind === 'model') {
    setSettings({ ...ownNumbers(entry.id), model: entry.id, adapters: undefined })
    toast({ tone: 'good', message: `Runs use ${entry.name} from now on.` })
    return
  }
  const base = entry.adapter?.base?.id
  if (base === null)
    return void toast({
      tone: 'warning',
      message: `The model ${entry.adapter?.base?.name ?? ''} that this adapter was trained on is not here.`,
      remedy: 'Import that model first.',
    })
  setSettings(withAdapter(settings, entry.id, base))
  toast({ tone: 'good', message: `Runs use ${entry.name} from now on.` })
}

/** Settings with one more adapter; on another base the ones before it go. */
export function withAdapter(settings: RunSettings, id: string, base: string = settings.model): Partial<RunSettings> {
  const kept = base === settings.model ? (settings.adapters ?? []).filter((each) => each.id !== id) : []
  return { model: base, adapters: [...kept, { id, weight: 1 }].slice(-MAX_ADAPTERS) }
}

export async function exportModel(id: string): Promise<void> {
  download(await api.call('models.export', { model: id }))
}

/** Takes in a zip of a model or adapter folder. Returns its id. */
export async function importModel(file: File): Promise<string> {
  const blob = await api.upload(file)
  const { model } = await api.call('models.import', { blob, name: file.name.slice(-300) })
  return model
}

export const deleteModel = (id: string): Promise<unknown> => api.call('models.delete', { model: id })
export const annotateModel = (id: string, note: string): Promise<unknown> =>
  api.call('models.annotate', { model: id, note })
