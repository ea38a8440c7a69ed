/** One quadruplet: its pictures against each other, its texts to be edited, its split, and what the check says of it. */
import { useEffect, useState, type ReactElement } from 'react'
import type { Dataset, DatasetRecord, RowProblem } from '../../../shared/dataset-records.ts'
import { problemSeverity } from '../../../shared/datasets.ts'
import { api } from '../../api.ts'
import { chooseFiles } from '../../state/download.ts'
import { asWords } from '../../state/problems.ts'
import { toastError } from '../../state/toasts.ts'
import { IconButton } from '../../ui/Button.tsx'
import { SegmentedControl } from '../../ui/choices.tsx'
import { Notice, ProgressBar } from '../../ui/feedback.tsx'
import { Icon } from '../../ui/Icon.tsx'
import { MenuButton } from '../../ui/Menu.tsx'
import { RowPictures } from './RowPictures.tsx'
import { RowTexts } from './RowTexts.tsx'
import { edit, useRows } from './rows-state.ts'

interface Known {
  readonly row: DatasetRecord
  readonly problems: readonly RowProblem[]
}

export function RowDetail({ set, row: key }: { readonly set: Dataset; readonly row: number }): ReactElement {
  const version = useRows((s) => s.version)
  const [known, setKnown] = useState<Known | null>(null)
  const [error, setError] = useState<string | null>(null)
  const checked = set.check?.at
  useEffect(() => {
    let here = true
    api.call('datasets.row', { dataset: set.id, row: key }).then(
      (found) => here && (setKnown(found), setError(null)),
      (fault: unknown) => here && setError(asWords(fault)),
    )
    return () => {
      here = false
    }
  }, [set.id, key, version, checked])
  if (error !== null)
    return (
      <div className="data-pad">
        <Notice tone="danger">{error}</Notice>
      </div>
    )
  if (!known) return <ProgressBar value={null} label="Opening the row" />
  const { row, problems } = known
  return (
    <div className="row">
      <Bar set={set} row={row} />
      <div className="row-body">
        {row.broken ? (
          <>
            <Notice tone="danger">
              This line is no row: {row.broken.message}. Delete it, or mend it where it came from.
            </Notice>
            <pre className="row-line">{row.broken.text}</pre>
          </>
        ) : (
          <>
            <RowPictures set={set.id} row={row} />
            <Problems problems={problems} />
            <RowTexts set={set} row={row} />
            <Origin row={row} />
          </>
        )}
      </div>
    </div>
  )
}

function Bar({ set, row }: { readonly set: Dataset; readonly row: DatasetRecord }): ReactElement {
  const which = { rows: [row.key] }
  const fixed = !set.editable
  return (
    <header className="row-bar">
      <h3 title={row.id}>{row.id || 'Without an id'}</h3>
      {!row.broken && (
        <SegmentedControl
          label="Split"
          disabled={fixed}
          value={row.split ?? 'none'}
          segments={[
            { value: 'train', label: 'Train' },
            { value: 'val', label: 'Val' },
            { value: 'test', label: 'Test' },
            ...(row.split === null ? [{ value: 'none' as const, label: 'None' }] : []),
          ]}
          onChange={(split) => split !== 'none' && void edit({ do: 'split', which, split })}
        />
      )}
      <IconButton
        icon={row.marked ? 'star-filled' : 'star'}
        label={row.marked ? 'Unmark' : 'Mark'}
        shortcut="M"
        pressed={row.marked}
        onClick={() => void edit({ do: 'mark', which, marked: !row.marked })}
      />
      <IconButton
        icon="copy"
        label="Duplicate"
        shortcut="D"
        disabled={fixed || row.broken !== null}
        onClick={() => void edit({ do: 'duplicate', row: row.key })}
      />
      <IconButton
        icon="trash"
        label="Delete"
        shortcut="Delete"
        disabled={fixed}
        onClick={() => void edit({ do: 'delete', which })}
      />
      <MenuButton
        label="More for this row"
        items={[
          {
            label: 'Replace the input picture …',
            icon: 'picture',
            disabled: fixed || !!row.broken,
            onSelect: () => void replace(row, 'input'),
          },
          {
            label: 'Replace the output picture …',
            icon: 'picture',
            disabled: fixed || !!row.broken,
            onSelect: () => void replace(row, 'output'),
          },
          {
            label: 'Take the input picture away',
            disabled: fixed || row.input === null,
            onSelect: () => void edit({ do: 'picture', row: row.key, side: 'input', blob: null }),
          },
        ]}
      />
    </header>
  )
}

async function replace(row: DatasetRecord, side: 'input' | 'output'): Promise<void> {
  try {
    const [file] = await chooseFiles('image/*')
    if (file) await edit({ do: 'picture', row: row.key, side, blob: await api.upload(file) })
  } catch (error) {
    toastError(error)
  }
}

function Problems({ problems }: { readonly problems: readonly RowProblem[] }): ReactElement | null {
  if (problems.length === 0) return null
  return (
    <ul className="row-problems" aria-label="Problems of this row">
      {problems.map(({ code, message, fix }) => {
        const error = problemSeverity[code] === 'error'
        return (
          <li key={`${code} ${message}`} className={error ? 'row-error' : 'row-warning'}>
            <Icon name="warning" size={13} />
            <span>
              <strong>{message.charAt(0).toUpperCase() + message.slice(1)}.</strong> {fix}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function Origin({ row: { lineage } }: { readonly row: DatasetRecord }): ReactElement | null {
  if (!lineage) return null
  const facts = [
    ['From', lineage.picture === 'result' ? 'a run that was right' : 'a run, with a corrected picture'],
    ['Run', lineage.run],
    ['Model', `${lineage.model} ${lineage.modelHash.slice(0, 12)}`],
    ['Seed', String(lineage.seed)],
  ]
  return (
    <dl className="row-origin">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  )
}
