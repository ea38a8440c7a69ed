/** Whether the document is stored, and why not, in the words of whoever refused: beside the project and as one message. */
import { create } from 'zustand'
import type { Toast } from '../ui/Toasts.tsx'
import { dismissToast, toast } from './toasts.ts'

/**
 * `waiting`: it is tried again and again, by itself. `failed`: the service will never take it. `conflict`: another
 * window wrote meanwhile, and the person says how it goes on.
 */
export type SaveState = 'saved' | 'saving' | 'waiting' | 'failed' | 'conflict'

export interface Trouble {
  readonly message: string
  readonly remedy: string
  readonly action?: Toast['action']
  readonly diagnostics?: string | undefined
}

/** `trouble` is null where nothing is wrong, and where nobody answered: that the whole window says. */
export const useSaveState = create<{ readonly state: SaveState; readonly trouble: Trouble | null }>(() => ({
  state: 'saved',
  trouble: null,
}))

let said: string | null = null

/** Changes the state; a trouble is said when it begins, and taken back when it is over. */
export function setSaveState(state: SaveState, trouble: Trouble | null = null): void {
  const before = useSaveState.getState()
  if (before.state === state && before.trouble?.message === trouble?.message) return
  useSaveState.setState({ state, trouble })
  if (said !== null) dismissToast(said)
  said = null
  sayTrouble()
}

/** Says again why the document is not stored: its message may have been closed. */
export function sayTrouble(): void {
  const { state, trouble } = useSaveState.getState()
  if (trouble) said = toast({ ...trouble, tone: state === 'waiting' ? 'warning' : 'danger', ms: null })
}
