/** A folder or file of the machine the studio runs on: the system's dialog in a window, a list below the served roots in a browser. */
import { useEffect, useState, type ReactElement } from 'react'
import type { ResultOf } from '../../shared/ipc.ts'
import { api } from '../api.ts'
import { useStudio } from '../state/store.ts'
import { asWords } from '../state/problems.ts'
import { toastError } from '../state/toasts.ts'
import { Button } from '../ui/Button.tsx'
import { Notice } from '../ui/feedback.tsx'
import { Icon } from '../ui/Icon.tsx'
import { bytesInWords } from '../../shared/bytes.ts'
import './places.css'

export interface Place {
  readonly handle: string
  readonly name: string
  readonly folder: boolean
}

type Entries = ResultOf<'folders.list'>['entries']

export function FolderPicker({
  chosen,
  onChoose,
  foldersOnly = false,
  label = 'Files and folders',
}: {
  readonly chosen: Place | null
  readonly onChoose: (place: Place) => void
  readonly foldersOnly?: boolean
  /** Of the list, where a dialog has more than one. */
  readonly label?: string
}): ReactElement {
  const host = useStudio((s) => s.host)
  if (host === 'browser') return <Browse chosen={chosen} onChoose={onChoose} foldersOnly={foldersOnly} label={label} />
  const ask = async (): Promise<void> => {
    const { folder } = await api.call('folders.choose', {})
    if (folder) onChoose({ ...folder, folder: true })
  }
  return (
    <div className="place-choose">
      <Button icon="folder" onClick={() => void ask().catch(toastError)}>
        Choose a folder …
      </Button>
      <span>{chosen?.name ?? 'None chosen yet.'}</span>
    </div>
  )
}

function Browse({
  chosen,
  onChoose,
  foldersOnly,
  label,
}: {
  readonly chosen: Place | null
  readonly onChoose: (place: Place) => void
  readonly foldersOnly: boolean
  readonly label: string
}): ReactElement {
  const [path, setPath] = useState<readonly Place[]>([])
  const [entries, setEntries] = useState<Entries | null>(null)
  const [error, setError] = useState<string | null>(null)
  const here = path.at(-1) ?? null
  useEffect(() => {
    let current = true
    setError(null)
    api.call('folders.list', { folder: here?.handle ?? null }).then(
      (found) => current && setEntries(found.entries),
      (fault: unknown) => current && setError(asWords(fault)),
    )
    return () => {
      current = false
    }
  }, [here?.handle])
  if (error !== null) return <Notice tone="danger">{error}</Notice>
  if (entries?.length === 0 && here === null)
    return <Notice>This studio serves no folders. Start it with: tandem serve --root FOLDER.</Notice>
  const shown = (entries ?? []).filter(({ folder }) => folder || !foldersOnly)
  return (
    <div className="place-browse">
      <nav aria-label="Path">
        <button type="button" onClick={() => setPath([])}>
          Folders
        </button>
        {path.map((place, i) => (
          <span key={place.handle}>
            <Icon name="chevron-right" size={10} />
            <button type="button" onClick={() => setPath(path.slice(0, i + 1))}>
              {place.name}
            </button>
          </span>
        ))}
      </nav>
      <ul aria-label={label}>
        {shown.map((entry) => (
          <li key={entry.handle}>
            <button
              type="button"
              aria-pressed={chosen?.handle === entry.handle}
              onClick={() => onChoose({ handle: entry.handle, name: entry.name, folder: entry.folder })}
              onDoubleClick={() =>
                entry.folder && setPath([...path, { handle: entry.handle, name: entry.name, folder: true }])
              }
            >
              <Icon name={entry.folder ? 'folder' : 'picture'} size={14} />
              <span>{entry.name}</span>
              {!entry.folder && <span className="place-size">{bytesInWords(entry.size)}</span>}
            </button>
            {entry.folder && (
              <button
                type="button"
                className="place-into"
                aria-label={`Open ${entry.name}`}
                onClick={() => setPath([...path, { handle: entry.handle, name: entry.name, folder: true }])}
              >
                <Icon name="chevron-right" size={12} />
              </button>
            )}
          </li>
        ))}
        {entries && shown.length === 0 && <li className="place-none">Nothing here.</li>}
      </ul>
    </div>
  )
}
