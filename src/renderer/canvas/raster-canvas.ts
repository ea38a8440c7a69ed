/** Pictures of plain bytes, as a run's steps bring them, made into something a canvas can draw. */
import type { Raster } from '../../shared/jobs.ts'
import { contextOf } from './surface.ts'

/** Opaque pixels of a picture without alpha, written into `into` where that has its size. */
export function toImageData({ width, height, rgb }: Raster, into?: ImageData | null): ImageData {
  const image = into?.width === width && into.height === height ? into : new ImageData(width, height)
  const { data } = image
  for (let from = 0, to = 0; from < rgb.length; from += 3, to += 4) {
    data[to] = rgb[from]!
    data[to + 1] = rgb[from + 1]!
    data[to + 2] = rgb[from + 2]!
    data[to + 3] = 255
  }
  return image
}

/**
 * A canvas that shows one raster after another. It is the same canvas as long as their size is: with a new one for every
 * step of a run the page would spend its time collecting garbage.
 */
export class RasterCanvas {
  #canvas: OffscreenCanvas | null = null
  #image: ImageData | null = null

  show(raster: Raster): OffscreenCanvas {
    this.#image = toImageData(raster, this.#image)
    if (this.#canvas?.width !== raster.width || this.#canvas.height !== raster.height)
      this.#canvas = new OffscreenCanvas(raster.width, raster.height)
    contextOf(this.#canvas).putImageData(this.#image, 0, 0)
    return this.#canvas
  }
}
