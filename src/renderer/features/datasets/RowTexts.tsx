/**
 * Instruction and reasoning of a row, with their length in the model's tokens; words the model would spell in bytes are
 * underlined. What is typed is kept when the field is left, or after a moment.
 */
import { useEffect, useRef, useState, type ReactElement } from 'react'
import type { Dataset, DatasetRecord } from '../../../shared/dataset-records.ts'
import type { ResultOf } from '../../../shared/ipc.ts'
import { api } from '../../api.ts'
import { useStudio } from '../../state/store.ts'
import { checkModel } from './check.ts'
import { INSTRUCTION } from './row-keys.ts'
import { edit } from './rows-state.ts'
import { pieces } from './unknown-words.ts'

type Measure = ResultOf<'datasets.measure'>
type FieldName = 'instruction' | 'reasoning'

const KEEP_AFTER_MS = 1200
const MEASURE_AFTER_MS = 250

export function RowTexts({ set, row }: { readonly set: Dataset; readonly row: DatasetRecord }): ReactElement {
  const [texts, setTexts] = useState({ instruction: row.instruction, reasoning: row.reasoning })
  const dirty = useRef(false)
  const measured = useMeasure(texts)
  const latest = useRef(texts)
  useEffect(() => {
    latest.current = texts
  })
  // Undo, or another window: what is stored is shown, unless something here is not stored yet.
  useEffect(() => {
    if (!dirty.current) setTexts({ instruction: row.instruction, reasoning: row.reasoning })
  }, [row.instruction, row.reasoning])
  const keep = (): void => {
    if (!dirty.current) return
    dirty.current = false
    void edit({ do: 'text', row: row.key, ...latest.current }).then((kept) => {
      // Refused: it stays here to be tried again.
      if (!kept) dirty.current = true
    })
  }
  const keepLast = useRef(keep)
  useEffect(() => {
    keepLast.current = keep
  })
  useEffect(() => {
    const timer = dirty.current ? setTimeout(() => keepLast.current(), KEEP_AFTER_MS) : undefined
    return () => clearTimeout(timer)
  }, [texts])
  useEffect(() => () => keepLast.current(), [])

  const field = (name: FieldName, label: string, rows: number): ReactElement => (
    <TextWithWords
      label={label}
      id={name === 'instruction' ? INSTRUCTION : 'data-reasoning'}
      rows={rows}
      readOnly={!set.editable}
      value={texts[name]}
      measure={measured?.[name] ?? null}
      onChange={(value) => {
        dirty.current = true
        setTexts({ ...texts, [name]: value })
      }}
      onKeep={keep}
    />
  )
  return (
    <section className="row-texts" aria-label="Texts">
      {field('instruction', 'Instruction', 2)}
      {field('reasoning', 'Reasoning', 7)}
    </section>
  )
}

/** Both texts in tokens, a moment after they were typed; null until they are known. */
function useMeasure(texts: { readonly instruction: string; readonly reasoning: string }): Measure | null {
  const ready = useStudio((s) => s.models.length > 0)
  const [measure, setMeasure] = useState<Measure | null>(null)
  const { instruction, reasoning } = texts
  useEffect(() => {
    const model = ready ? checkModel() : null
    if (model === null) return
    let here = true
    const timer = setTimeout(() => {
      api.call('datasets.measure', { model, instruction, reasoning }).then(
        (found) => here && setMeasure(found),
        // The count is a help; without it the text is as good.
        () => here && setMeasure(null),
      )
    }, MEASURE_AFTER_MS)
    return () => {
      here = false
      clearTimeout(timer)
    }
  }, [ready, instruction, reasoning])
  return measure
}

function TextWithWords({
  label,
  id,
  rows,
  value,
  readOnly,
  measure,
  onChange,
  onKeep,
}: {
  readonly label: string
  readonly id: string
  readonly rows: number
  readonly value: string
  readonly readOnly: boolean
  readonly measure: Measure[FieldName] | null
  readonly onChange: (value: string) => void
  readonly onKeep: () => void
}): ReactElement {
  const mirror = useRef<HTMLDivElement>(null)
  const over = measure !== null && measure.tokens > measure.limit
  const unknown = measure?.unknown ?? []
  return (
    <div className="field">
      <span className="row-label">
        <label className="field-label" htmlFor={id}>
          {label}
        </label>
        {measure && (
          <span className={over ? 'row-tokens row-over-long' : 'row-tokens'} id={`${id}-tokens`}>
            {measure.tokens} of {measure.limit} tokens
          </span>
        )}
      </span>
      <div className="row-text">
        <div className="row-mirror" ref={mirror} aria-hidden="true">
          {pieces(value, unknown).map(({ text, known, at }) =>
            known ? <span key={at}>{text}</span> : <mark key={at}>{text}</mark>,
          )}
        </div>
        <textarea
          id={id}
          rows={rows}
          className="text-field text-area"
          spellCheck={false}
          readOnly={readOnly}
          aria-describedby={measure ? `${id}-tokens` : undefined}
          aria-invalid={over ? true : undefined}
          value={value}
          onChange={(event) => onChange(event.target.value)}
          onScroll={(event) => {
            if (mirror.current) mirror.current.scrollTop = event.currentTarget.scrollTop
          }}
          onBlur={onKeep}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) onKeep()
            else if (event.key === 'Escape') document.querySelector<HTMLElement>('.data-scroll [role=listbox]')?.focus()
            else return
            event.preventDefault()
            event.stopPropagation()
          }}
        />
      </div>
      {unknown.length > 0 && (
        <span className="field-hint">
          Not in the model's vocabulary, spelled in bytes: {unknown.slice(0, 8).join(', ')}
          {unknown.length > 8 ? ` and ${unknown.length - 8} more` : ''}.
        </span>
      )}
    </div>
  )
}
