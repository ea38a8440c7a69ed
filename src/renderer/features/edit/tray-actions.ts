/** Placing from the tray without a pointer. */
import { cellBox } from '../../canvas/cells.ts'
import { canvasHost } from '../../canvas/host.ts'
import { newId } from '../../ids.ts'
import { freeCell, placeCommand, type Placeable } from '../../canvas/sprites.ts'
import { dispatch } from '../../state/documents.ts'
import { studio } from '../../state/store.ts'

/** Puts a sprite in the next free cell of the scene, a background under all of it. */
export function placeNext(item: Placeable): void {
  const { document } = studio.get()
  if (!document) return canvasHost.say('Open a project first.')
  if (item.kind === 'background') return dispatch(placeCommand(document, newId(), item, document.box))
  const cell = freeCell(document, item.cells)
  if (cell === null) return canvasHost.say('Every cell of the scene has a sprite.')
  dispatch(placeCommand(document, newId(), item, cellBox(document.box, item.cells, cell)))
}
