/** Keys on a row of the list: E edits, Delete deletes, M marks, D duplicates, 1 2 3 set the split. */
import type { KeyboardEvent } from 'react'
import type { Dataset, DatasetRecord } from '../../../shared/dataset-records.ts'
import { toast } from '../../state/toasts.ts'
import { edit } from './rows-state.ts'

const splits = { '1': 'train', '2': 'val', '3': 'test' } as const

/** The field of the row's instruction. */
export const INSTRUCTION = 'data-instruction'

/** Puts the focus into the row's instruction. */
export function focusRowText(): void {
  document.getElementById(INSTRUCTION)?.focus()
}

/** Returns whether the key was taken. */
export function rowKey(event: KeyboardEvent, set: Dataset, row: DatasetRecord): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey) return false
  const which = { rows: [row.key] }
  const key = event.key.toLowerCase()
  if (key === 'e' || key === 'enter') focusRowText()
  else if (key === 'm') void edit({ do: 'mark', which, marked: !row.marked })
  else if (key === '1' || key === '2' || key === '3')
    changing(set, () => edit({ do: 'split', which, split: splits[key] }))
  else if (key === 'd') changing(set, () => edit({ do: 'duplicate', row: row.key }))
  else if (key === 'delete' || key === 'backspace') changing(set, () => edit({ do: 'delete', which }))
  else return false
  return true
}

function changing(set: Dataset, work: () => Promise<unknown>): void {
  if (set.editable) return void work()
  toast({
    tone: 'info',
    message: `"${set.name}" is read where it stands and cannot be changed.`,
    remedy: 'Copy it into the studio; the copy can be edited.',
  })
}
