/** Re-mask: brushes image cells back to masks, so that a run decides them again. */
import { cellsUnder } from '../cells.ts'
import { cellWalk } from './keys.ts'
import type { PointerAt, Tool } from './types.ts'

export const remask: Tool = {
  id: 'remask',
  label: 'Re-mask cells',
  hint: 'Brush image cells back to masks at the step you look at. Alt: take away. Arrows and Enter: one cell.',
  shortcut: 'K',
  cursor: 'ring',
  size: (options) => options.remaskSize,
  begin: (context, at) => {
    const grid = context.options.model?.grid
    if (!grid) return null
    const cells = new Set(context.remask)
    const take = (next: PointerAt): void => {
      for (const sample of next.samples)
        for (const cell of cellsUnder(context.document.box, grid, sample, context.options.remaskSize / 2))
          if (at.alt) cells.delete(cell)
          else cells.add(cell)
      context.draft({ cells: new Set(cells) })
    }
    take({ ...at, samples: [at.point] })
    return {
      move: take,
      end: (next) => {
        take(next)
        context.setRemask(cells)
      },
      cancel: () => undefined,
    }
  },
  key: (context, press) =>
    cellWalk(context, press, (cell) => {
      const cells = new Set(context.remask)
      if (!cells.delete(cell)) cells.add(cell)
      context.setRemask(cells)
    }),
}
