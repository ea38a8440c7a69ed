/**
 * Handles that scale and rotate the active layer, by Konva's transformer on a rectangle that stands for the layer. Only
 * here are values taken from Konva, and only while a handle is dragged: the gesture is Konva's own.
 */
import Konva from 'konva'
import type { Layer, Transform } from '../../shared/document.ts'
import type { Box } from '../../shared/studio.ts'
import { apply, matrixOf } from './geometry.ts'
import type { Palette } from './palette.ts'
import type { Scene } from './scene.ts'

export interface TransformerEvents {
  onChange(layer: string, transform: Transform): void
  onCommit(layer: string, transform: Transform): void
}

export class LayerHandles {
  readonly #scene: Scene
  readonly #proxy: Konva.Rect
  readonly #transformer: Konva.Transformer
  #layer: Layer | null = null
  #bounds: Box | null = null
  #cancelled = false

  constructor(scene: Scene, palette: Palette, events: TransformerEvents) {
    this.#scene = scene
    this.#proxy = new Konva.Rect({ listening: false })
    this.#transformer = new Konva.Transformer({
      nodes: [this.#proxy],
      shouldOverdrawWholeArea: false,
      flipEnabled: true,
      ignoreStroke: true,
      keepRatio: true,
      rotationSnaps: [0, 45, 90, 135, 180, 225, 270, 315],
      rotationSnapTolerance: 4,
      anchorSize: 9,
      anchorCornerRadius: 2,
      rotateAnchorOffset: 24,
      visible: false,
    })
    this.recolour(palette)
    scene.above.add(this.#proxy, this.#transformer)
    this.#transformer.on('transformstart', () => (this.#cancelled = false))
    this.#transformer.on('transform', () => {
      const transform = this.#transformOfProxy()
      if (this.#layer && transform && !this.#cancelled) events.onChange(this.#layer.id, transform)
    })
    this.#transformer.on('transformend', () => {
      const transform = this.#transformOfProxy()
      if (this.#layer && transform && !this.#cancelled) events.onCommit(this.#layer.id, transform)
    })
  }

  /** Whether a handle is being dragged. */
  get busy(): boolean {
    return this.#transformer.isTransforming()
  }

  /** Whether the pointer is on a handle, so that the press is the transformer's. */
  holds(screen: { readonly x: number; readonly y: number }): boolean {
    if (!this.#transformer.visible()) return false
    return this.#transformer
      .getChildren()
      .some((anchor) => anchor.name() !== 'back' && anchor.visible() && near(anchor, screen))
  }

  /** Puts the handles around a layer, or away. */
  show(layer: Layer | null, bounds: Box | null, transform: Transform | null): void {
    if (this.busy) return
    const visible = layer !== null && bounds !== null && transform !== null
    this.#layer = layer
    this.#bounds = bounds
    this.#transformer.visible(visible)
    this.#scene.above.listening(visible)
    this.#scene.stage.listening(visible)
    if (visible) {
      const at = apply(matrixOf(transform), bounds)
      this.#proxy.setAttrs({
        x: at.x,
        y: at.y,
        width: bounds.width,
        height: bounds.height,
        scaleX: transform.scaleX,
        scaleY: transform.scaleY,
        rotation: transform.rotation,
      })
      this.#transformer.forceUpdate()
    }
    this.#scene.redraw('above')
  }

  /** Ends the drag and forgets it. */
  cancel(): void {
    if (!this.busy) return
    this.#cancelled = true
    this.#transformer.stopTransform()
  }

  recolour(palette: Palette): void {
    this.#transformer.setAttrs({
      anchorFill: palette.surface,
      anchorStroke: palette.accent,
      borderStroke: palette.accent,
    })
  }

  /** The layer's transform that puts its bounds where the rectangle is. */
  #transformOfProxy(): Transform | null {
    if (!this.#bounds) return null
    const proxy = this.#proxy
    const turned = { x: 0, y: 0, scaleX: proxy.scaleX(), scaleY: proxy.scaleY(), rotation: proxy.rotation() }
    const corner = apply(matrixOf(turned), this.#bounds)
    return { ...turned, x: proxy.x() - corner.x, y: proxy.y() - corner.y }
  }
}

function near(anchor: Konva.Node, screen: { readonly x: number; readonly y: number }): boolean {
  const at = anchor.getAbsolutePosition()
  return Math.hypot(at.x - screen.x, at.y - screen.y) <= 12
}
