/** The columns of what was chosen for an import, asked of the service, with the person's choice. */
import { useEffect, useState } from 'react'
import type { DatasetColumns, RowField } from '../../../shared/datasets.ts'
import { api } from '../../api.ts'
import type { Place } from '../../places/FolderPicker.tsx'
import { choiceOf, footerOf, type Choice } from './columns.ts'
import type { PackedFile } from './pack.ts'

type Source = { readonly from: 'here'; readonly file: PackedFile } | { readonly from: 'place'; readonly place: Place }

async function askColumns(source: Source): Promise<DatasetColumns | null> {
  if (source.from === 'place')
    return (await api.call('datasets.columns', { from: 'folder', handle: source.place.handle })).columns
  const footer = await footerOf(source.file.content)
  if (!footer) return null
  const name = source.file.name.slice(-300)
  return (await api.call('datasets.columns', { from: 'footer', name, blob: await api.upload(footer) })).columns
}

export interface ColumnChoice {
  readonly columns: DatasetColumns
  readonly choice: Choice
  readonly choose: (field: RowField, column: string) => void
}

/** The columns of what was chosen, with the person's choice; null where there is nothing to be named. */
export function useColumns(
  file: PackedFile | null,
  place: Place | null,
): { readonly asking: boolean; readonly named: ColumnChoice | null } {
  const [known, setKnown] = useState<DatasetColumns | null>(null)
  const [choice, setChoice] = useState<Choice | null>(null)
  const [asking, setAsking] = useState(false)
  useEffect(() => {
    setKnown(null)
    const source: Source | null = file ? { from: 'here', file } : place ? { from: 'place', place } : null
    setAsking(source !== null)
    if (!source) return
    let here = true
    void askColumns(source)
      // The import itself says what is wrong with a file.
      .catch(() => null)
      .then((columns) => {
        if (!here) return
        setKnown(columns)
        setChoice(columns && choiceOf(columns))
        setAsking(false)
      })
    return () => {
      here = false
    }
  }, [file, place])
  if (!known || !choice) return { asking, named: null }
  const choose = (field: RowField, column: string): void => setChoice({ ...choice, [field]: column })
  return { asking, named: { columns: known, choice, choose } }
}
