/** All that the canvas shows at a moment. The editor keeps it; what draws only reads it. */
import type { Document } from '../../shared/document.ts'
import type { BlobId, Box } from '../../shared/studio.ts'
import { emptyDraft, type Draft, type Tool, type ToolOptions } from './tools/types.ts'
import type { Size, View } from './view.ts'

/** A picture laid over a box: a step of a run, or a result waiting to be taken. */
export interface BoxPicture {
  readonly image: CanvasImageSource
  readonly box: Box
}

/** Selected pixels on their way to a layer of their own. */
export interface Floating {
  readonly layer: string
  /** The hole they leave, in the layer's own pixels. */
  readonly hole: readonly number[]
  readonly piece: OffscreenCanvas
  readonly x: number
  readonly y: number
}

/** A token map: one RGBA pixel a cell, grid x grid. */
export interface CellMap {
  readonly grid: number
  readonly pixels: Uint8ClampedArray<ArrayBuffer>
}

export interface CellOverlay {
  /** One colour a cell, over the box; null for none. */
  readonly map: CellMap | null
  /** Cells with an outline of their own: those decided together with the word under the pointer. */
  readonly highlights: ReadonlySet<number>
}

export interface Shown {
  readonly document: Document | null
  readonly view: View
  readonly host: Size
  readonly tool: Tool
  readonly options: ToolOptions
  readonly draft: Draft
  readonly selection: readonly number[] | null
  readonly remask: ReadonlySet<number>
  readonly cellCursor: number | null
  /** Cells a run may redraw; null where no mask is set. */
  readonly free: ReadonlySet<number> | null
  readonly overlay: CellOverlay
  readonly preview: BoxPicture | null
  readonly candidate: BoxPicture | null
  /** Where the before/after line stands, 0..1 of the candidate's box; null shows the candidate whole. */
  readonly compare: number | null
  readonly floating: Floating | null
  readonly maskShown: boolean
}

/** The three canvases, bottom first. */
export type Part = 'below' | 'active' | 'above'
export const allParts: readonly Part[] = ['below', 'active', 'above']

/** Which parts a field of the draft shows in. */
export const draftParts: Readonly<Record<keyof Draft, Part>> = {
  stroke: 'active',
  maskStroke: 'above',
  maskArea: 'above',
  selection: 'above',
  box: 'above',
  transform: 'active',
  placing: 'above',
  cells: 'above',
}

/** Which canvases look different when one document takes the place of another. */
export function changedParts(before: Document | null, next: Document | null): readonly Part[] {
  if (!before || !next) return allParts
  if (before.width !== next.width || before.height !== next.height || before.activeLayer !== next.activeLayer)
    return allParts
  if (before.layers === next.layers) return ['above']
  const at = (document: Document): number => document.layers.findIndex((layer) => layer.id === document.activeLayer)
  const [old, now] = [at(before), at(next)]
  const differs = (from: readonly unknown[], to: readonly unknown[]): boolean =>
    from.length !== to.length || from.some((layer, i) => layer !== to[i])
  const parts: Part[] = ['above']
  if (before.layers[old] !== next.layers[now]) parts.push('active')
  if (differs(before.layers.slice(0, Math.max(0, old)), next.layers.slice(0, Math.max(0, now))) || now < 0)
    parts.push('below')
  return parts
}

/** Pictures in use besides those of the layers. */
export const blobsBeside = (document: Document, options: ToolOptions): BlobId[] => [
  ...document.mask.flatMap((mark) => (mark.kind === 'picture' ? [mark.picture.blob] : [])),
  ...(options.armed ? [options.armed.picture.blob] : []),
]

/** A result or a step is judged without the mask over it, unless the mask is being changed. */
export const isMaskSeen = ({ maskShown, candidate, preview, tool }: Shown): boolean =>
  tool.id.startsWith('mask-') || (maskShown && candidate === null && preview === null)

/** A canvas before anything is put on it, but for the tool. */
export const nothingShown: Omit<Shown, 'tool'> = {
  document: null,
  view: { scale: 1, x: 0, y: 0 },
  host: { width: 1, height: 1 },
  options: { colour: '#000000', brushSize: 8, maskSize: 24, remaskSize: 16, model: null, armed: null },
  draft: emptyDraft,
  selection: null,
  remask: new Set(),
  cellCursor: null,
  free: null,
  overlay: { map: null, highlights: new Set() },
  preview: null,
  candidate: null,
  compare: null,
  floating: null,
  maskShown: true,
}
