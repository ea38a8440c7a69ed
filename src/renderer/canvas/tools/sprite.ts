/** Puts the sprite or background in the hand where it is clicked, in the storybook's cells. */
import { freeCell, placeAt, placeCommand } from '../sprites.ts'
import { cellBox } from '../cells.ts'
import type { PointerAt, Tool, ToolContext } from './types.ts'

function show(context: ToolContext, { point }: PointerAt): void {
  const { armed } = context.options
  context.draft({ placing: armed && { picture: armed.picture, box: placeAt(context.document, armed, point) } })
}

export const sprite: Tool = {
  id: 'sprite',
  label: 'Place a sprite',
  hint: 'Put the sprite chosen in the tray where you click. Enter: in the next free cell.',
  shortcut: 'T',
  cursor: 'copy',
  paints: true,
  hover: show,
  begin: (context, at) => {
    const { armed } = context.options
    if (!armed) {
      context.say('Choose a sprite or background in the tray first.')
      return null
    }
    show(context, at)
    return {
      move: (next) => show(context, next),
      end: (next) =>
        context.dispatch(
          placeCommand(context.document, context.newId(), armed, placeAt(context.document, armed, next.point)),
        ),
      cancel: () => undefined,
    }
  },
  key: (context, { key }) => {
    const { armed } = context.options
    if (key !== 'Enter' || !armed) return false
    const { document } = context
    const cell = armed.kind === 'background' ? 0 : freeCell(document, armed.cells)
    if (cell === null) context.say('Every cell of the scene has a sprite.')
    else {
      const at = armed.kind === 'background' ? document.box : cellBox(document.box, armed.cells, cell)
      context.dispatch(placeCommand(document, context.newId(), armed, at))
    }
    return true
  },
}
