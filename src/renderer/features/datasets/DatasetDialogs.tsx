/** The dialogs of the data screen: a new set, another name, splits, export, and what cannot be taken back. */
import { useState, type FormEvent, type ReactElement } from 'react'
import { rowFilterSchema, type Dataset } from '../../../shared/dataset-records.ts'
import { api } from '../../api.ts'
import { createDataset, openDataset, useDatasets } from '../../state/datasets.ts'
import { startJob } from '../../state/jobs.ts'
import { useStudio } from '../../state/store.ts'
import { asWords } from '../../state/problems.ts'
import { toastError } from '../../state/toasts.ts'
import { Button } from '../../ui/Button.tsx'
import { SegmentedControl, Switch } from '../../ui/choices.tsx'
import { ConfirmDialog, Dialog } from '../../ui/Dialog.tsx'
import { TextField } from '../../ui/Field.tsx'
import { Notice } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { showDialog, useDialog } from './dialogs.ts'
import { ImportDialog } from './ImportDialog.tsx'
import { FolderPicker, type Place } from '../../places/FolderPicker.tsx'
import { edit, useRows } from './rows-state.ts'

const close = (): void => showDialog(null)

export function DatasetDialogs(): ReactElement | null {
  const dialog = useDialog((s) => s.dialog)
  const set = useDatasets((s) => (s.open === null ? undefined : s.sets.get(s.open)))
  const filter = useRows((s) => s.filter)
  const total = useRows((s) => s.pages.total)
  if (dialog?.name === 'import') return <ImportDialog brought={dialog.brought} onClose={close} />
  if (dialog?.name === 'new')
    return (
      <NameDialog
        title="New data set"
        action="Create"
        name=""
        onDone={async (name) => openDataset((await createDataset(name)).id)}
      />
    )
  if (!dialog || !set) return null
  switch (dialog.name) {
    case 'rename':
      return (
        <NameDialog
          title="Rename the data set"
          action="Rename"
          name={set.name}
          onDone={(name) => api.call('datasets.rename', { dataset: set.id, name })}
        />
      )
    case 'split':
      return <SplitDialog set={set} />
    case 'export':
      return <ExportDialog set={set} />
    case 'delete':
      return (
        <ConfirmDialog
          title={set.editable ? 'Delete this data set?' : 'Forget this data set?'}
          text={
            set.editable
              ? `"${set.name}" goes with its ${set.rows.toLocaleString('en')} rows and their pictures. This cannot be undone.`
              : `The studio forgets "${set.name}". Its files stay where they are.`
          }
          action={set.editable ? 'Delete' : 'Forget'}
          onConfirm={() => void api.call('datasets.delete', { dataset: set.id }).catch(toastError)}
          onClose={close}
        />
      )
    case 'delete-shown':
      return (
        <ConfirmDialog
          title={`Delete ${total.toLocaleString('en')} rows?`}
          text="All rows that are shown are deleted, as one step that can be undone."
          action="Delete"
          onConfirm={() => void edit({ do: 'delete', which: { filter: rowFilterSchema.parse(filter) } })}
          onClose={close}
        />
      )
  }
}

function NameDialog({
  title,
  action,
  name: before,
  onDone,
}: {
  readonly title: string
  readonly action: string
  readonly name: string
  readonly onDone: (name: string) => Promise<unknown>
}): ReactElement {
  const [name, setName] = useState(before)
  const [error, setError] = useState<string | null>(null)
  const submit = (event?: FormEvent): void => {
    event?.preventDefault()
    if (name.trim() === '') return setError('Give it a name.')
    onDone(name.trim()).then(close, (fault: unknown) => setError(asWords(fault)))
  }
  return (
    <Dialog
      title={title}
      size="small"
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" onClick={() => submit()}>
            {action}
          </Button>
        </>
      }
    >
      <form onSubmit={submit}>
        <TextField label="Name" data-autofocus="" maxLength={200} value={name} error={error} onChange={setName} />
      </form>
    </Dialog>
  )
}

