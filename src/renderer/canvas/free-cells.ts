/** Which cells a run may redraw, worked out again only when mask, box or model have changed. */
import type { Document } from '../../shared/document.ts'
import type { ImageGrid } from './cells.ts'
import type { MaskRaster } from './mask-raster.ts'
import { freeCells } from './sampling.ts'

export class FreeCells {
  readonly #mask: MaskRaster
  readonly #tell: (cells: ReadonlySet<number> | null) => void
  #key: readonly unknown[] = []

  constructor(mask: MaskRaster, tell: (cells: ReadonlySet<number> | null) => void) {
    this.#mask = mask
    this.#tell = tell
  }

  refresh(document: Document | null, model: ImageGrid | null): void {
    const surface = document && this.#mask.of(document.mask, document.width, document.height)
    const key = [surface, this.#mask.version, document?.box, model?.size, model?.grid]
    if (key.length === this.#key.length && key.every((part, i) => part === this.#key[i])) return
    this.#key = key
    this.#tell(surface && document && model ? new Set(freeCells(surface, document.box, model)) : null)
  }
}
