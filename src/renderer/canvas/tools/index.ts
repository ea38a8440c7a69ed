/** Every tool, in the order of the toolbar; groups are divided there. To add one: its file, and its name here. */
import { box } from './box.ts'
import { remask } from './cells.ts'
import { maskBrush, maskEraser, maskLasso, maskRectangle } from './mask.ts'
import { move } from './move.ts'
import { brush, eraser, picker } from './paint.ts'
import { pan } from './pan.ts'
import { selectLasso, selectRectangle } from './select.ts'
import { sprite } from './sprite.ts'
import type { Tool, ToolId } from './types.ts'

export const toolGroups: readonly (readonly Tool[])[] = [
  [move, selectRectangle, selectLasso],
  [brush, eraser, picker, sprite],
  [maskBrush, maskEraser, maskRectangle, maskLasso],
  [box, remask],
  [pan],
]

export const tools: readonly Tool[] = toolGroups.flat()

const byId = new Map(tools.map((tool) => [tool.id, tool]))

export const toolOf = (id: ToolId): Tool => byId.get(id)!
