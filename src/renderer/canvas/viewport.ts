/** Where the editor looks: pan, zoom and fit, kept through a change of the host's size. */
import type { Box } from '../../shared/studio.ts'
import type { ViewRequest } from './editor-types.ts'
import type { Point } from './geometry.ts'
import {
  centred,
  fitView,
  keepInSight,
  keptView,
  viewOfKept,
  zoomAt,
  zoomStop,
  type KeptView,
  type Size,
  type View,
} from './view.ts'

export interface ViewportHost {
  /** What there is to look at; null while no document is open. */
  subject(): (Size & { readonly box: Box }) | null
  view(): View
  size(): Size
  /** The view moved. */
  look(view: View): void
  resized(size: Size): void
}

export class Viewport {
  readonly #host: ViewportHost
  readonly #observer: ResizeObserver
  /** A document is fitted once, when it and a host of some size are there. */
  #fitted = false
  /** What the view was fitted to, until the person moves it: then it is fitted again when the host changes its size. */
  #follows: 'fit' | 'box' | null = null
  /** A view to come back to, until the host has its size. */
  #waiting: KeptView | null = null

  constructor(element: HTMLElement, host: ViewportHost) {
    this.#host = host
    this.#observer = new ResizeObserver(() => this.#measure(element))
    this.#observer.observe(element)
  }

  #measure({ clientWidth: width, clientHeight: height }: HTMLElement): void {
    if (width === 0 || height === 0) return
    const before = this.#host.size()
    this.#host.resized({ width, height })
    if (this.#fitted && this.#follows) this.request(this.#follows)
    else if (this.#fitted) this.pan((width - before.width) / 2, (height - before.height) / 2)
    else this.fitOnce()
  }

  fitOnce(): void {
    if (!this.#host.subject() || this.#host.size().width <= 1) return
    this.#fitted = true
    if (this.#waiting) this.restore(this.#waiting)
    else this.request('fit')
  }

  /** How the view is kept for another day. */
  kept(): KeptView {
    return keptView(this.#host.view(), this.#host.size(), this.#follows)
  }

  restore(kept: KeptView): void {
    const measured = this.#host.size().width > 1
    this.#waiting = measured ? null : kept
    if (!measured) return
    this.#fitted = true
    if (kept.follows) return this.request(kept.follows)
    this.#follows = null
    this.#look(viewOfKept(kept, this.#host.size()))
  }

  /** The next document is fitted anew. */
  forget(): void {
    this.#fitted = false
    this.#waiting = null
  }

  pan(dx: number, dy: number): void {
    const view = this.#host.view()
    this.#follows = null
    this.#look({ ...view, x: view.x + dx, y: view.y + dy })
  }

  zoom(factor: number, anchor: Point): void {
    const view = this.#host.view()
    this.#follows = null
    this.#look(zoomAt(view, view.scale * factor, anchor))
  }

  request(request: ViewRequest): void {
    const subject = this.#host.subject()
    if (!subject) return
    this.#follows = request === 'fit' || request === 'box' ? request : null
    if (typeof request !== 'string') return this.#look(request)
    const size = this.#host.size()
    const view = this.#host.view()
    const whole = { x: 0, y: 0, width: subject.width, height: subject.height }
    const middle = { x: size.width / 2, y: size.height / 2 }
    switch (request) {
      case 'fit':
        return this.#look(fitView(size, whole))
      case 'box':
        return this.#look(fitView(size, subject.box))
      case 'actual':
        return this.#look(centred(size, whole, 1))
      case 'in':
        return this.#look(zoomAt(view, zoomStop(view.scale, 1), middle))
      case 'out':
        return this.#look(zoomAt(view, zoomStop(view.scale, -1), middle))
    }
  }

  #look(view: View): void {
    const subject = this.#host.subject()
    if (!subject) return
    const kept = keepInSight(view, this.#host.size(), subject)
    // At whole scales pixels fall on pixels: nothing is blurred, and nothing has to be interpolated.
    const next = Number.isInteger(kept.scale) ? { ...kept, x: Math.round(kept.x), y: Math.round(kept.y) } : kept
    const now = this.#host.view()
    if (next.scale !== now.scale || next.x !== now.x || next.y !== now.y) this.#host.look(next)
  }

  destroy(): void {
    this.#observer.disconnect()
  }
}
