/** One row in the list: its pictures, its words, its split, and what was found. */
import type { ReactElement } from 'react'
import type { DatasetRecord } from '../../../shared/dataset-records.ts'
import { Icon } from '../../ui/Icon.tsx'
import { useThumb } from './thumbs.ts'

export const ROW_HEIGHT = 64

export function RowLine({
  dataset,
  row,
  onOpen,
}: {
  readonly dataset: string
  /** Undefined while it is on its way. */
  readonly row: DatasetRecord | undefined
  readonly onOpen: () => void
}): ReactElement {
  if (!row) return <div className="data-row data-row-wait" aria-hidden="true" />
  const { errors, warnings, split, marked, broken } = row
  return (
    <div className="data-row" onDoubleClick={onOpen}>
      <Pictures dataset={dataset} row={row} />
      <span className="data-row-words">
        {broken ? (
          <>
            <span className="data-row-instruction data-row-none">No row: {broken.message}</span>
            <span className="data-row-reasoning">{broken.text.slice(0, 200)}</span>
          </>
        ) : (
          <>
            <span
              className={row.instruction.trim() === '' ? 'data-row-instruction data-row-none' : 'data-row-instruction'}
            >
              {row.instruction.trim() || 'no instruction'}
            </span>
            <span className={row.reasoning.trim() === '' ? 'data-row-reasoning data-row-none' : 'data-row-reasoning'}>
              {row.reasoning.trim().slice(0, 300) || 'no reasoning'}
            </span>
          </>
        )}
      </span>
      <span className="data-row-marks">
        {marked && (
          <span role="img" aria-label="Marked">
            <Icon name="star-filled" size={12} />
          </span>
        )}
        {errors > 0 && <Found tone="danger" n={errors} word="error" />}
        {warnings > 0 && <Found tone="warn" n={warnings} word="warning" />}
        {!broken && <span className={`data-split data-split-${split ?? 'none'}`}>{split ?? '–'}</span>}
      </span>
    </div>
  )
}

function Found({ tone, n, word }: { readonly tone: string; readonly n: number; readonly word: string }): ReactElement {
  return (
    <span className={`data-found data-chip-${tone}`} role="img" aria-label={`${n} ${word}${n === 1 ? '' : 's'}`}>
      <Icon name="warning" size={12} />
      {n > 1 && n}
    </span>
  )
}

function Pictures({ dataset, row }: { readonly dataset: string; readonly row: DatasetRecord }): ReactElement {
  const thumb = useThumb(dataset, row)
  if (row.broken)
    return (
      <span className="data-thumbs">
        <span className="data-thumb-none data-thumb-wide">
          <Icon name="warning" size={14} />
        </span>
      </span>
    )
  const side = (url: string | null | undefined, there: boolean, name: string): ReactElement =>
    url ? (
      <img src={url} alt={name} draggable={false} />
    ) : (
      <span className={there && thumb ? 'data-thumb-none' : 'data-thumb-wait'}>
        {there && thumb && <Icon name="warning" size={14} />}
      </span>
    )
  return (
    <span className="data-thumbs">
      {row.input === null ? (
        <span className="data-thumb-made" title="A generation: it has no input picture">
          <Icon name="wand" size={14} />
        </span>
      ) : (
        side(thumb?.input, true, 'Input')
      )}
      <Icon name="chevron-right" size={10} />
      {side(thumb?.output, row.output !== null, 'Output')}
    </span>
  )
}
