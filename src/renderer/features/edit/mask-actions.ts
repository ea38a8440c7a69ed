/** What the mask panel does, each as one command of the document. */
import { cellRows, joinedBoxes } from '../../canvas/cells.ts'
import { renderMask } from '../../canvas/compose.ts'
import { useEditor } from '../../canvas/editor-store.ts'
import { canvasHost } from '../../canvas/host.ts'
import { api } from '../../api.ts'
import { dispatch } from '../../state/documents.ts'
import { chooseFiles, download } from '../../state/download.ts'
import { studio } from '../../state/store.ts'
import { waitFor } from '../../state/waits.ts'

export const invertMask = (): void => dispatch({ type: 'addMaskMark', mark: { kind: 'invert' } })

/** Pixels outwards; negative inwards. */
export const growMask = (by: number): void => dispatch({ type: 'addMaskMark', mark: { kind: 'grow', by } })

export const softenMask = (radius: number): void => dispatch({ type: 'addMaskMark', mark: { kind: 'feather', radius } })

export const clearMask = (): void => dispatch({ type: 'clearMask' })

/** Makes the mask whole cells: every cell a run may redraw becomes white to its edges. */
export function maskWholeCells(): void {
  const { document, models } = studio.get()
  const { free } = useEditor.getState()
  const grid = models.find((model) => model.id === document?.settings.model)?.grid
  if (!document || !grid || !free) return
  const points = joinedBoxes(cellRows(document.box, grid, [...free]))
  if (points.length > 0) dispatch({ type: 'addMaskMark', mark: { kind: 'area', points, erase: false } })
}

/** Asks for a grey picture that becomes the mask: white may change. */
export async function importMask(): Promise<void> {
  try {
    const [file] = await chooseFiles('image/png,image/jpeg,image/webp')
    if (!file) return
    await waitFor(`Opening ${file.name}`, async ({ signal, check }) => {
      const blob = await api.upload(file, signal)
      const { picture } = await api.call('pictures.open', { blob, name: file.name.slice(-300) })
      check()
      dispatch({ type: 'addMaskMark', mark: { kind: 'picture', picture } })
    })
  } catch (error) {
    canvasHost.fail(error)
  }
}

/** The mask as a grey PNG of the document's size, saved as a file. */
export async function exportMask(): Promise<void> {
  const { document, project } = studio.get()
  if (!document) return
  try {
    await waitFor('Making the mask', async ({ signal, check }) => {
      const png = await renderMask(document)
      check()
      if (png) download({ blob: await api.upload(png, signal), name: `${project?.name ?? 'tandem'} mask.png` })
    })
  } catch (error) {
    canvasHost.fail(error)
  }
}
