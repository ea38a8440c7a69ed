/** What the editor needs and gives: the whole of its surface, free of Konva and of React. */
import type { Document, Layer } from '../../shared/document.ts'
import type { Raster } from '../../shared/jobs.ts'
import type { BlobId, Box } from '../../shared/studio.ts'
import type { Point } from './geometry.ts'
import type { Plane } from './mask.ts'
import type { BoxPicture, CellOverlay } from './shown.ts'
import type { Placeable } from './sprites.ts'
import type { Dispatch, KeyPress, ToolId, ToolOptions } from './tools/types.ts'
import type { KeptView, View } from './view.ts'

export interface EditorDeps {
  readonly dispatch: Dispatch
  /** A picture of the store, decoded. */
  readonly loadPicture: (blob: BlobId) => Promise<ImageBitmap>
  readonly upload: (content: Blob) => Promise<BlobId>
  readonly newId: () => string
  /** One sentence for the person: why nothing happened. */
  readonly say: (message: string) => void
  /** Something that should have worked did not. */
  readonly fail: (error: unknown) => void
  readonly on: EditorEvents
}

export interface EditorEvents {
  readonly view: (view: View) => void
  readonly selection: (points: readonly number[] | null) => void
  /** Cells brushed to be masked again: all of them. */
  readonly cellsPainted: (cells: ReadonlySet<number>) => void
  readonly cellHover: (cell: number | null) => void
  readonly colour: (colour: string) => void
  /** The before/after line was moved. */
  readonly compare: (position: number) => void
  /** The cells a run may redraw; null where no mask is set. */
  readonly free: (cells: ReadonlySet<number> | null) => void
  /** A tap on Space: held, it pans. */
  readonly spaceTap: () => void
  /** A tool begins to change layers: what covers them should go. */
  readonly painting: () => void
  /** The cell that the keyboard stands on; null while the pointer leads. */
  readonly cellCursor: (cell: number | null) => void
  /** Pictures have come: thumbnails drawn before may be out of date. */
  readonly pixels: () => void
  /** Escape with nothing under way and nothing selected. */
  readonly escape: () => void
}

export type ViewRequest = View | 'fit' | 'actual' | 'box' | 'in' | 'out'

export interface Editor {
  setDocument(document: Document | null): void
  setTool(id: ToolId): void
  setToolOptions(options: ToolOptions): void
  setView(view: ViewRequest): void
  /** Where it looks, to be kept; and back there. */
  keptView(): KeptView
  restoreView(kept: KeptView): void
  setOverlay(overlay: CellOverlay): void
  /** The decoded picture of a step, over the box; null shows the document. */
  setPreview(preview: { readonly raster: Raster; readonly box: Box } | null): void
  setCandidate(candidate: BoxPicture | null): void
  setCompare(position: number | null): void
  setSelection(points: readonly number[] | null): void
  setRemask(cells: ReadonlySet<number>): void
  setMaskShown(shown: boolean): void
  /** A key pressed while the canvas has the focus. Returns whether it was of use. */
  key(press: KeyPress): boolean
  /** Gives up the gesture under way. */
  cancel(): void
  toDocument(client: Point): Point
  /** Shows where a picture of the tray would land; null takes it away. */
  showPlacing(item: Placeable | null, client: Point): void
  /** Puts a picture of the tray down where it was let go. */
  drop(item: Placeable, client: Point): void
  /** Draws a layer as it lies on the document into a small canvas, filling it. */
  drawThumbnail(layer: Layer, canvas: HTMLCanvasElement): void
  /** The mask as it is now; null where none is set. */
  maskPlane(): Plane | null
  destroy(): void
}
