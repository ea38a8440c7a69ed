/** The mask as a whole: how many cells a run may redraw, and what can be done to all of it at once. */
import { useState, type ReactElement } from 'react'
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { dispatch } from '../../state/documents.ts'
import { useStudio } from '../../state/store.ts'
import { Button, IconButton } from '../../ui/Button.tsx'
import { SegmentedControl } from '../../ui/choices.tsx'
import { EmptyState } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { Slider } from '../../ui/Slider.tsx'
import { clearMask, exportMask, growMask, importMask, invertMask, maskWholeCells, softenMask } from './mask-actions.ts'
import { maskFromSelection } from './selection-actions.ts'
import './mask.css'

export function MaskPanel(): ReactElement {
  const open = useStudio((s) => s.document !== null)
  const set = useStudio((s) => (s.document?.mask.length ?? 0) > 0)
  const feather = useStudio((s) => s.document?.feather ?? 0)
  const grid = useStudio((s) => s.models.find((model) => model.id === s.document?.settings.model)?.grid ?? null)
  const free = useEditor((s) => s.free)
  const shown = useEditor((s) => s.maskShown)
  const edge = useEditor((s) => s.resultEdge)
  const selected = useEditor((s) => s.selection !== null)
  const [by, setBy] = useState(4)
  if (!open) return <EmptyState icon="mask" title="No document is open" />
  return (
    <div className="mask">
      <div className="mask-head">
        <Cells set={set} free={free?.size ?? null} grid={grid} />
        <IconButton
          icon={shown ? 'eye' : 'eye-off'}
          label={shown ? 'Hide the mask' : 'Show the mask'}
          pressed={shown}
          disabled={!set}
          onClick={() => canvas.showMask(!shown)}
        />
      </div>
      <div className="mask-row mask-thirds">
        <Button onClick={invertMask}>{set ? 'Invert' : 'Mask all'}</Button>
        <Button disabled={!set || !free?.size} onClick={maskWholeCells}>
          Fill cells
        </Button>
        <Button disabled={!set} onClick={clearMask}>
          Clear
        </Button>
      </div>
      <div className="mask-row mask-quarters">
        <NumberField label="By" bare value={by} min={1} max={256} step={1} unit="px" onChange={setBy} />
        <Button disabled={!set} onClick={() => growMask(by)}>
          Grow
        </Button>
        <Button disabled={!set} onClick={() => growMask(-by)}>
          Shrink
        </Button>
        <Button disabled={!set} onClick={() => softenMask(by)}>
          Soften
        </Button>
      </div>
      <div className="field">
        <span className="field-label">Results replace</span>
        <SegmentedControl
          label="Results replace"
          value={edge}
          segments={[
            { value: 'cells', label: 'Outlined cells' },
            { value: 'mask', label: 'Painted area' },
          ]}
          onChange={(value) => canvas.setResultEdge(value)}
        />
      </div>
      <Slider
        label="Fade in from the edge"
        value={feather}
        min={0}
        max={64}
        hardMax={256}
        step={1}
        unit="px"
        initial={0}
        onChange={(value) => dispatch({ type: 'setFeather', feather: value }, { coalesce: 'feather' })}
      />
      <p className="mask-note">
        {edge === 'cells' ? 'Outside the outlined cells' : 'Outside the painted area'} no byte of the picture changes.
      </p>
      <div className="mask-row">
        <Button kind="quiet" icon="upload" onClick={() => void importMask()}>
          Import PNG
        </Button>
        <Button kind="quiet" icon="download" disabled={!set} onClick={() => void exportMask()}>
          Export PNG
        </Button>
        {selected && (
          <Button kind="quiet" icon="rect" onClick={maskFromSelection}>
            From selection
          </Button>
        )}
      </div>
    </div>
  )
}

/** "12 of 64 cells may change", with as much of a bar filled. */
function Cells({
  set,
  free,
  grid,
}: {
  readonly set: boolean
  readonly free: number | null
  readonly grid: number | null
}): ReactElement {
  const all = grid === null ? null : grid * grid
  const count = set ? free : all
  if (all === null || count === null) return <span className="mask-cells">Everything in the box may change</span>
  return (
    <div className={count === 0 ? 'mask-cells mask-cells-none' : 'mask-cells'} role="status">
      <span>
        <strong>{count}</strong> of {all} cells may change
        {count === 0 && ': the mask has no white in the box'}
      </span>
      <span className="mask-meter" aria-hidden="true">
        <span style={{ width: `${(100 * count) / all}%` }} />
      </span>
    </div>
  )
}
