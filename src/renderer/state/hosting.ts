/** Models as they are loaded and unloaded: what a large one is at before its first step, and memory that was given back. */
import { create } from 'zustand'
import { bytesInWords } from '../../shared/bytes.ts'
import { api } from '../api.ts'
import { toast } from './toasts.ts'

interface Loading {
  readonly run: string
  readonly what: string
  readonly part: number
  readonly parts: number
}

export const useLoading = create<{ readonly loading: Loading | null }>(() => ({ loading: null }))

/** Less than this is nobody's concern. */
const WORTH_TELLING = 1e9

/** Follows the service's events. */
export function followHosting(): void {
  api.on('run.loading', (loading) => useLoading.setState({ loading }))
  api.on('engine.unloaded', ({ bytes }) => {
    if (bytes !== null && bytes >= WORTH_TELLING)
      toast({ tone: 'info', message: `The model was unloaded: ${bytesInWords(bytes)} of memory are free again.` })
  })
}
