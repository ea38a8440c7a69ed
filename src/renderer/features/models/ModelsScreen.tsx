/**
 * The models and adapters at hand: what each is, what it was made of and with what, how it scored, and what can be done
 * with it. Names on the left, the chosen one on the right.
 */
import { useEffect, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { LibraryEntry } from '../../../shared/ipc-models.ts'
import { chooseFiles } from '../../state/download.ts'
import { importModel, loadLibrary, useLibrary } from '../../state/library.ts'
import { asWords } from '../../state/problems.ts'
import type { Place } from '../../places/FolderPicker.tsx'
import { Button } from '../../ui/Button.tsx'
import { EmptyState, Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { useRemembered } from '../../ui/remembered.ts'
import { CheckpointDialog } from './CheckpointDialog.tsx'
import { Downloads } from './Downloads.tsx'
import { GetDialog } from './GetDialog.tsx'
import { MergeDialog } from './MergeDialog.tsx'
import { ModelDetails } from './ModelDetails.tsx'
import { ModelJobs } from './ModelJobs.tsx'
import { bytesWords, countWords, groupsOf } from './models-words.ts'
import './models.css'

export default function ModelsScreen(): ReactElement {
  const { entries, damaged } = useLibrary()
  const [chosen, choose] = useRemembered<string>('models.chosen', '')
  const [busy, setBusy] = useState<string | null>(null)
  const [error, setError] = useState<string | null>(null)
  const [dialog, setDialog] = useState<{ name: 'get' } | { name: 'checkpoint'; place: Place | null } | null>(null)
  const [merging, setMerging] = useState<LibraryEntry | null>(null)
  useEffect(() => {
    loadLibrary().catch((reason: unknown) => setError(asWords(reason)))
  }, [])
  const shown = entries?.find(({ id }) => id === chosen) ?? entries?.[0] ?? null

  const act = async (what: string, work: () => Promise<unknown>): Promise<void> => {
    setBusy(what)
    setError(null)
    try {
      await work()
    } catch (reason) {
      setError(asWords(reason))
    } finally {
      setBusy(null)
    }
  }
  const bringIn = (file: File | undefined): void => {
    if (file) void act(`Opening ${file.name}`, async () => choose(await importModel(file)))
  }
  return (
    <div className="models" onDragOver={allowFiles} onDrop={(event) => takeFile(event, bringIn)}>
      <section className="models-list" aria-label="Models and adapters">
        <header className="models-head">
          <h2>Models</h2>
          <Button
            icon="upload"
            disabled={busy !== null}
            onClick={() => void chooseFiles('.zip').then(([file]) => bringIn(file))}
          >
            Import
          </Button>
        </header>
        <div className="models-bring">
          <Button icon="folder" onClick={() => setDialog({ name: 'checkpoint', place: null })}>
            Published checkpoint …
          </Button>
          <Button icon="download" onClick={() => setDialog({ name: 'get' })}>
            Get …
          </Button>
        </div>
        {busy !== null && <ProgressBar value={null} label={busy} />}
        {error !== null && <Notice tone="danger">{error}</Notice>}
        <ModelJobs />
        <Downloads onImport={(place) => setDialog({ name: 'checkpoint', place })} />
        {entries === null && error === null && <ProgressBar value={null} label="Reading the models" />}
        {entries !== null &&
          groupsOf(entries).map(({ name, line, list }) => (
            <div key={name} className="models-group">
              <h3>
                {name}
                <span>{line}</span>
              </h3>
              <ul onKeyDown={walk}>
                {list.map((entry) => (
                  <li key={entry.id}>
                    <button
                      type="button"
                      className="models-item"
                      aria-current={entry === shown ? 'true' : undefined}
                      onClick={() => choose(entry.id)}
                    >
                      <Icon name={entry.kind === 'model' ? 'layers' : 'merge'} />
                      <span className="models-name">{entry.name}</span>
                      <span className="models-facts">
                        {countWords(entry.parameters)} · {bytesWords(entry.bytes)}
                      </span>
                    </button>
                  </li>
                ))}
              </ul>
            </div>
          ))}
        {damaged.map(({ id, reason }) => (
          <Notice key={id} tone="warning" about={{ where: 'library' }}>
            {id}: {reason}
          </Notice>
        ))}
      </section>
      <section className="models-shown" aria-label={shown ? shown.name : 'Nothing chosen'}>
        {shown ? (
          <ModelDetails
            key={shown.id}
            entry={shown}
            busy={busy !== null}
            act={act}
            onMerge={() => setMerging(shown)}
            onChoose={choose}
          />
        ) : (
          entries !== null && (
            <EmptyState icon="layers" title="No model is here">
              Import the zip of a model or adapter folder, or train one.
            </EmptyState>
          )
        )}
      </section>
      {dialog?.name === 'checkpoint' && <CheckpointDialog first={dialog.place} onClose={() => setDialog(null)} />}
      {dialog?.name === 'get' && <GetDialog onClose={() => setDialog(null)} />}
      {merging && <MergeDialog first={merging} onClose={() => setMerging(null)} />}
    </div>
  )
}

/** Arrows walk the list. */
function walk(event: KeyboardEvent<HTMLUListElement>): void {
  const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
  if (by === 0) return
  const all = [...(event.currentTarget.closest('.models-list')?.querySelectorAll<HTMLElement>('.models-item') ?? [])]
  const next = all[all.findIndex((each) => each === document.activeElement) + by]
  if (!next) return
  event.preventDefault()
  next.focus()
  next.click()
}

function allowFiles(event: React.DragEvent): void {
  if (!event.dataTransfer.types.includes('Files')) return
  event.preventDefault()
  event.stopPropagation()
}

/** A zip dropped here is a model; the window's own drop would look for pictures. */
function takeFile(event: React.DragEvent, take: (file: File | undefined) => void): void {
  if (!event.dataTransfer.types.includes('Files')) return
  event.preventDefault()
  event.stopPropagation()
  take(event.dataTransfer.files[0])
}
