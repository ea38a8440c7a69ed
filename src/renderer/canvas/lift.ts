/**
 * Lifts selected pixels off the active layer: shows them where they are dragged, then puts them on a layer of their own.
 * Moved again right away, it is that layer that moves, so arrows do not leave a trail of layers; moved before the layer is
 * there, it lands where it was moved to.
 */
import type { Document, Layer } from '../../shared/document.ts'
import { boundsOf, intersect, invert, mapPoints, matrixOf, roundOut, shifted } from './geometry.ts'
import { activeLayerOf, newLayer } from './layers.ts'
import type { Rasters } from './raster.ts'
import type { Floating } from './shown.ts'
import { tracePolygon } from './stroke.ts'
import { contextOf } from './surface.ts'
import type { Draft, Lift } from './tools/types.ts'
import type { EditorDeps } from './editor-types.ts'

/** Above this many pixels a selection is taken to hold something without looking. */
const LOOK_PIXELS = 4e6

export interface LiftHost {
  document(): Document | null
  float(floating: Floating | null): void
  draft(change: Partial<Draft>): void
  select(points: readonly number[] | null): void
}

export class Lifter {
  readonly #deps: EditorDeps
  readonly #rasters: Rasters
  readonly #host: LiftHost
  /** Moves the pixels that are on their way to a layer of their own; null while none are. */
  #follow: (() => Lift) | null = null
  /** The layer lifted last, with the selection that went with it. */
  #last: { readonly layer: string; readonly selection: readonly number[] } | null = null

  constructor(deps: EditorDeps, rasters: Rasters, host: LiftHost) {
    this.#deps = deps
    this.#rasters = rasters
    this.#host = host
  }

  start(selection: readonly number[]): Lift | null {
    const document = this.#host.document()
    const layer = document && activeLayerOf(document)
    if (this.#follow) return this.#follow()
    if (!document || !layer || !layer.visible) return null
    if (this.#last?.layer === layer.id && this.#last.selection === selection) return this.#again(layer, selection)
    return this.#fresh(document, layer, selection)
  }

  /** Points of the document in a layer's own pixels; null where the layer is flat. */
  onLayer(layer: Layer, points: readonly number[]): number[] | null {
    const back = invert(matrixOf(layer.transform))
    return back && mapPoints(back, points)
  }

  #again(layer: Layer, selection: readonly number[]): Lift {
    const { transform } = layer
    let by = { dx: 0, dy: 0 }
    const moved = () => ({ ...transform, x: transform.x + by.dx, y: transform.y + by.dy })
    return {
      to: (dx, dy) => {
        by = { dx, dy }
        this.#host.draft({ transform: { layer: layer.id, transform: moved() }, selection: shifted(selection, dx, dy) })
      },
      drop: () => {
        const next = shifted(selection, by.dx, by.dy)
        this.#last = { layer: layer.id, selection: next }
        this.#deps.dispatch(
          { type: 'setLayer', layer: layer.id, transform: moved() },
          { coalesce: `nudge ${layer.id}` },
        )
        this.#host.draft({ transform: null, selection: null })
        this.#host.select(next)
      },
      cancel: () => this.#host.draft({ transform: null, selection: null }),
    }
  }

  #fresh(document: Document, layer: Layer, selection: readonly number[]): Lift | null {
    const hole = this.onLayer(layer, selection)
    const bounds = boundsOf(selection)
    const part = bounds && intersect(roundOut(bounds), { x: 0, y: 0, width: document.width, height: document.height })
    if (!hole || !part) return null
    const piece = new OffscreenCanvas(part.width, part.height)
    const context = contextOf(piece)
    context.translate(-part.x, -part.y)
    context.beginPath()
    tracePolygon(context, selection)
    context.clip()
    this.#rasters.draw(context, { ...layer, opacity: 1 })
    if (part.width * part.height <= LOOK_PIXELS && isClear(context, part.width, part.height)) return null
    let by = { dx: 0, dy: 0 }
    const show = (dx: number, dy: number): void => {
      by = { dx, dy }
      this.#host.float({ layer: layer.id, hole, piece, x: part.x + dx, y: part.y + dy })
      this.#host.draft({ selection: shifted(selection, dx, dy) })
    }
    const away = (): void => {
      this.#host.float(null)
      this.#host.draft({ selection: null })
    }
    const drop = async (): Promise<void> => {
      const follow = (): Lift => {
        const from = by
        // What outlives the way there moves nothing any more.
        const to = (dx: number, dy: number): void => {
          if (this.#follow === follow) show(from.dx + dx, from.dy + dy)
        }
        return { to, drop: () => undefined, cancel: () => to(0, 0) }
      }
      this.#follow = follow
      try {
        const blob = await this.#deps.upload(await piece.convertToBlob({ type: 'image/png' }))
        // Decoded before the command comes, so that the pixels do not go away for a moment.
        await this.#deps.loadPicture(blob)
        const picture = { blob, width: part.width, height: part.height }
        const at = { x: part.x + by.dx, y: part.y + by.dy, width: part.width, height: part.height }
        const layers = this.#host.document()?.layers ?? document.layers
        const value: Layer = {
          ...newLayer(layers, this.#deps.newId(), `${layer.name} part`, [{ kind: 'picture', picture, ...at }]),
          opacity: layer.opacity,
        }
        this.#deps.dispatch({ type: 'lift', layer: layer.id, clear: { kind: 'clear', points: hole }, value })
        // Not taken, which was said: the selection stays where its pixels are.
        if (!this.#host.document()?.layers.some(({ id }) => id === value.id)) return
        const next = shifted(selection, by.dx, by.dy)
        this.#last = { layer: value.id, selection: next }
        this.#host.select(next)
      } catch (error) {
        this.#deps.fail(error)
      } finally {
        this.#follow = null
        away()
      }
    }
    return { to: show, drop: () => void drop(), cancel: away }
  }
}

function isClear(context: OffscreenCanvasRenderingContext2D, width: number, height: number): boolean {
  const { data } = context.getImageData(0, 0, width, height)
  for (let i = 3; i < data.length; i += 4) if (data[i] !== 0) return false
  return true
}
