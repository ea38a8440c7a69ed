/**
 * The canvas's transient state: the tool in the hand and its sizes, the view, what is selected and compared. Nothing
 * here is part of the document, so nothing here is undone; colour and sizes are there again in the next window.
 */
import { create } from 'zustand'
import { recall, remember, whenRestored } from '../ui/remembered.ts'
import type { ResultEdge } from './blend.ts'
import { parseHex, withRecent } from './colour.ts'
import { clamp } from './geometry.ts'
import type { Editor } from './editor-types.ts'
import { toolOf, tools } from './tools/index.ts'
import type { Placeable } from './sprites.ts'
import type { ToolId } from './tools/types.ts'
import type { View } from './view.ts'

export interface EditorState {
  readonly tool: ToolId
  readonly colour: string
  readonly recentColours: readonly string[]
  readonly brushSize: number
  readonly maskSize: number
  readonly remaskSize: number
  /** The sprite or background that the next click places. */
  readonly armed: Placeable | null
  /** What is being dragged from the tray. */
  readonly dragged: Placeable | null
  readonly view: View
  readonly selection: readonly number[] | null
  /** The run whose staged result lies on the canvas. */
  readonly candidate: string | null
  /** Where the before/after line stands; null shows the candidate whole. */
  readonly compare: number | null
  readonly maskShown: boolean
  /** How far accepted results reach. */
  readonly resultEdge: ResultEdge
  /** The picture of the viewed step lies on the canvas while a run goes or is scrubbed. */
  readonly stepShown: boolean
  /** Cells a run may redraw; null where no mask is set. */
  readonly free: ReadonlySet<number> | null
  /** The cell of the box that the keyboard stands on. */
  readonly cellCursor: number | null
  /** Grows when pictures have come: thumbnails draw again. */
  readonly pixels: number
  /** The mounted editor, for what has to be asked of pixels. */
  readonly editor: Editor | null
}

const DEFAULT_COLOUR = '#2f6fde'

const kept = (): Pick<EditorState, (typeof remembered)[number]> => {
  const tool = tools.find(({ id }) => id === recall<string>('canvas.tool', 'brush'))?.id ?? 'brush'
  return {
    // Nothing is in the hand of a new window to be placed.
    tool: tool === 'sprite' ? 'move' : tool,
    colour: parseHex(recall('canvas.colour', DEFAULT_COLOUR)) ?? DEFAULT_COLOUR,
    brushSize: recall('canvas.brushSize', 12),
    maskSize: recall('canvas.maskSize', 32),
    remaskSize: recall('canvas.remaskSize', 12),
    resultEdge: recall<string>('canvas.resultEdge', 'cells') === 'mask' ? 'mask' : 'cells',
    maskShown: recall('canvas.maskShown', true),
  }
}
const remembered = ['tool', 'colour', 'brushSize', 'maskSize', 'remaskSize', 'resultEdge', 'maskShown'] as const

export const useEditor = create<EditorState>(() => ({
  ...kept(),
  recentColours: ['#1b1f27', '#ffffff', '#d9553a', '#e3b341', '#2f8f5b', '#2f6fde'],
  armed: null,
  dragged: null,
  view: { scale: 1, x: 0, y: 0 },
  selection: null,
  candidate: null,
  compare: null,
  stepShown: true,
  free: null,
  cellCursor: null,
  pixels: 0,
  editor: null,
}))

export const LEAST_SIZE = 1
export const MOST_SIZE = 1024

whenRestored(() => useEditor.setState(kept()))
useEditor.subscribe((now, before) => {
  for (const key of remembered) if (now[key] !== before[key]) remember(`canvas.${key}`, now[key])
})

const set = useEditor.setState
const get = useEditor.getState

/** Which size a tool has, if it has one. */
export function sizeKeyOf(tool: ToolId): 'brushSize' | 'maskSize' | 'remaskSize' | null {
  if (toolOf(tool).size === undefined) return null
  return tool === 'remask' ? 'remaskSize' : tool.startsWith('mask-') ? 'maskSize' : 'brushSize'
}

/** Sizes grow by about a tenth, and by one pixel while they are small. */
export function nextSize(size: number, direction: 1 | -1): number {
  const step = Math.max(1, Math.round(size / 10))
  return clamp(Math.round(size + direction * step), LEAST_SIZE, MOST_SIZE)
}

/** Everything that changes the state above. */
export const canvas = {
  chooseTool: (tool: ToolId): void => set({ tool, armed: tool === 'sprite' ? get().armed : null }),
  setColour: (colour: string): void => set({ colour }),
  /** A colour that was used, or picked for good, is among the recent ones. */
  keepColour: (colour: string): void => set({ colour, recentColours: withRecent(get().recentColours, colour) }),
  setSize(size: number): void {
    const key = sizeKeyOf(get().tool)
    if (key) set({ [key]: clamp(size, LEAST_SIZE, MOST_SIZE) })
  },
  growSize(direction: 1 | -1): void {
    const key = sizeKeyOf(get().tool)
    if (key) set({ [key]: nextSize(get()[key], direction) })
  },
  arm: (armed: Placeable | null): void =>
    set(armed ? { armed, tool: 'sprite' } : { armed, tool: get().tool === 'sprite' ? 'move' : get().tool }),
  drag: (dragged: Placeable | null): void => set({ dragged }),
  select: (selection: readonly number[] | null): void => set({ selection }),
  /** Lays a staged result onto the canvas; null takes it off. */
  showCandidate: (candidate: string | null): void =>
    set({ candidate, compare: candidate === null ? null : get().compare }),
  setCompare: (compare: number | null): void => set({ compare }),
  setResultEdge: (resultEdge: ResultEdge): void => set({ resultEdge }),
  showMask: (maskShown: boolean): void => set({ maskShown }),
  showStep: (stepShown: boolean): void => set({ stepShown }),
  zoom: (request: 'in' | 'out' | 'fit' | 'actual' | 'box'): void => get().editor?.setView(request),
}
