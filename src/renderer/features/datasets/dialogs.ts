/** Which dialog of the data screen is up. */
import { create } from 'zustand'
import type { Brought } from './brought.ts'

export type DataDialog =
  | { readonly name: 'import'; readonly brought: Brought | null }
  | { readonly name: 'new' | 'rename' | 'split' | 'export' | 'delete' | 'delete-shown' }

export const useDialog = create<{ readonly dialog: DataDialog | null }>(() => ({ dialog: null }))

export const showDialog = (dialog: DataDialog | null): void => useDialog.setState({ dialog })
