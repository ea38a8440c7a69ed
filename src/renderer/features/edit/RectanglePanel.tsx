/** A rectangle by its numbers, to select or to mask: what the rectangle tools do, by keyboard. */
import { useState, type ReactElement } from 'react'
import { useEditor } from '../../canvas/editor-store.ts'
import { boundsOf, intersect } from '../../canvas/geometry.ts'
import type { Box } from '../../../shared/studio.ts'
import { useStudio } from '../../state/store.ts'
import { Button } from '../../ui/Button.tsx'
import { EmptyState } from '../../ui/feedback.tsx'
import { NumberField } from '../../ui/NumberField.tsx'
import { maskRectangle, selectRectangle } from './selection-actions.ts'
import './mask.css'

export function RectanglePanel(): ReactElement {
  const width = useStudio((s) => s.document?.width ?? null)
  const height = useStudio((s) => s.document?.height ?? null)
  const box = useStudio((s) => s.document?.box ?? null)
  const selection = useEditor((s) => s.selection)
  /** What was typed, until something else is selected. */
  const [typed, setTyped] = useState<{ readonly of: typeof selection; readonly box: Box } | null>(null)
  if (width === null || height === null || !box) return <EmptyState icon="rect" title="No document is open" />
  const found = (selection && boundsOf(selection)) ?? box
  const now = typed?.of === selection ? typed.box : found
  const set = (change: Partial<Box>): void => setTyped({ of: selection, box: { ...now, ...change } })
  const inside = intersect(now, { x: 0, y: 0, width, height })
  return (
    <div className="mask">
      <div className="rectangle-numbers" role="group" aria-label="Rectangle">
        <NumberField label="X" value={now.x} min={0} max={width - 1} onChange={(x) => set({ x })} />
        <NumberField label="Y" value={now.y} min={0} max={height - 1} onChange={(y) => set({ y })} />
        <NumberField label="Width" value={now.width} min={1} max={width} onChange={(to) => set({ width: to })} />
        <NumberField label="Height" value={now.height} min={1} max={height} onChange={(to) => set({ height: to })} />
      </div>
      <div className="mask-row mask-thirds">
        <Button disabled={!inside} onClick={() => inside && selectRectangle(inside)}>
          Select
        </Button>
        <Button disabled={!inside} onClick={() => inside && maskRectangle(inside, false)}>
          Add to mask
        </Button>
        <Button disabled={!inside} onClick={() => inside && maskRectangle(inside, true)}>
          Unmask
        </Button>
      </div>
    </div>
  )
}
