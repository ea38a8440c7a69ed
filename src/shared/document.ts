/**
 * The canvas document: its schema, the commands that change it and the one pure reducer that applies them. A document is
 * small; pixels live in blobs or as strokes that are drawn again. It is stored as a base and a list of commands with a
 * cursor, so undo is the cursor going back, and it survives a restart.
 */
import { z } from 'zod'
import { TandemError } from './errors.ts'
import { boxSchema, idSchema, pictureRefSchema, runSettingsSchema } from './studio.ts'

export const documentVersion = 1
/** Commands that can be undone at least; older ones are folded into the base. */
export const UNDO_DEPTH = 400
/** Pixels along one side of the largest document. */
export const MAX_SIDE = 8192
/** Results that wait in the strip: with one more the oldest leaves it. Nobody chose it, and it stays in the history. */
export const MAX_STAGED = 500

const coordinate = z.number().min(-1e6).max(1e6)
const colour = z.string().regex(/^#[0-9a-f]{6}$/)
/** x0 y0 x1 y1 ... in the pixels of the layer, before its transform. */
const points = z.array(coordinate).min(2).max(200_000)

/** How a layer lies on the document: scaled, rotated (degrees, clockwise) about its origin, then moved. */
export const transformSchema = z.strictObject({
  x: coordinate,
  y: coordinate,
  scaleX: z.number().min(-1000).max(1000),
  scaleY: z.number().min(-1000).max(1000),
  rotation: z.number().min(-3600).max(3600),
})
export type Transform = z.infer<typeof transformSchema>
export const identityTransform: Transform = { x: 0, y: 0, scaleX: 1, scaleY: 1, rotation: 0 }

/** What a layer is made of, drawn in order. */
export const markSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('picture'),
    picture: pictureRefSchema,
    x: coordinate,
    y: coordinate,
    width: z.number().positive(),
    height: z.number().positive(),
  }),
  z.strictObject({
    kind: z.literal('stroke'),
    points,
    size: z.number().min(0.5).max(4096),
    colour,
    erase: z.boolean(),
  }),
  /** Clears a region: what a move of a selection leaves behind. */
  z.strictObject({ kind: z.literal('clear'), points }),
])
export type Mark = z.infer<typeof markSchema>

export const layerSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1).max(200),
  visible: z.boolean(),
  opacity: z.number().min(0).max(1),
  transform: transformSchema,
  marks: z.array(markSchema),
  /** The run whose result it is. */
  run: idSchema.optional(),
})
export type Layer = z.infer<typeof layerSchema>

/** The mask is a list of operations on one grey plane of the document's size: white may change. */
export const maskMarkSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('stroke'), points, size: z.number().min(0.5).max(4096), erase: z.boolean() }),
  /** A closed polygon: rectangle and lasso. */
  z.strictObject({ kind: z.literal('area'), points, erase: z.boolean() }),
  z.strictObject({ kind: z.literal('picture'), picture: pictureRefSchema }),
  z.strictObject({ kind: z.literal('invert') }),
  /** Pixels outwards, negative inwards. */
  z.strictObject({ kind: z.literal('grow'), by: z.int().min(-256).max(256) }),
  z.strictObject({ kind: z.literal('feather'), radius: z.number().min(0).max(256) }),
])
export type MaskMark = z.infer<typeof maskMarkSchema>

/** A result waiting to be taken or turned down, tied to the box it was made for. */
export const candidateSchema = z.strictObject({ run: idSchema, box: boxSchema })
export type Candidate = z.infer<typeof candidateSchema>

export const documentSchema = z.strictObject({
  version: z.literal(documentVersion),
  width: z.int().min(1).max(MAX_SIDE),
  height: z.int().min(1).max(MAX_SIDE),
  /** Bottom first. How many there may be is asked of a command (`document-limits`), not of what is stored. */
  layers: z.array(layerSchema),
  activeLayer: idSchema.nullable(),
  mask: z.array(maskMarkSchema),
  /** Pixels over which a result fades at the edge of the mask. */
  feather: z.number().min(0).max(256),
  box: boxSchema,
  settings: runSettingsSchema,
  /** Oldest first. */
  staging: z.array(candidateSchema),
})
export type Document = z.infer<typeof documentSchema>

