/** A strip over the canvas with what the tool in the hand can be told: its size and colour, and what to do with a selection. */
import type { ReactElement } from 'react'
import { canvas, LEAST_SIZE, MOST_SIZE, sizeKeyOf, useEditor } from '../../canvas/editor-store.ts'
import { toolOf } from '../../canvas/tools/index.ts'
import { setPendingCells, usePendingCells } from '../../state/playback-edits.ts'
import { useStudio } from '../../state/store.ts'
import { Button } from '../../ui/Button.tsx'
import { Slider } from '../../ui/Slider.tsx'
import { clearSelection, maskFromSelection } from './selection-actions.ts'
import './canvas-view.css'

/** Sliders go to here; the number beside them further. */
const TRACK = 256

export function ToolOptions(): ReactElement {
  const id = useEditor((s) => s.tool)
  const sizeKey = sizeKeyOf(id)
  const size = useEditor((s) => (sizeKey ? s[sizeKey] : 0))
  const selection = useEditor((s) => s.selection)
  const armed = useEditor((s) => s.armed)
  const cells = usePendingCells()
  const box = useStudio((s) => s.document?.box)
  const tool = toolOf(id)
  return (
    <div className="canvas-options" role="group" aria-label={`${tool.label}: options`}>
      <strong className="canvas-options-name">{armed && id === 'sprite' ? `Place "${armed.name}"` : tool.label}</strong>
      {sizeKey && (
        <div className="canvas-options-size">
          <Slider
            label="Size"
            bare
            value={size}
            min={LEAST_SIZE}
            max={TRACK}
            hardMax={MOST_SIZE}
            step={1}
            unit="px"
            onChange={(value) => canvas.setSize(value)}
          />
        </div>
      )}
      {id === 'box' && box && (
        <span className="canvas-options-note">
          {Math.round(box.width)} × {Math.round(box.height)} at {Math.round(box.x)}, {Math.round(box.y)}
        </span>
      )}
      {id === 'remask' && cells.size > 0 && (
        <>
          <span className="canvas-options-note">
            {cells.size} {cells.size === 1 ? 'cell' : 'cells'} to mask again
          </span>
          <Button kind="quiet" onClick={() => setPendingCells([])}>
            Clear
          </Button>
        </>
      )}
      {selection && (
        <>
          <Button kind="quiet" icon="mask" onClick={maskFromSelection}>
            Add to mask
          </Button>
          <Button kind="quiet" icon="trash" onClick={clearSelection}>
            Delete pixels
          </Button>
          <Button kind="quiet" icon="x" onClick={() => canvas.select(null)}>
            Deselect
          </Button>
        </>
      )}
      <span className="canvas-options-hint">{tool.hint}</span>
    </div>
  )
}
