/** What the layers panel does, each as one command. */
import { mergedLayer } from '../../canvas/compose.ts'
import { canvasHost } from '../../canvas/host.ts'
import { newId } from '../../ids.ts'
import { flipped } from '../../canvas/layer-place.ts'
import { newLayer } from '../../canvas/layers.ts'
import { boundsOfLayer } from '../../canvas/raster.ts'
import type { Layer } from '../../../shared/document.ts'
import { api } from '../../api.ts'
import { dispatch } from '../../state/documents.ts'
import { studio } from '../../state/store.ts'
import { waitFor } from '../../state/waits.ts'

/** A new layer above the active one. */
export function addLayer(): void {
  const { document } = studio.get()
  if (!document) return
  const at = document.layers.findIndex((layer) => layer.id === document.activeLayer) + 1
  const value = newLayer(document.layers, newId(), 'Layer')
  dispatch({ type: 'addLayer', value, ...(at > 0 ? { at } : {}) })
}

export const removeLayer = (layer: string): void => dispatch({ type: 'removeLayer', layer })

/** One up (1) or down (-1) in the stack. */
export function raiseLayer(layer: string, by: 1 | -1): void {
  const { document } = studio.get()
  const at = document?.layers.findIndex(({ id }) => id === layer) ?? -1
  const to = at + by
  if (document && at >= 0 && to >= 0 && to < document.layers.length) dispatch({ type: 'moveLayer', layer, to })
}

/** Puts a layer where another one stands; `to` counts from the bottom. */
export function moveLayerTo(layer: string, to: number): void {
  const { document } = studio.get()
  if (document?.layers[to]?.id !== layer) dispatch({ type: 'moveLayer', layer, to })
}

/** Mirrors a layer where it lies, as a handle dragged over to the other side does. */
export function mirrorLayer(layer: Layer, way: 'across' | 'down'): void {
  const bounds = boundsOfLayer(layer)
  if (!bounds) return canvasHost.say('Nothing is on this layer yet.')
  dispatch({ type: 'setLayer', layer: layer.id, transform: flipped(bounds, layer.transform, way) })
}

export function duplicateLayer(layer: Layer): void {
  const { document } = studio.get()
  if (!document) return
  const at = document.layers.findIndex(({ id }) => id === layer.id) + 1
  const { name } = newLayer(document.layers, 'name', layer.name.replace(/ copy( \d+)?$/, '') + ' copy')
  dispatch({ type: 'addLayer', value: { ...layer, id: newId(), name }, at })
}

/** Puts a layer and the one under it together. The pixels are drawn and kept first, then one command replaces both. */
export async function mergeDown(layer: string): Promise<void> {
  const { document } = studio.get()
  const at = document?.layers.findIndex(({ id }) => id === layer) ?? -1
  const lower = document?.layers[at - 1]
  const upper = document?.layers[at]
  if (!lower || !upper) return
  try {
    const value = await waitFor('Merging the layers', async ({ signal, check }) => {
      const upload = (content: Blob): Promise<string> => (check(), api.upload(content, signal))
      return mergedLayer([lower, upper], { id: newId(), upload })
    })
    const now = studio.get().document?.layers
    // Changed meanwhile: what was drawn is not what is there any more.
    if (!now?.includes(lower) || !now.includes(upper))
      return canvasHost.say('A layer changed while it was merged. Merge again.')
    if (!value) return removeLayer(upper.id)
    dispatch({ type: 'mergeLayers', layers: [lower.id, upper.id], value })
  } catch (error) {
    canvasHost.fail(error)
  }
}