const layerId = { layer: idSchema }
/** Everything that changes a document. A command is a fact about the person's intent: it carries no DOM and no pixels. */
export const documentCommandSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('resize'),
    width: z.int().min(1).max(MAX_SIDE),
    height: z.int().min(1).max(MAX_SIDE),
  }),
  /** `at`: index from the bottom; the top when absent. The new layer becomes active. */
  z.strictObject({ type: z.literal('addLayer'), value: layerSchema, at: z.int().nonnegative().optional() }),
  z.strictObject({ type: z.literal('removeLayer'), ...layerId }),
  z.strictObject({ type: z.literal('moveLayer'), ...layerId, to: z.int().nonnegative() }),
  z.strictObject({ type: z.literal('selectLayer'), layer: idSchema.nullable() }),
  z.strictObject({
    type: z.literal('setLayer'),
    ...layerId,
    name: z.string().min(1).max(200).optional(),
    visible: z.boolean().optional(),
    opacity: z.number().min(0).max(1).optional(),
    transform: transformSchema.optional(),
  }),
  z.strictObject({ type: z.literal('addMark'), ...layerId, mark: markSchema }),
  /** Replaces several layers by one that holds their pixels. */
  z.strictObject({ type: z.literal('mergeLayers'), layers: z.array(idSchema).min(1), value: layerSchema }),
  /** A selection lifted off a layer: cleared there, and a new layer above it. */
  z.strictObject({ type: z.literal('lift'), ...layerId, clear: markSchema, value: layerSchema }),
  z.strictObject({ type: z.literal('addMaskMark'), mark: maskMarkSchema }),
  z.strictObject({ type: z.literal('clearMask') }),
  z.strictObject({ type: z.literal('setFeather'), feather: z.number().min(0).max(256) }),
  z.strictObject({ type: z.literal('setBox'), box: boxSchema }),
  z.strictObject({ type: z.literal('setSettings'), settings: runSettingsSchema }),
  z.strictObject({ type: z.literal('stage'), candidate: candidateSchema }),
  z.strictObject({ type: z.literal('unstage'), run: idSchema }),
  /** Takes a result: it leaves the staging strip and becomes a layer. */
  z.strictObject({ type: z.literal('accept'), run: idSchema, value: layerSchema }),
  /** A steered continuation, so that undo walks over it like over a stroke: shows the run it branched from again. */
  z.strictObject({ type: z.literal('branch'), from: idSchema, to: idSchema, step: z.int().nonnegative() }),
])
export type DocumentCommand = z.infer<typeof documentCommandSchema>

export function emptyDocument(size: number, settings: Document['settings']): Document {
  return {
    version: documentVersion,
    width: size,
    height: size,
    layers: [],
    activeLayer: null,
    mask: [],
    feather: 0,
    box: { x: 0, y: 0, width: size, height: size },
    settings,
    staging: [],
  }
}

