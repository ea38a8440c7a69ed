/**
 * Previews of a run, on examples or on rewards: the same prompts with the same seeds, step by step. A row is a prompt, a column a step, the newest beside
 * the prompt. A cell shows its words when it is pointed at or focused, and opens on the timeline.
 */
import { useEffect, useRef, useState, type KeyboardEvent, type ReactElement } from 'react'
import type { PreviewEntry } from '../../../shared/training.ts'
import { api } from '../../api.ts'
import { openPreview, usePreviewPicture } from '../../state/training.ts'
import { previewTable } from '../../state/training-rows.ts'
import { EmptyState } from '../../ui/feedback.tsx'
import { count } from './words.ts'

export function Previews({
  job,
  every,
  previews,
}: {
  /** Its id. */
  readonly job: string
  /** Steps between previews; 0: only when they are asked for, null: as the run thinks best. */
  readonly every: number | null
  readonly previews: readonly PreviewEntry[]
}): ReactElement {
  const [pointed, setPointed] = useState<PreviewEntry | null>(null)
  const grid = useRef<HTMLTableElement>(null)
  if (previews.length === 0)
    return (
      <EmptyState icon="picture" title="No previews yet">
        {every === 0
          ? 'This run makes none by itself: "Sample now" asks for them between two steps.'
          : 'Some validation prompts are edited now and then, always with the same seeds. "Sample now" asks for them at once.'}
      </EmptyState>
    )
  const table = previewTable(previews)
  const steps = table.steps.toReversed()
  const last = pointed ?? table.cell(steps[0]!, table.prompts[0]!.prompt)
  return (
    <div className="previews">
      <div className="previews-scroll">
        <table ref={grid} className="previews-table" onKeyDown={(event) => walk(event, grid.current)}>
          <caption className="visually-hidden">Previews by prompt and step, the newest first</caption>
          <thead>
            <tr>
              <th scope="col">Prompt</th>
              {steps.map((step) => (
                <th key={step} scope="col">
                  {count(step)}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {table.prompts.map(({ prompt, instruction, row }) => (
              <tr key={prompt}>
                <th scope="row">
                  <span className="previews-prompt">{instruction || 'Without an instruction'}</span>
                  {row !== null && <span className="previews-row">{row}</span>}
                </th>
                {steps.map((step) => {
                  const entry = table.cell(step, prompt)
                  return (
                    <td key={step}>
                      {entry ? <Cell job={job} entry={entry} onPoint={setPointed} /> : <span aria-label="none">–</span>}
                    </td>
                  )
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {last && (
        <aside className="previews-words" aria-label="Reasoning of the preview" aria-live="polite">
          <h3>
            Step {count(last.step)}
            {last.asked ? ', asked for' : ''}
          </h3>
          <p className="previews-instruction">{last.instruction}</p>
          <p>{last.reasoning || 'No reasoning.'}</p>
          <p className="field-hint">A click opens it on the timeline, where every step of its denoising can be seen.</p>
        </aside>
      )}
    </div>
  )
}

function Cell({
  job,
  entry,
  onPoint,
}: {
  readonly job: string
  readonly entry: PreviewEntry
  readonly onPoint: (entry: PreviewEntry) => void
}): ReactElement {
  const button = useRef<HTMLButtonElement>(null)
  const [seen, setSeen] = useState(false)
  useEffect(() => {
    const element = button.current
    if (!element) return
    // Pictures of columns out of sight are not fetched.
    const observer = new IntersectionObserver((entries) => entries.some((e) => e.isIntersecting) && setSeen(true))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const picture = usePreviewPicture(job, entry.step, entry.prompt, seen)
  return (
    <button
      ref={button}
      type="button"
      className="preview"
      aria-label={`Step ${entry.step}: ${entry.instruction}. Open on the timeline`}
      onPointerEnter={() => onPoint(entry)}
      onFocus={() => onPoint(entry)}
      onClick={() => void openPreview(job, entry.step, entry.prompt)}
    >
      {picture ? (
        <img src={api.blobUrl(picture.blob)} width={picture.width} height={picture.height} alt="" draggable={false} />
      ) : (
        <span className="preview-wait" />
      )}
    </button>
  )
}

/** Arrows move from cell to cell. */
function walk(event: KeyboardEvent, table: HTMLTableElement | null): void {
  const moves: Record<string, readonly [number, number]> = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  }
  const move = moves[event.key]
  const cell = document.activeElement?.closest('td')
  const row = cell?.parentElement
  if (!move || !cell || !row || !table) return
  const rows = [...table.tBodies[0]!.rows]
  const target = rows[rows.indexOf(row as HTMLTableRowElement) + move[0]]?.cells[cell.cellIndex + move[1]]
  const button = target?.querySelector('button')
  if (!button) return
  event.preventDefault()
  button.focus()
  button.scrollIntoView({ block: 'nearest', inline: 'nearest' })
}
