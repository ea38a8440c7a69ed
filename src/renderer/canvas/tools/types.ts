/**
 * What a tool is: a name for the toolbar and a function that starts a gesture. A gesture shows itself in the draft, and
 * on its end asks for one command; cancelled, it leaves nothing. Tools know no canvas, so they are tested without one.
 */
import type { Document, DocumentCommand, Transform } from '../../../shared/document.ts'
import type { Box, PictureRef } from '../../../shared/studio.ts'
import type { ImageGrid } from '../cells.ts'
import type { Point } from '../geometry.ts'
import type { Placeable } from '../sprites.ts'
import type { View } from '../view.ts'

export const toolIds = [
  'move',
  'select-rectangle',
  'select-lasso',
  'brush',
  'eraser',
  'picker',
  'mask-brush',
  'mask-eraser',
  'mask-rectangle',
  'mask-lasso',
  'box',
  'remask',
  'sprite',
  'pan',
] as const
export type ToolId = (typeof toolIds)[number]

export interface ToolOptions {
  readonly colour: string
  /** Diameters in document pixels. */
  readonly brushSize: number
  readonly maskSize: number
  readonly remaskSize: number
  /** The pictures of the model in use; null before one is known. */
  readonly model: ImageGrid | null
  /** What the next click places. */
  readonly armed: Placeable | null
}

/** Where the pointer is, with every sample since the last event. */
export interface PointerAt {
  /** On the document. */
  readonly point: Point
  readonly samples: readonly Point[]
  readonly shift: boolean
  readonly alt: boolean
  readonly ctrl: boolean
}

export interface StrokeDraft {
  readonly layer: string | null
  readonly points: readonly number[]
  readonly size: number
  readonly colour: string
  readonly erase: boolean
}

/** What a gesture shows before it is a command; null is nothing. */
export interface Draft {
  readonly stroke: StrokeDraft | null
  readonly maskStroke: Omit<StrokeDraft, 'layer' | 'colour'> | null
  readonly maskArea: { readonly points: readonly number[]; readonly erase: boolean } | null
  readonly selection: readonly number[] | null
  readonly box: Box | null
  readonly transform: { readonly layer: string; readonly transform: Transform } | null
  readonly placing: { readonly picture: PictureRef; readonly box: Box } | null
  readonly cells: ReadonlySet<number> | null
}

export const emptyDraft: Draft = {
  stroke: null,
  maskStroke: null,
  maskArea: null,
  selection: null,
  box: null,
  transform: null,
  placing: null,
  cells: null,
}

export interface Dispatch {
  (command: DocumentCommand, options?: { readonly coalesce?: string }): void
}

/** Moves the selected pixels: shows them where they are dragged, and lifts them onto a layer of their own at the end. */
export interface Lift {
  to(dx: number, dy: number): void
  drop(): void
  cancel(): void
}

export interface ToolContext {
  readonly document: Document
  readonly view: View
  readonly options: ToolOptions
  readonly selection: readonly number[] | null
  /** Cells marked to be re-masked so far. */
  readonly remask: ReadonlySet<number>
  /** The cell that the keyboard stands on; null while the pointer leads. */
  readonly cellCursor: number | null
  draft(change: Partial<Draft>): void
  dispatch: Dispatch
  newId(): string
  select(points: readonly number[] | null): void
  setRemask(cells: ReadonlySet<number>): void
  setCellCursor(cell: number | null): void
  /** The composed colour under a point; null outside the document. */
  colourAt(point: Point): string | null
  pick(colour: string): void
  /** Null where the active layer has no pixels there. */
  lift(points: readonly number[]): Lift | null
  pan(dx: number, dy: number): void
  /** One sentence about why nothing happens. */
  say(message: string): void
}

export interface Gesture {
  move(at: PointerAt): void
  end(at: PointerAt): void
  cancel(): void
}

/** Keys as tools get them: arrows, Enter and so on, and which of the modifiers are down. */
export interface KeyPress {
  readonly key: string
  readonly shift: boolean
  readonly alt: boolean
  readonly ctrl: boolean
}

export interface Tool {
  readonly id: ToolId
  readonly label: string
  /** What it does and how modifiers change it, for the tooltip. */
  readonly hint: string
  readonly shortcut: string
  /** "ring" follows the brush; everything else is a CSS cursor. */
  readonly cursor: 'ring' | 'crosshair' | 'move' | 'grab' | 'cell' | 'copy'
  /** It changes the pixels of layers: nothing may lie over them meanwhile. */
  readonly paints?: true
  /** Diameter of the ring in document pixels. */
  size?(options: ToolOptions): number
  /** Null where there is nothing to do. */
  begin(context: ToolContext, at: PointerAt): Gesture | null
  /** The pointer moves without a button down. */
  hover?(context: ToolContext, at: PointerAt): void
  /** Returns whether the key was its. */
  key?(context: ToolContext, press: KeyPress): boolean
}
