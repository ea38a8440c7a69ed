/** The pointer over the canvas: a ring as large as the brush, or a cursor that tells the tool. */
import type { Point } from './geometry.ts'
import type { Tool } from './tools/types.ts'

/** A brush smaller than this on the screen still shows where it is. */
const LEAST = 4

export class Cursor {
  readonly #host: HTMLElement
  readonly #ring = document.createElement('div')
  #ringed = false

  constructor(host: HTMLElement) {
    this.#host = host
    this.#ring.className = 'canvas-ring'
    this.#ring.hidden = true
    host.append(this.#ring)
  }

  /** `panning`: the hand is ready, whatever the tool. */
  use(tool: Tool, panning: boolean, enabled: boolean): void {
    this.#ringed = enabled && !panning && tool.cursor === 'ring'
    this.#host.style.cursor = !enabled ? 'default' : panning ? 'grab' : this.#ringed ? 'none' : tool.cursor
    if (!this.#ringed) this.leave()
  }

  /** Diameter in screen pixels. */
  size(diameter: number): void {
    const side = `${Math.max(LEAST, diameter)}px`
    this.#ring.style.width = side
    this.#ring.style.height = side
  }

  move({ x, y }: Point): void {
    this.#ring.hidden = !this.#ringed
    this.#ring.style.transform = `translate(${x}px, ${y}px) translate(-50%, -50%)`
  }

  leave(): void {
    this.#ring.hidden = true
  }

  destroy(): void {
    this.#ring.remove()
  }
}
