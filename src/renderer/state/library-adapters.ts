/** Which adapters stand on a model and which more may: what the run panel and the bench ask in the same words. */
import { useEffect } from 'react'
import type { StackedAdapter } from '../../shared/studio.ts'
import { adaptersFor, loadLibrary, MAX_ADAPTERS, useLibrary } from './library.ts'
import { useStudio } from './store.ts'
import { toastError } from './toasts.ts'

export interface AdapterChoice {
  readonly stacked: readonly StackedAdapter[]
  readonly nameOf: (id: string) => string
  readonly problemOf: (id: string) => string | null
  readonly free: readonly { readonly id: string; readonly label: string }[]
}

export function useAdapterStack(model: string, stacked: readonly StackedAdapter[]): AdapterChoice {
  const entries = useLibrary((s) => s.entries)
  const hash = useStudio((s) => s.models.find(({ id }) => id === model)?.hash)
  useEffect(() => {
    loadLibrary().catch(toastError)
  }, [])
  const fitting = adaptersFor(entries, hash)
  const entryOf = (id: string): { readonly name: string } | undefined => entries?.find((each) => each.id === id)
  const free = fitting.filter(({ id }) => !stacked.some((each) => each.id === id))
  return {
    stacked,
    nameOf: (id) => entryOf(id)?.name ?? id,
    problemOf: (id) =>
      entries === null || fitting.some((each) => each.id === id)
        ? null
        : `${entryOf(id) ? 'It was trained on another model.' : 'This adapter is not here.'} A run would be refused.`,
    free:
      stacked.length >= MAX_ADAPTERS
        ? []
        : free.map(({ id, name, adapter }) => ({ id, label: adapter ? `${name}, rank ${adapter.rank}` : name })),
  }
}
