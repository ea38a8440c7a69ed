/** Brush and eraser: strokes of one size on the active layer. */
import type { Mark } from '../../../shared/document.ts'
import { identityMatrix, invert, mapPoints, matrixOf, meanScale, type Point } from '../geometry.ts'
import { activeLayerOf, newLayer, whyNotPaintable } from '../layers.ts'
import { addSample, simplify } from '../stroke.ts'
import type { Gesture, PointerAt, Tool, ToolContext } from './types.ts'

/** Screen pixels between samples kept, and those a point may be off for the stored line to need it. */
const APART = 0.75
const TOLERANCE = 0.2

/** Where the last stroke ended: with Shift the next one starts there. */
let lastEnd: { readonly document: object; readonly point: Point } | null = null

/** Collects samples into a line; `show` sees the line so far, `commit` the one to keep. */
export function strokeGesture(
  context: ToolContext,
  at: PointerAt,
  show: (points: readonly number[]) => void,
  commit: (points: number[]) => void,
): Gesture {
  const apart = APART / context.view.scale
  const points: number[] = []
  const key = context.document.settings
  if (at.shift && lastEnd?.document === key) points.push(lastEnd.point.x, lastEnd.point.y)
  const take = (samples: readonly Point[]): void => {
    let changed = false
    for (const sample of samples) changed = addSample(points, sample, apart) || changed
    // A new list each time: what is drawn is told apart by identity.
    if (changed) show([...points])
  }
  take([at.point])
  return {
    move: (next) => take(next.samples),
    end: (next) => {
      take(next.samples)
      lastEnd = { document: key, point: { x: points.at(-2)!, y: points.at(-1)! } }
      commit(simplify(points, TOLERANCE / context.view.scale))
    },
    cancel: () => undefined,
  }
}

function paint(context: ToolContext, at: PointerAt, erase: boolean): Gesture | null {
  const layer = activeLayerOf(context.document)
  const refusal = whyNotPaintable(layer) ?? (erase && !layer ? 'There is no layer to erase from.' : null)
  if (refusal) {
    context.say(refusal)
    return null
  }
  const matrix = layer ? matrixOf(layer.transform) : identityMatrix
  const back = invert(matrix)
  if (!back) return null
  const size = Math.min(4096, Math.max(0.5, context.options.brushSize / meanScale(matrix)))
  const { colour } = context.options
  return strokeGesture(
    context,
    at,
    (points) =>
      context.draft({ stroke: { layer: layer?.id ?? null, points: mapPoints(back, points), size, colour, erase } }),
    (points) => {
      const mark: Mark = { kind: 'stroke', points: mapPoints(back, points), size, colour, erase }
      if (layer) context.dispatch({ type: 'addMark', layer: layer.id, mark })
      else
        context.dispatch({
          type: 'addLayer',
          value: newLayer(context.document.layers, context.newId(), 'Layer', [mark]),
        })
    },
  )
}

export const brush: Tool = {
  id: 'brush',
  label: 'Brush',
  hint: 'Paint on the active layer. Shift: straight on from the last stroke. Alt: pick a colour.',
  shortcut: 'B',
  cursor: 'ring',
  paints: true,
  size: (options) => options.brushSize,
  begin: (context, at) => {
    if (!at.alt) return paint(context, at, false)
    const colour = context.colourAt(at.point)
    if (colour) context.pick(colour)
    return null
  },
}

export const eraser: Tool = {
  id: 'eraser',
  label: 'Eraser',
  hint: 'Erase from the active layer. Shift: straight on from the last stroke.',
  shortcut: 'E',
  cursor: 'ring',
  paints: true,
  size: (options) => options.brushSize,
  begin: (context, at) => paint(context, at, true),
}

export const picker: Tool = {
  id: 'picker',
  label: 'Colour picker',
  hint: 'Take a colour from the picture as it is seen.',
  shortcut: 'I',
  cursor: 'crosshair',
  begin: (context, at) => {
    const take = ({ point }: PointerAt): void => {
      const colour = context.colourAt(point)
      if (colour) context.pick(colour)
    }
    take(at)
    return { move: take, end: () => undefined, cancel: () => undefined }
  },
}
