/** A context for tools without a canvas: it records what they ask for. */
import {
  emptyDocument,
  identityTransform,
  type Document,
  type DocumentCommand,
  type Layer,
} from '../../../shared/document.ts'
import type { RunSettings } from '../../../shared/studio.ts'
import { emptyDraft, type Draft, type PointerAt, type Tool, type ToolContext } from './types.ts'

const settings: RunSettings = {
  task: 'edit',
  instruction: '',
  mode: 'parallel',
  steps: 8,
  guidance: { text: 0, image: 0 },
  temperatures: { text: 1, image: 1 },
  seed: null,
  model: 'storybook',
}

export const testLayer = (id: string, more: Partial<Layer> = {}): Layer => ({
  id,
  name: id,
  visible: true,
  opacity: 1,
  transform: identityTransform,
  marks: [],
  ...more,
})

export const testDocument = (more: Partial<Document> = {}): Document => ({
  ...emptyDocument(128, settings),
  layers: [testLayer('one')],
  activeLayer: 'one',
  ...more,
})

export interface Recorded {
  readonly context: ToolContext
  readonly commands: DocumentCommand[]
  readonly said: string[]
  readonly draft: () => Draft
  readonly selection: () => readonly number[] | null
}

export function recordingContext(more: Partial<ToolContext> = {}): Recorded {
  const commands: DocumentCommand[] = []
  const said: string[] = []
  let draft = emptyDraft
  let selection: readonly number[] | null = more.selection ?? null
  let ids = 0
  const context: ToolContext = {
    document: testDocument(),
    view: { scale: 1, x: 0, y: 0 },
    options: {
      colour: '#112233',
      brushSize: 10,
      maskSize: 20,
      remaskSize: 8,
      model: { size: 128, grid: 8 },
      armed: null,
    },
    selection: null,
    remask: new Set(),
    cellCursor: null,
    draft: (change) => {
      draft = { ...draft, ...change }
    },
    dispatch: (command) => commands.push(command),
    newId: () => `new-${ids++}`,
    select: (points) => {
      selection = points
    },
    setRemask: () => undefined,
    setCellCursor: () => undefined,
    colourAt: () => '#abcdef',
    pick: () => undefined,
    lift: () => null,
    pan: () => undefined,
    say: (message) => said.push(message),
    ...more,
  }
  return { context, commands, said, draft: () => draft, selection: () => selection }
}

export const pointer = (x: number, y: number, more: Partial<PointerAt> = {}): PointerAt => ({
  point: { x, y },
  samples: [{ x, y }],
  shift: false,
  alt: false,
  ctrl: false,
  ...more,
})

/** Presses, drags through the points and lets go. */
export function drag(tool: Tool, context: ToolContext, path: readonly (readonly [number, number])[], more = {}): void {
  const [first, ...rest] = path.map(([x, y]) => pointer(x, y, more))
  const gesture = tool.begin(context, first!)
  for (const at of rest) gesture?.move(at)
  gesture?.end(rest.at(-1) ?? first!)
}
