/** What can be done with a selection from panels, menus and keys. */
import { canvas, useEditor } from '../../canvas/editor-store.ts'
import { cornersOf } from '../../canvas/geometry.ts'
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
  if (!document) return
  if (useEditor.getState().tool !== 'select-lasso') canvas.chooseTool('select-rectangle')
  canvas.select(cornersOf({ x: 0, y: 0, width: document.width, height: document.height }))
}
