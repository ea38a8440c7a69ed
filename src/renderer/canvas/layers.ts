/** Layers as gestures and panels make them: names that are free, the layer that can be painted on. Pure. */
import { identityTransform, type Document, type Layer, type Mark } from '../../shared/document.ts'

/** `base`, or `base` with the first number that no layer has. */
export function freeName(layers: readonly Layer[], base: string): string {
  const taken = new Set(layers.map((layer) => layer.name))
  if (!taken.has(base) && !/^Layer$/.test(base)) return base
  for (let n = base === 'Layer' ? 1 : 2; ; n++) if (!taken.has(`${base} ${n}`)) return `${base} ${n}`
}

export function newLayer(layers: readonly Layer[], id: string, base: string, marks: readonly Mark[] = []): Layer {
  const name = freeName(layers, base)
  return { id, name, visible: true, opacity: 1, transform: identityTransform, marks: [...marks] }
}

export const activeLayerOf = (document: Document): Layer | null =>
  document.layers.find((layer) => layer.id === document.activeLayer) ?? null

/** Why a layer cannot be painted on; null where it can. */
export function whyNotPaintable(layer: Layer | null): string | null {
  if (!layer) return null
  if (!layer.visible) return `"${layer.name}" is hidden. Show it to paint on it.`
  if (layer.opacity === 0) return `"${layer.name}" has no opacity. Raise it to paint on it.`
  return null
}
