/** Moves the active layer. Its handles (scale, rotate) are the transformer's, see transformer.ts. */
import { activeLayerOf } from '../layers.ts'
import { arrowOf } from './keys.ts'
import type { Tool } from './types.ts'

export const move: Tool = {
  id: 'move',
  label: 'Move and transform',
  hint: 'Drag the active layer; its handles scale and rotate. Shift: along one axis. Arrows move by pixels.',
  shortcut: 'V',
  cursor: 'move',
  paints: true,
  begin: (context, at) => {
    const layer = activeLayerOf(context.document)
    if (!layer) {
      context.say('There is no layer to move.')
      return null
    }
    const { transform } = layer
    const moved = (point: { x: number; y: number }, straight: boolean) => {
      let dx = Math.round(point.x - at.point.x)
      let dy = Math.round(point.y - at.point.y)
      if (straight && Math.abs(dx) > Math.abs(dy)) dy = 0
      else if (straight) dx = 0
      return { ...transform, x: transform.x + dx, y: transform.y + dy }
    }
    return {
      move: ({ point, shift }) => context.draft({ transform: { layer: layer.id, transform: moved(point, shift) } }),
      end: ({ point, shift }) => {
        const next = moved(point, shift)
        if (next.x !== transform.x || next.y !== transform.y)
          context.dispatch({ type: 'setLayer', layer: layer.id, transform: next })
      },
      cancel: () => undefined,
    }
  },
  key: (context, press) => {
    const arrow = arrowOf(press)
    const layer = activeLayerOf(context.document)
    if (!arrow || !layer) return false
    const { transform } = layer
    context.dispatch(
      {
        type: 'setLayer',
        layer: layer.id,
        transform: { ...transform, x: transform.x + arrow.dx, y: transform.y + arrow.dy },
      },
      { coalesce: `nudge ${layer.id}` },
    )
    return true
  },
}
