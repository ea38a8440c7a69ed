/**
 * Results waiting to be taken or turned down, newest last, each tied to the part of the document it was made for. Looking
 * at one lays it onto the canvas; nothing is locked meanwhile.
 */
import { useEffect, useRef, type KeyboardEvent, type ReactElement } from 'react'
import type { Candidate } from '../../../shared/document.ts'
import { api } from '../../api.ts'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { sameBox } from '../../canvas/geometry.ts'
import { canvasHost } from '../../canvas/host.ts'
import { saveAsRow } from '../../state/datasets.ts'
import { useStudio, studio, withEntry } from '../../state/store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { Slider } from '../../ui/Slider.tsx'
import { Tooltip } from '../../ui/Tooltip.tsx'
import { acceptCandidate, lookAtCandidate, rejectCandidate, toggleCompare } from './staging-actions.ts'
import './staging.css'

const none: readonly Candidate[] = []

/** Nothing at all while no result waits. */
export function StagingStrip(): ReactElement | null {
  const staging = useStudio((s) => s.document?.staging ?? none)
  const shown = useEditor((s) => s.candidate)
  const compare = useEditor((s) => s.compare)
  const list = useRef<HTMLDivElement>(null)
  const current = staging.find(({ run }) => run === shown) ?? null
  useMissingRuns(staging)
  // What lies on the canvas is one of these, or nothing: undo may have taken it away.
  useEffect(() => {
    if (shown !== null && !staging.some(({ run }) => run === shown)) canvas.showCandidate(null)
  }, [staging, shown])
  if (staging.length === 0) return null

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = staging.findIndex(({ run }) => run === shown)
    const by = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (by !== 0) {
      const next =
        staging[at < 0 ? (by > 0 ? 0 : staging.length - 1) : Math.min(staging.length - 1, Math.max(0, at + by))]
      lookAtCandidate(next?.run ?? null)
      list.current?.querySelector<HTMLElement>(`[data-run="${next?.run ?? ''}"]`)?.scrollIntoView({ block: 'nearest' })
    } else if (!current) return
    else if (event.key === 'Enter') void acceptCandidate(current)
    else if (event.key === 'Delete' || event.key === 'Backspace') rejectCandidate(current)
    else if (event.key === 'Escape') canvas.showCandidate(null)
    else if (event.key.toLowerCase() === 'c') toggleCompare()
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return (
    <section className="staging" aria-label="Results to take or turn down">
      <div
        className="staging-list"
        role="listbox"
        aria-label="Staged results"
        aria-orientation="horizontal"
        aria-activedescendant={current ? `staged-${current.run}` : undefined}
        tabIndex={0}
        ref={list}
        onKeyDown={onKeyDown}
      >
        {staging.map((candidate, i) => (
          <Card key={candidate.run} candidate={candidate} place={i + 1} selected={candidate.run === shown} />
        ))}
      </div>
      <div className="staging-actions">
        {current ? (
          <>
            <Button kind="primary" icon="check" onClick={() => void acceptCandidate(current)}>
              Accept as layer
            </Button>
            <Button icon="x" onClick={() => rejectCandidate(current)}>
              Reject
            </Button>
            <IconButton
              icon="star"
              label="This edit was right"
              detail="Save it as a row of a data set."
              onClick={() => saveAsRow(current.run)}
            />
            <IconButton
              icon="compare"
              label="Compare before and after"
              detail="Drag the line on the canvas, or use the slider."
              shortcut="C"
              pressed={compare !== null}
              onClick={toggleCompare}
            />
            {compare !== null && (
              <div className="staging-compare">
                <Slider
                  bare
                  label="Before and after"
                  value={Math.round(compare * 100)}
                  min={0}
                  max={100}
                  step={1}
                  unit="%"
                  initial={50}
                  onChange={(percent) => canvas.setCompare(percent / 100)}
                />
              </div>
            )}
          </>
        ) : (
          <span className="staging-hint">
            {staging.length === 1 ? '1 result waits.' : `${staging.length} results wait.`} Choose one to see it in
            place.
          </span>
        )}
      </div>
    </section>
  )
}

/** Runs that only the document knows of are asked for once. */
function useMissingRuns(staging: readonly Candidate[]): void {
  useEffect(() => {
    for (const { run } of staging) {
      if (studio.get().runs.has(run)) continue
      api.call('runs.get', { run }).then(
        (found) => studio.set({ runs: withEntry(studio.get().runs, run, found) }),
        (error: unknown) => canvasHost.fail(error),
      )
    }
  }, [staging])
}

function Card({
  candidate,
  place,
  selected,
}: {
  readonly candidate: Candidate
  readonly place: number
  readonly selected: boolean
}): ReactElement {
  const run = useStudio((s) => s.runs.get(candidate.run))
  const elsewhere = useStudio((s) => s.document !== null && !sameBox(s.document.box, candidate.box))
  const branch = run?.parent ? `, branched after step ${run.parent.step}` : ''
  const name = run ? `Result ${place}, seed ${run.seed}${branch}` : `Result ${place}`
  const words = run?.settings.instruction || 'Without an instruction'
  return (
    <Tooltip text={words} detail={elsewhere ? `${name}. Made for another place of the generation box.` : name}>
      <div
        id={`staged-${candidate.run}`}
        data-run={candidate.run}
        role="option"
        aria-selected={selected}
        aria-label={`${name}: ${words}`}
        className="staging-card"
        onClick={() => lookAtCandidate(selected ? null : candidate.run)}
        onDoubleClick={() => void acceptCandidate(candidate)}
      >
        {run?.picture ? <img src={api.blobUrl(run.picture.blob)} alt="" draggable={false} /> : <span />}
        <small>{place}</small>
      </div>
    </Tooltip>
  )
}
