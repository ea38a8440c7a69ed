/** A data set comes in: from a folder or file of this computer, sent in parts, or from a folder the studio can read itself. */
import { useRef, useState, type ReactElement } from 'react'
import type { DatasetSourceSpec } from '../../../shared/dataset-jobs.ts'
import { startJob } from '../../state/jobs.ts'
import { useStudio } from '../../state/store.ts'
import { TandemError } from '../../../shared/errors.ts'
import { asWords } from '../../state/problems.ts'
import { Button } from '../../ui/Button.tsx'
import { SegmentedControl } from '../../ui/choices.tsx'
import { Dialog } from '../../ui/Dialog.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { FolderPicker, type Place } from '../../places/FolderPicker.tsx'
import { bring, setName, type Brought } from './brought.ts'
import { toldColumns, unchosen } from './columns.ts'
import { ColumnsField } from './ColumnsField.tsx'
import { chosenFiles, sendParts } from './upload.ts'
import { useColumns } from './use-columns.ts'
import { size } from './words.ts'

type From = 'here' | 'place'

const ARCHIVES = '.zip,.tar,.tgz,.gz,.parquet,.jsonl,.json'

export function ImportDialog({
  brought: dropped,
  onClose,
}: {
  readonly brought: Brought | null
  readonly onClose: () => void
}): ReactElement {
  const host = useStudio((s) => s.host)
  const [from, setFrom] = useState<From>(dropped || host === 'browser' ? 'here' : 'place')
  const [brought, setBrought] = useState(dropped)
  const [place, setPlace] = useState<Place | null>(null)
  const [mode, setMode] = useState<'copy' | 'refer'>('copy')
  const [name, setSetName] = useState(dropped ? setName(dropped.name) : '')
  const [share, setShare] = useState<number | null>(null)
  const [error, setError] = useState<string | null>(null)
  const stop = useRef<AbortController | null>(null)
  const sending = share !== null
  const { asking, named } = useColumns(
    from === 'here' ? (brought?.parquet ?? null) : null,
    from === 'place' && place && (place.folder || /\.parquet$/i.test(place.name)) ? place : null,
  )
  const chosen = from === 'here' ? brought !== null : place !== null
  const ready = chosen && !asking && (named === null || unchosen(named.choice).length === 0)

  const leave = (): void => {
    stop.current?.abort()
    onClose()
  }
  async function sourceOf(): Promise<DatasetSourceSpec | null> {
    if (from === 'place') return place && { from: 'folder', handle: place.handle }
    if (!brought) return null
    stop.current = new AbortController()
    setShare(0)
    const parts = await sendParts(brought.content, { signal: stop.current.signal, onProgress: setShare })
    return { from: 'upload', name: brought.name.slice(-300), parts, folder: brought.folder }
  }
  async function start(): Promise<void> {
    setError(null)
    try {
      const source = await sourceOf()
      if (!source || stop.current?.signal.aborted) return
      const columns = named ? toldColumns(named.columns, named.choice) : undefined
      await startJob({
        kind: 'dataset-import',
        name: name.trim() || 'Data set',
        source,
        mode: from === 'place' ? mode : 'copy',
        ...(columns ? { columns } : {}),
      })
      onClose()
    } catch (fault) {
      if (fault instanceof TandemError && fault.kind === 'cancelled') return
      setError(asWords(fault))
      setShare(null)
    }
  }
  return (
    <Dialog
      title="Import a data set"
      onClose={leave}
      footer={
        <>
          <Button onClick={leave}>{sending ? 'Stop' : 'Cancel'}</Button>
          <Button kind="primary" disabled={!ready || sending} onClick={() => void start()}>
            {from === 'place' && mode === 'refer' ? 'Open' : 'Import'}
          </Button>
        </>
      }
    >
      <div className="data-form">
        <SegmentedControl<From>
          label="Where it is"
          value={from}
          disabled={sending}
          segments={
            host === 'electron'
              ? [
                  { value: 'place', label: 'A folder' },
                  { value: 'here', label: 'A file' },
                ]
              : [
                  { value: 'here', label: 'On this computer' },
                  { value: 'place', label: 'On the server' },
                ]
          }
          onChange={setFrom}
        />
        {from === 'here' ? (
          <FromHere
            brought={brought}
            onBring={(next) => {
              setBrought(next)
              setSetName(setName(next.name))
              setError(null)
            }}
            onFault={setError}
          />
        ) : (
          <>
            <FolderPicker
              chosen={place}
              onChoose={(next) => {
                setPlace(next)
                setSetName(next.folder ? next.name : setName(next.name))
              }}
            />
            <SegmentedControl
              label="How it is opened"
              value={mode}
              segments={[
                { value: 'copy', label: 'Copy into the studio' },
                { value: 'refer', label: 'Open in place' },
              ]}
              onChange={setMode}
            />
            <p className="field-hint">
              {mode === 'copy'
                ? 'A copy of the studio’s own: rows can be edited, split and mended. The original is left alone.'
                : 'Read where it stands and never changed: for looking, checking and training. Pictures have to be files of their own.'}
            </p>
          </>
        )}
        {named && <ColumnsField key={named.columns.file} {...named} />}
        <TextField label="Name" value={name} maxLength={200} onChange={setSetName} />
        {share !== null && (
          <div role="status">
            <ProgressBar value={share} label="Sending" />
            <span className="field-hint">Sending: {Math.round(share * 100)} %</span>
          </div>
        )}
        {error !== null && <Notice tone="danger">{error}</Notice>}
      </div>
    </Dialog>
  )
}

function FromHere({
  brought,
  onBring,
  onFault,
}: {
  readonly brought: Brought | null
  readonly onBring: (brought: Brought) => void
  readonly onFault: (words: string) => void
}): ReactElement {
  const take = (files: FileList | null): void => {
    if (!files || files.length === 0) return
    try {
      onBring(bring(chosenFiles([...files])))
    } catch (error) {
      onFault(asWords(error))
    }
  }
  const folder = useRef<HTMLInputElement>(null)
  const file = useRef<HTMLInputElement>(null)
  return (
    <div className="data-here">
      <input
        ref={folder}
        type="file"
        hidden
        multiple
        {...({ webkitdirectory: '' } as object)}
        aria-label="Folder"
        onChange={(event) => take(event.target.files)}
      />
      <input
        ref={file}
        type="file"
        hidden
        accept={ARCHIVES}
        aria-label="Archive"
        onChange={(event) => take(event.target.files)}
      />
      <div className="data-choose">
        <Button icon="folder" onClick={() => folder.current?.click()}>
          Choose a folder …
        </Button>
        <Button icon="upload" onClick={() => file.current?.click()}>
          Choose a file …
        </Button>
      </div>
      <p className="field-hint">
        {brought
          ? `${brought.name.replace(/\.tar$/, brought.folder ? '' : '.tar')}: ${brought.files.toLocaleString('en')} ${brought.files === 1 ? 'file' : 'files'}, ${size(brought.content.size)}`
          : 'A folder with data.jsonl and its pictures, a zip of one, a webdataset tar, a parquet file, or records of MMaDA-Parallel-A.'}
      </p>
    </div>
  )
}
