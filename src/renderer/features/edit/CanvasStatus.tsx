/** The line under the canvas: zoom, size, what a run may redraw, and whether a step of a run covers the document. */
import { useRef, useState, type ReactElement } from 'react'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { useMoment } from '../../state/playback-view.ts'
import { useStudio } from '../../state/store.ts'
import { IconButton } from '../../ui/Button.tsx'
import { Menu } from '../../ui/Menu.tsx'
import { hasStep } from './canvas-connect.ts'

export function CanvasStatus(): ReactElement {
  const size = useStudio((s) => (s.document ? `${s.document.width} × ${s.document.height} px` : null))
  return (
    <div className="canvas-status" role="group" aria-label="View">
      <Zoom />
      <span>{size}</span>
      <FreeCells />
      <CellCursor />
      <StepShown />
    </div>
  )
}

function Zoom(): ReactElement {
  const scale = useEditor((s) => s.view.scale)
  const [open, setOpen] = useState(false)
  const anchor = useRef<HTMLButtonElement>(null)
  const percent = scale * 100
  const shown = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} %`
  return (
    <div className="canvas-zoom">
      <IconButton small icon="minus" label="Zoom out" shortcut="-" onClick={() => canvas.zoom('out')} />
      <button
        type="button"
        ref={anchor}
        className="canvas-percent"
        aria-label={`Zoom, ${shown}`}
        aria-haspopup="menu"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {shown}
      </button>
      <IconButton small icon="plus" label="Zoom in" shortcut="+" onClick={() => canvas.zoom('in')} />
      <IconButton small icon="fit" label="Fit the document" shortcut="0" onClick={() => canvas.zoom('fit')} />
      {open && (
        <Menu
          anchor={anchor}
          label="Zoom"
          side="above"
          items={[
            { label: 'Fit the document', shortcut: '0', onSelect: () => canvas.zoom('fit') },
            { label: 'Fit the generation box', shortcut: '2', onSelect: () => canvas.zoom('box') },
            { label: '100 %', shortcut: '1', onSelect: () => canvas.zoom('actual') },
          ]}
          onClose={() => setOpen(false)}
        />
      )}
    </div>
  )
}

/** Says in a word what the outlined cells mean. */
function FreeCells(): ReactElement | null {
  const free = useEditor((s) => s.free)
  const grid = useStudio((s) => s.models.find((model) => model.id === s.document?.settings.model)?.grid ?? null)
  if (!free || grid === null) return null
  return (
    <span className={free.size === 0 ? 'canvas-free canvas-free-none' : 'canvas-free'}>
      {free.size} of {grid * grid} cells may change
    </span>
  )
}

/** Said aloud as the keyboard walks the cells. */
function CellCursor(): ReactElement {
  const cell = useEditor((s) => s.cellCursor)
  const free = useEditor((s) => s.free)
  const grid = useStudio((s) => s.models.find((model) => model.id === s.document?.settings.model)?.grid ?? null)
  const words =
    cell === null || grid === null
      ? ''
      : `Row ${Math.floor(cell / grid) + 1}, column ${(cell % grid) + 1}${free?.has(cell) ? ', may change' : ''}`
  return <span aria-live="polite">{words}</span>
}

function StepShown(): ReactElement | null {
  const kind = useMoment((s) => s.overlayKind)
  const step = useMoment((s) => s.step)
  const there = useStudio((s) => hasStep(s, kind))
  const shown = useEditor((s) => s.stepShown)
  if (!there) return null
  return (
    <button type="button" className="canvas-step" onClick={() => canvas.showStep(!shown)}>
      {shown ? 'Show the document' : `Show step ${step}`}
    </button>
  )
}
