/**
 * The Konva stage: three layers, written to and never read. Below lie the checkerboard and the layers under the active
 * one; then the active layer with the stroke that is being drawn; above, everything else. A frame that only moves the
 * view draws three pictures and a few lines.
 */
import Konva from 'konva'
import type { Layer } from '../../shared/document.ts'
import type { Box } from '../../shared/studio.ts'
import { isWithinFrame } from '../frames.ts'
import {
  drawBox,
  drawBoxPicture,
  drawCandidate,
  drawCells,
  drawChecker,
  drawMap,
  drawSelection,
  type Pen,
} from './draw-overlays.ts'
import { boxOfMatrix, invert, matrixOf, meanScale } from './geometry.ts'
import { MASK_COLOUR, type MaskRaster } from './mask-raster.ts'
import type { Palette } from './palette.ts'
import type { Pictures } from './pictures.ts'
import { drawArea, drawStroke, Stack, type Rasters } from './raster.ts'
import { isMaskSeen, type Part, type Shown } from './shown.ts'
import { Surface, type Context } from './surface.ts'
import { visibleBox } from './view.ts'

const MASK_OPACITY = 0.48

export interface SceneSources {
  readonly shown: () => Shown
  readonly palette: () => Palette
  readonly rasters: Rasters
  readonly pictures: Pictures
  readonly mask: MaskRaster
}

export class Scene {
  readonly stage: Konva.Stage
  /** What has handles of its own is put here. */
  readonly above: Konva.Layer
  readonly #parts: Readonly<Record<Part, Konva.Layer>>
  readonly #sources: SceneSources
  readonly #under: Stack
  readonly #over: Stack
  #maskScratch: Surface | null = null
  /** Drawn when the work of this frame is done. */
  readonly #stale = new Set<Konva.Layer>()

  constructor(container: HTMLDivElement, sources: SceneSources) {
    this.#sources = sources
    this.#under = new Stack(sources.rasters)
    this.#over = new Stack(sources.rasters)
    this.stage = new Konva.Stage({ container, width: 1, height: 1, listening: false })
    const part = (draw: (pen: Pen, shown: Shown, seen: Box) => void): Konva.Layer => {
      const layer = new Konva.Layer({ listening: false })
      layer.add(
        new Konva.Shape({
          listening: false,
          perfectDrawEnabled: false,
          sceneFunc: (konva) => {
            const shown = sources.shown()
            if (!shown.document) return
            const pen = { context: konva._context, px: 1 / shown.view.scale, palette: sources.palette() }
            pen.context.save()
            draw(pen, shown, visibleBox(shown.view, shown.host))
            pen.context.restore()
          },
        }),
      )
      this.stage.add(layer)
      return layer
    }
    this.#parts = {
      below: part((pen, shown, seen) => this.#drawBelow(pen, shown, seen)),
      active: part((pen, shown, seen) => this.#drawActive(pen, shown, seen)),
      above: part((pen, shown, seen) => this.#drawAbove(pen, shown, seen)),
    }
    this.above = this.#parts.above
  }

  /** Draws a part in the next frame, or in the one whose work goes on; several calls draw once. */
  redraw(...parts: readonly Part[]): void {
    for (const part of parts) {
      const layer = this.#parts[part]
      // What waits to be drawn is drawn behind the work of this frame.
      if (!isWithinFrame() || layer._waitingForDraw) layer.batchDraw()
      else {
        if (this.#stale.size === 0) queueMicrotask(() => this.#drawStale())
        this.#stale.add(layer)
      }
    }
  }

  #drawStale(): void {
    const stale = [...this.#stale]
    this.#stale.clear()
    for (const layer of stale) layer.draw()
  }

  resize(width: number, height: number): void {
    this.stage.size({ width, height })
  }

  /** Moves the stage, which draws every part again. */
  look({ view }: Shown): void {
    this.stage.setAttrs({ x: view.x, y: view.y, scaleX: view.scale, scaleY: view.scale })
  }

  destroy(): void {
    this.#stale.clear()
    this.stage.destroy()
  }

  #split(shown: Shown): { under: readonly Layer[]; active: Layer | null; over: readonly Layer[] } {
    const { layers, activeLayer } = shown.document!
    const at = layers.findIndex((layer) => layer.id === activeLayer)
    if (at < 0) return { under: layers, active: null, over: [] }
    return { under: layers.slice(0, at), active: layers[at]!, over: layers.slice(at + 1) }
  }

  #drawBelow(pen: Pen, shown: Shown, seen: Box): void {
    const { width, height } = shown.document!
    drawChecker(pen, { x: 0, y: 0, width, height }, seen)
    this.#under.of(this.#split(shown).under, width, height)?.show(pen.context, 1 / pen.px, seen)
  }

  #drawActive(pen: Pen, shown: Shown, seen: Box): void {
    const { document, draft } = shown
    const { active } = this.#split(shown)
    // Opacity belongs to the whole canvas: a stroke in progress is then exactly as strong as the layer it will be in.
    this.#parts.active.getCanvas()._canvas.style.opacity = active ? String(active.opacity) : '1'
    clipTo(pen.context, document!)
    if (active?.visible) this.#drawLayer(pen, shown, active, seen)
    // Without a layer to paint on, the stroke makes its own.
    else if (!active && draft.stroke) drawStroke(pen.context, draft.stroke)
  }

