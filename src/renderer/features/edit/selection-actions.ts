/** What can be done with a selection from panels, menus and keys. */
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { cornersOf } from '../../canvas/geometry.ts'
import type { Box } from '../../../shared/studio.ts'
import { dispatch } from '../../state/documents.ts'
import { studio } from '../../state/store.ts'

/** What is selected may change in a run. */
export function maskFromSelection(): void {
  const { selection } = useEditor.getState()
  if (!selection) return
  dispatch({ type: 'addMaskMark', mark: { kind: 'area', points: [...selection], erase: false } })
}

/** Takes the selected pixels off the active layer. */
export function clearSelection(): void {
  useEditor.getState().editor?.key({ key: 'Delete', shift: false, alt: false, ctrl: false })
}

export function selectAll(): void {
  const { document } = studio.get()
  if (document) selectRectangle({ x: 0, y: 0, width: document.width, height: document.height })
}

/** Selects a rectangle of the document, with a tool in the hand whose arrows move what is in it. */
export function selectRectangle(box: Box): void {
  if (useEditor.getState().tool !== 'select-lasso') canvas.chooseTool('select-rectangle')
  canvas.select(cornersOf(box))
}

/** A rectangle of the document may change in a run; or, erased, may not. */
export function maskRectangle(box: Box, erase: boolean): void {
  dispatch({ type: 'addMaskMark', mark: { kind: 'area', points: cornersOf(box), erase } })
}
