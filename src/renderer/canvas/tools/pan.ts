/** Moves the view. Space, or the middle button, does the same from any tool. */
import type { Tool } from './types.ts'

export const pan: Tool = {
  id: 'pan',
  label: 'Pan',
  hint: 'Drag the view. Space or the middle button does the same from any tool; the wheel zooms.',
  shortcut: 'H',
  cursor: 'grab',
  begin: (context, at) => {
    // The view moves under the pointer, so the point that was taken hold of stays the same.
    const held = at.point
    return {
      move: ({ point }) =>
        context.pan((point.x - held.x) * context.view.scale, (point.y - held.y) * context.view.scale),
      end: () => undefined,
      cancel: () => undefined,
    }
  },
}