/** The document after a command; the one given is left as it is. Throws a TandemError where the command does not fit. */
export function applyCommand(document: Document, command: DocumentCommand): Document {
  const layers = document.layers
  const indexOf = (id: string): number => {
    const index = layers.findIndex((layer) => layer.id === id)
    if (index < 0) throw new TandemError('That layer is not there any more.', 'Choose another layer.')
    return index
  }
  const change = (id: string, by: (layer: Layer) => Layer): Document => {
    const at = indexOf(id)
    return { ...document, layers: layers.map((layer, i) => (i === at ? by(layer) : layer)) }
  }
  const insert = (list: readonly Layer[], value: Layer, at: number): Document => {
    if (layers.some((layer) => layer.id === value.id && list.includes(layer)))
      throw new TandemError('That layer is there already.', 'Add it under another id.', 'internal')
    return { ...document, layers: [...list.slice(0, at), value, ...list.slice(at)], activeLayer: value.id }
  }
  switch (command.type) {
    case 'resize':
      return { ...document, width: command.width, height: command.height }
    case 'addLayer':
      return insert(layers, command.value, Math.min(command.at ?? layers.length, layers.length))
    case 'removeLayer': {
      const at = indexOf(command.layer)
      const rest = layers.filter((_, i) => i !== at)
      const active =
        document.activeLayer === command.layer ? (rest[Math.max(0, at - 1)]?.id ?? null) : document.activeLayer
      return { ...document, layers: rest, activeLayer: active }
    }
    case 'moveLayer': {
      const moved = layers[indexOf(command.layer)]!
      const rest = layers.filter((layer) => layer !== moved)
      const to = Math.min(command.to, rest.length)
      return { ...document, layers: [...rest.slice(0, to), moved, ...rest.slice(to)] }
    }
    case 'selectLayer':
      if (command.layer !== null) indexOf(command.layer)
      return { ...document, activeLayer: command.layer }
    case 'setLayer': {
      const { type: _, layer: id, ...changes } = command
      return change(id, (layer) => ({ ...layer, ...changes }))
    }
    case 'addMark':
      return change(command.layer, (layer) => ({ ...layer, marks: [...layer.marks, command.mark] }))
    case 'mergeLayers': {
      const at = Math.min(...command.layers.map(indexOf))
      const rest = layers.filter((layer) => !command.layers.includes(layer.id))
      return insert(rest, command.value, Math.min(at, rest.length))
    }
    case 'lift': {
      const at = indexOf(command.layer)
      const cleared = layers.map((layer, i) =>
        i === at ? { ...layer, marks: [...layer.marks, command.clear] } : layer,
      )
      return insert(cleared, command.value, at + 1)
    }
    case 'addMaskMark':
      return { ...document, mask: [...document.mask, command.mark] }
    case 'clearMask':
      return { ...document, mask: [] }
    case 'setFeather':
      return { ...document, feather: command.feather }
    case 'setBox':
      return { ...document, box: command.box }
    case 'setSettings':
      return { ...document, settings: command.settings }
    case 'stage':
      if (document.staging.some((candidate) => candidate.run === command.candidate.run)) return document
      return { ...document, staging: [...document.staging, command.candidate].slice(-MAX_STAGED) }
    case 'unstage':
      return { ...document, staging: document.staging.filter((candidate) => candidate.run !== command.run) }
    case 'accept': {
      const staged = { ...document, staging: document.staging.filter((candidate) => candidate.run !== command.run) }
      return { ...staged, layers: [...layers, command.value], activeLayer: command.value.id }
    }
    case 'branch':
      return document
  }
}

/** A document as it is stored: `commands.slice(0, cursor)` applied to `base` is what is shown. */
export const storedDocumentSchema = z.strictObject({
  id: idSchema,
  base: documentSchema,
  commands: z.array(documentCommandSchema),
  cursor: z.int().nonnegative(),
  /** Number of the first command of `commands` since the document was made. */
  first: z.int().nonnegative(),
})
export type StoredDocument = z.infer<typeof storedDocumentSchema>

/**
 * Who writes a document, and the revision that is known there. A write is taken where nobody else wrote since: at that
 * revision, or after one's own writes, whose answers may have been lost.
 */
export const documentWriterSchema = z.strictObject({ writer: idSchema, revision: z.int().nonnegative() })
export type DocumentWriter = z.infer<typeof documentWriterSchema>

export const replay = (stored: Pick<StoredDocument, 'base' | 'commands' | 'cursor'>): Document =>
  stored.commands.slice(0, stored.cursor).reduce(applyCommand, stored.base)