function SplitDialog({ set }: { readonly set: Dataset }): ReactElement {
  const [val, setVal] = useState(5)
  const [test, setTest] = useState(0)
  const [seed, setSeed] = useState(0)
  const [error, setError] = useState<string | null>(null)
  const rows = (percent: number): string => Math.round((set.rows * percent) / 100).toLocaleString('en')
  const start = (): void => {
    startJob({ kind: 'dataset-split', dataset: set.id, val: val / 100, test: test / 100, seed }).then(
      close,
      (fault: unknown) => setError(asWords(fault)),
    )
  }
  return (
    <Dialog
      title="Draw the splits"
      size="small"
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" disabled={val + test > 90} onClick={start}>
            Draw
          </Button>
        </>
      }
    >
      <div className="data-form">
        <p className="dialog-text">
          Rows that share a picture, or whose pictures look the same, stay together. One step that can be undone.
        </p>
        <div className="data-form-row">
          <NumberField label="Val" unit="%" min={0} max={90} value={val} onChange={setVal} />
          <NumberField label="Test" unit="%" min={0} max={90} value={test} onChange={setTest} />
          <NumberField label="Seed" min={0} max={2 ** 32 - 1} value={seed} onChange={setSeed} />
        </div>
        <p className="field-hint" role="status">
          About {rows(100 - val - test)} train, {rows(val)} validate, {rows(test)} are kept out.
        </p>
        {val + test > 90 && <Notice tone="warning">At least a tenth has to be left to train on.</Notice>}
        {error !== null && <Notice tone="danger">{error}</Notice>}
      </div>
    </Dialog>
  )
}

function ExportDialog({ set }: { readonly set: Dataset }): ReactElement {
  const host = useStudio((s) => s.host)
  const [format, setFormat] = useState<'quadruplets' | 'webdataset'>('quadruplets')
  const [pictures, setPictures] = useState<'jpeg' | 'keep'>('jpeg')
  const [skipBad, setSkipBad] = useState(false)
  const [to, setTo] = useState<'download' | 'folder'>('download')
  const [place, setPlace] = useState<Place | null>(null)
  const [name, setName] = useState(set.name.replace(/[^\p{L}\p{N} _-]+/gu, '-').slice(0, 100))
  const [error, setError] = useState<string | null>(null)
  const start = (): void => {
    if (to === 'folder' && !place) return setError('Choose a folder.')
    const target =
      to === 'folder' && place
        ? ({ kind: 'folder', handle: place.handle, name } as const)
        : ({ kind: 'download' } as const)
    const shards = { shardRows: 10_000, shardMb: 1000 }
    const how = { format, pictures: format === 'quadruplets' ? ('keep' as const) : pictures, skipBad, ...shards }
    startJob({ kind: 'dataset-export', dataset: set.id, ...how, to: target }).then(close, (fault: unknown) =>
      setError(asWords(fault)),
    )
  }
  return (
    <Dialog
      title={`Export ${set.name}`}
      onClose={close}
      footer={
        <>
          <Button onClick={close}>Cancel</Button>
          <Button kind="primary" icon="download" onClick={start}>
            Export
          </Button>
        </>
      }
    >
      <div className="data-form">
        <SegmentedControl
          label="Format"
          value={format}
          segments={[
            { value: 'quadruplets', label: 'Quadruplet folder' },
            { value: 'webdataset', label: 'Webdataset tars' },
          ]}
          onChange={setFormat}
        />
        <p className="field-hint">
          {format === 'quadruplets'
            ? 'data.jsonl beside its pictures: what this studio and most tools read.'
            : 'Tars per split, as the public MMaDA-Parallel trainers read them (docs/cluster.md).'}
        </p>
        {format === 'webdataset' && (
          <SegmentedControl
            label="Pictures"
            value={pictures}
            segments={[
              { value: 'jpeg', label: 'As JPEG, quality 100' },
              { value: 'keep', label: 'As they are' },
            ]}
            onChange={setPictures}
          />
        )}
        <Switch label="Leave out rows that cannot be read" checked={skipBad} onChange={setSkipBad} />
        <SegmentedControl
          label="Where to"
          value={to}
          segments={[
            { value: 'download', label: 'A zip to save' },
            { value: 'folder', label: host === 'electron' ? 'A folder' : 'A folder of the server' },
          ]}
          onChange={setTo}
        />
        {to === 'folder' && (
          <>
            <FolderPicker onChoose={setPlace} chosen={place} foldersOnly />
            <TextField label="Name of the new folder" value={name} maxLength={100} onChange={setName} />
          </>
        )}
        {error !== null && <Notice tone="danger">{error}</Notice>}
      </div>
    </Dialog>
  )
}