  #drawLayer(pen: Pen, shown: Shown, layer: Layer, seen: Box): void {
    const { draft, floating } = shown
    const { context } = pen
    const matrix = matrixOf(draft.transform?.layer === layer.id ? draft.transform.transform : layer.transform)
    const back = invert(matrix)
    const surface = this.#sources.rasters.of(layer)
    context.save()
    context.transform(...matrix)
    if (back) surface?.show(context, meanScale(matrix) / pen.px, boxOfMatrix(back, seen))
    if (draft.stroke?.layer === layer.id) drawStroke(context, draft.stroke)
    if (floating?.layer === layer.id) drawArea(context, floating.hole, '#000', true)
    context.restore()
    if (floating?.layer === layer.id) {
      context.imageSmoothingEnabled = 1 / pen.px < 2
      context.drawImage(floating.piece, floating.x, floating.y)
    }
  }

  #drawAbove(pen: Pen, shown: Shown, seen: Box): void {
    const document = shown.document!
    const { width, height } = document
    const { context } = pen
    context.save()
    clipTo(context, document)
    this.#over.of(this.#split(shown).over, width, height)?.show(context, 1 / pen.px, seen)
    // A step that is looked at is what the person asked for last.
    if (shown.preview) drawBoxPicture(pen, shown.preview)
    else if (shown.candidate) drawCandidate(pen, shown.candidate, shown.compare)
    if (shown.overlay.map) drawMap(pen, shown.overlay.map, document.box)
    if (isMaskSeen(shown)) this.#drawMask(pen, shown, seen)
    this.#drawPlacing(pen, shown)
    context.restore()
    drawCells(pen, shown)
    drawBox(pen, shown.draft.box ?? document.box, shown.tool.id === 'box')
    const selection = shown.draft.selection ?? (shown.floating ? null : shown.selection)
    if (selection) drawSelection(pen, selection, seen)
    if (shown.draft.maskArea) drawSelection(pen, shown.draft.maskArea.points, seen)
  }

  #drawMask(pen: Pen, shown: Shown, seen: Box): void {
    const { document, draft } = shown
    const { mask, width, height } = document!
    const { context } = pen
    const surface = this.#sources.mask.of(mask, width, height)
    const { maskStroke, maskArea } = draft
    context.save()
    context.globalAlpha = MASK_OPACITY
    if (!maskStroke && !maskArea) surface?.show(context, 1 / pen.px, seen)
    else {
      // The change in progress is drawn into a screenful of its own, so that overlaps are not darker.
      const scratch = this.#scratch(shown)
      scratch.context.clearRect(0, 0, scratch.box.width, scratch.box.height)
      scratch.context.save()
      scratch.context.setTransform(context.getTransform())
      surface?.show(scratch.context, 1 / pen.px, seen)
      if (maskStroke) drawStroke(scratch.context, { ...maskStroke, colour: MASK_COLOUR })
      if (maskArea) drawArea(scratch.context, maskArea.points, MASK_COLOUR, maskArea.erase)
      scratch.context.restore()
      context.setTransform(1, 0, 0, 1, 0, 0)
      context.drawImage(scratch.canvas, 0, 0)
    }
    context.restore()
  }

  #scratch({ host }: Shown): Surface {
    const ratio = this.#parts.above.getCanvas().getPixelRatio()
    const width = Math.max(1, Math.ceil(host.width * ratio))
    const height = Math.max(1, Math.ceil(host.height * ratio))
    if (this.#maskScratch?.box.width !== width || this.#maskScratch.box.height !== height)
      this.#maskScratch = new Surface({ x: 0, y: 0, width, height })
    return this.#maskScratch
  }

  #drawPlacing({ context }: Pen, { draft }: Shown): void {
    if (!draft.placing) return
    const bitmap = this.#sources.pictures.get(draft.placing.picture.blob)
    if (typeof bitmap === 'string') return
    const { x, y, width, height } = draft.placing.box
    context.save()
    context.globalAlpha = 0.75
    context.imageSmoothingEnabled = true
    context.drawImage(bitmap, x, y, width, height)
    context.restore()
  }
}

function clipTo(context: Context, { width, height }: { readonly width: number; readonly height: number }): void {
  context.beginPath()
  context.rect(0, 0, width, height)
  context.clip()
}
