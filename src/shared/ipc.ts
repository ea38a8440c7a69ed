/**
 * THE contract between screens and service: every method with its arguments and result, every event with its payload.
 * Both ends parse with these schemas; the transports (Electron IPC, a WebSocket) carry messages and know no method.
 * Bytes of pictures do not travel here: they are fetched from `blob/ID` and posted to `blob`.
 */
import { z } from 'zod'
import { documentCommandSchema, documentWriterSchema, storedDocumentSchema } from './document.ts'
import { tandemErrorKinds } from './errors.ts'
import { datasetEvents, datasetMethods } from './ipc-datasets.ts'
import { benchMethods } from './ipc-bench.ts'
import { hostingEvents, hostingMethods } from './ipc-hosting.ts'
import { jobEvents, jobMethods } from './ipc-jobs.ts'
import { rlMethods } from './ipc-rl.ts'
import { taskEvents, taskMethods, taskSchema } from './ipc-tasks.ts'
import { trainingEvents, trainingMethods } from './ipc-training.ts'
import { layoutContract } from './ipc-layout.ts'
import { engineEvents, engineMethods } from './ipc-engine.ts'
import { modelEvents, modelMethods } from './ipc-models.ts'
import { bytesSchema, generateSpecSchema, rasterSchema } from './jobs.ts'
import {
  blobIdSchema,
  boxSchema,
  editOfRunSchema,
  idSchema,
  modelInfoSchema,
  pictureRefSchema,
  preferencesSchema,
  projectSchema,
  queueItemSchema,
  queueLaneSchema,
  runSchema,
  runSettingsSchema,
  traySchema,
  vocabularySchema,
} from './studio.ts'
import { decodingModeSchema, trajectoryHeaderSchema, trajectoryStepSchema } from './trajectory.ts'

const nothing = z.strictObject({})
const run = z.strictObject({ run: idSchema })
const project = z.strictObject({ project: idSchema })
const stepNumber = z.int().min(0).max(0xffff)
const fileResult = z.strictObject({ blob: blobIdSchema, name: z.string() })

export const runFilterSchema = z.strictObject({
  project: idSchema.nullable(),
  /** Words looked for in instruction and reasoning; the last one may be unfinished. */
  query: z.string().max(500).default(''),
  model: z.string().optional(),
  mode: decodingModeSchema.optional(),
  minRating: z.int().min(0).max(5).optional(),
  favourite: z.boolean().optional(),
  /** Rejected runs are left out unless asked for. */
  rejected: z.boolean().default(false),
  limit: z.int().min(1).max(500).default(100),
  offset: z.int().nonnegative().default(0),
})
export type RunFilter = z.input<typeof runFilterSchema>

export const startRunsSchema = z.strictObject({
  project: idSchema,
  document: idSchema.nullable(),
  settings: runSettingsSchema,
  /** The box's pixels at their own resolution; null exactly when settings.task is "generate". */
  input: blobIdSchema.nullable(),
  /** White may change; of the same size as the input. */
  mask: blobIdSchema.nullable(),
  box: boxSchema.nullable(),
  pins: generateSpecSchema.shape.pins,
  /** How many runs, with seeds seed, seed + 1, ... or drawn anew. */
  count: z.int().min(1).max(64),
  lane: queueLaneSchema,
})

export const contract = {
  /** First call of a screen, and again after a reconnect: `missed` are the events after `since`, or `reset` says start over. */
  'session.open': {
    args: z.strictObject({ since: z.int().nonnegative().nullable() }),
    result: z.strictObject({
      seq: z.int().nonnegative(),
      reset: z.boolean(),
      missed: z.array(z.strictObject({ seq: z.int().nonnegative(), name: z.string(), payload: z.unknown() })),
      version: z.string(),
      host: z.enum(['electron', 'browser']),
      preferences: preferencesSchema,
      queue: z.array(queueItemSchema),
      /** Something the person should know about this start, for example that a damaged database was set aside. */
      notices: z.array(z.strictObject({ message: z.string(), remedy: z.string() })),
    }),
  },
  ...layoutContract,
  'preferences.set': { args: z.strictObject({ preferences: preferencesSchema }), result: nothing },
  'diagnostics.report': { args: nothing, result: z.strictObject({ text: z.string() }) },

  ...modelMethods,
  ...engineMethods,
  ...rlMethods,
  'models.list': { args: nothing, result: z.strictObject({ models: z.array(modelInfoSchema) }) },
  'models.vocabulary': { args: z.strictObject({ model: z.string() }), result: vocabularySchema },
  /** The tokens a text becomes: an editor of reasoning shows what a word costs before it is put in place. */
  'models.tokens': {
    args: z.strictObject({ model: z.string(), text: z.string().max(2000) }),
    result: z.strictObject({ ids: z.array(z.int()), labels: z.array(z.string()) }),
  },
  'tray.get': { args: z.strictObject({ model: z.string() }), result: traySchema.nullable() },

  'projects.list': { args: nothing, result: z.strictObject({ projects: z.array(projectSchema) }) },
  'projects.create': { args: z.strictObject({ name: z.string().min(1).max(200) }), result: projectSchema },
  'projects.rename': { args: project.extend({ name: z.string().min(1).max(200) }), result: projectSchema },
  'projects.delete': { args: project, result: nothing },
  /** One self-contained file with documents, runs, trajectories and pictures. */
  'projects.export': { args: project.extend(taskSchema.shape), result: fileResult },
  'projects.import': { args: taskSchema.extend({ blob: blobIdSchema }), result: projectSchema },

  /** `revision`: how often it was written; see `documentWriterSchema`. */
  'documents.open': {
    args: z.strictObject({ document: idSchema }),
    result: storedDocumentSchema.extend({ revision: z.int().nonnegative() }),
  },
  /** Puts commands at number `at` (counted from the document's beginning), dropping whatever stood there and after. */
  'documents.append': {
    args: z.strictObject({
      document: idSchema,
      at: z.int().nonnegative(),
      commands: z.array(documentCommandSchema).min(1).max(1000),
      by: documentWriterSchema,
    }),
    result: z.strictObject({ revision: z.int().nonnegative() }),
  },
  /** Undo and redo: how many commands, counted from the document's beginning, are applied. */
  'documents.seek': {
    args: z.strictObject({ document: idSchema, cursor: z.int().nonnegative(), by: documentWriterSchema }),
    result: z.strictObject({ revision: z.int().nonnegative() }),
  },

  /** Files that were uploaded as the parts of one, in their order, as that one; the parts go. */
  'blobs.join': {
    args: z.strictObject({ parts: z.array(blobIdSchema).min(1).max(4096) }),
    result: z.strictObject({ blob: blobIdSchema }),
  },

  /** An uploaded file as a picture the canvas can show: upright, 8 bit sRGB; with the settings it carries, if any. */
  'pictures.open': {
    args: z.strictObject({ blob: blobIdSchema, name: z.string().max(300) }),
    result: z.strictObject({
      picture: pictureRefSchema,
      /** Of a picture this studio exported: what made it. */
      recipe: runSettingsSchema.partial().nullable(),
      /** The model that computed it, by its name and the hash of its weights; null where the picture does not say. */
      made: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
      reasoning: z.string().nullable(),
      warnings: z.array(z.string()),
    }),
  },
  /** How well the model's image tokenizer can draw a picture: what it cannot draw it will not keep either. */
  'pictures.inspect': {
    args: z.strictObject({ blob: blobIdSchema, model: z.string() }),
    result: z.strictObject({
      /** Peak signal-to-noise ratio of encode and decode, dB. */
      psnr: z.number(),
      /** Cells (row-major) that come back visibly different. */
      foreign: z.array(z.int()),
      /** Plain words where the picture lies outside what the model knows; null where it is at home. */
      warning: z.string().nullable(),
    }),
  },

  'runs.start': { args: startRunsSchema, result: z.strictObject({ runs: z.array(runSchema) }) },
  /** A new run that shares `step` steps with its parent, with tokens replaced or masked again, denoised on from there. */
  'runs.branch': {
    args: run.extend({ step: stepNumber, edits: editOfRunSchema }),
    result: runSchema,
  },
  /** A cancelled or failed run goes on from its last recorded step. */
  'runs.continue': { args: run, result: runSchema },
  'runs.cancel': { args: run.extend({ now: z.boolean() }), result: nothing },
  /** A screen has come to this step of a run that goes on: the run does not go far ahead of it. */
  'runs.heard': { args: run.extend({ step: z.int().nonnegative() }), result: nothing },
  /** Puts a queued run before another one, or last. */
  'runs.reorder': { args: run.extend({ before: idSchema.nullable() }), result: nothing },
  'runs.get': { args: run, result: runSchema },
  'runs.list': {
    args: runFilterSchema,
    result: z.strictObject({ runs: z.array(runSchema), total: z.int().nonnegative() }),
  },
  /** The run, all it descends from and all that descends from those: oldest first. */
  'runs.tree': { args: run, result: z.strictObject({ runs: z.array(runSchema) }) },
  'runs.update': {
    args: run.extend({
      favourite: z.boolean().optional(),
      rejected: z.boolean().optional(),
      rating: z.int().min(0).max(5).optional(),
    }),
    result: runSchema,
  },
  'runs.delete': { args: z.strictObject({ runs: z.array(idSchema).min(1).max(1000) }), result: nothing },
  /** A .tdm file: of a run that goes on, what is recorded so far. */
  'runs.trajectory': { args: run, result: z.strictObject({ bytes: bytesSchema }) },
  /** The picture after each of these steps, drafts filled in; undecided cells without a draft are grey. */
  'runs.decode': {
    args: run.extend({ steps: z.array(stepNumber).min(1).max(256) }),
    result: z.strictObject({ rasters: z.array(rasterSchema) }),
  },
  /** `png`: the result, with what made it unless the person strips it; `gif`, `webp`: both tracks moving; `frames`: a zip. */
  'runs.export': {
    args: run.extend({
      kind: z.enum(['png', 'gif', 'webp', 'frames', 'trajectory']),
      metadata: z.boolean(),
      ...taskSchema.shape,
    }),
    result: fileResult,
  },
  /** A trajectory made elsewhere becomes a run of the project; `warnings` of the run say what does not match. */
  'trajectories.open': {
    args: z.strictObject({ blob: blobIdSchema, name: z.string().max(300), project: idSchema }),
    result: runSchema,
  },

  ...jobMethods,
  ...trainingMethods,
  ...datasetMethods,
  ...benchMethods,
  ...hostingMethods,
  ...taskMethods,

  'queue.list': { args: nothing, result: z.strictObject({ items: z.array(queueItemSchema) }) },

  /** Folders of the machine that serves a browser, below the roots it was started with; handles say nothing of paths. */
  'folders.list': {
    args: z.strictObject({ folder: z.string().max(200).nullable() }),
    result: z.strictObject({
      entries: z.array(
        z.strictObject({ handle: z.string(), name: z.string(), folder: z.boolean(), size: z.int().nonnegative() }),
      ),
    }),
  },
  'folders.read': {
    args: z.strictObject({ file: z.string().max(200) }),
    result: z.strictObject({ blob: blobIdSchema }),
  },
} as const satisfies Record<string, { args: z.ZodType; result: z.ZodType }>

export type Method = keyof typeof contract
/** What a caller writes: defaults may be left out. */
export type ArgsOf<M extends Method> = z.input<(typeof contract)[M]['args']>
/** What a handler receives: defaults are filled in. */
export type ParsedArgsOf<M extends Method> = z.output<(typeof contract)[M]['args']>
export type ResultOf<M extends Method> = z.output<(typeof contract)[M]['result']>
export const methods = Object.keys(contract) as Method[]

export const events = {
  'run.changed': z.strictObject({ run: runSchema }),
  'run.removed': z.strictObject({ runs: z.array(idSchema) }),
  /** Denoising begins; with the steps that follow, all a viewer needs. */
  'run.started': z.strictObject({ run: idSchema, header: trajectoryHeaderSchema }),
  /** A step as it was recorded. `picture` is absent in events sent again after a reconnect, and for large models. */
  'run.step': z.strictObject({ run: idSchema, record: trajectoryStepSchema, picture: rasterSchema.optional() }),
  ...jobEvents,
  ...trainingEvents,
  ...modelEvents,
  ...engineEvents,
  ...datasetEvents,
  ...hostingEvents,
  ...taskEvents,
  'queue.changed': z.strictObject({ items: z.array(queueItemSchema) }),
  'projects.changed': z.strictObject({ projects: z.array(projectSchema) }),
  'preferences.changed': z.strictObject({ preferences: preferencesSchema }),
  notice: z.strictObject({ message: z.string(), remedy: z.string() }),
  /** Chosen in the host's own menu: a command of the screens, by its id. From the host itself, never recorded. */
  'host.command': z.strictObject({ command: z.string().max(64) }),
} as const satisfies Record<string, z.ZodType>
export type EventName = keyof typeof events
export type PayloadOf<E extends EventName> = z.output<(typeof events)[E]>
/** Number of an event that the store could not take: it is told once, and no screen that was away hears of it. */
export const UNRECORDED = 0

/**
 * An event as it travels: `seq` grows by one from event to event, across restarts of the service; or it is UNRECORDED.
 */
export type StudioEvent = { [E in EventName]: { seq: number; name: E; payload: PayloadOf<E> } }[EventName]

/** Messages of a transport. Their payloads are parsed by the contract, the frame by these. */
export const requestSchema = z.strictObject({
  id: z.int().nonnegative(),
  method: z.enum(methods as [Method, ...Method[]]),
  args: z.unknown(),
})
export type Request = z.infer<typeof requestSchema>
export const failureSchema = z.strictObject({
  message: z.string(),
  remedy: z.string(),
  kind: z.enum(tandemErrorKinds),
})
export const replySchema = z.union([
  z.strictObject({ id: z.int().nonnegative(), result: z.unknown() }),
  z.strictObject({ id: z.int().nonnegative(), failure: failureSchema }),
])
export type Reply = z.infer<typeof replySchema>
export const eventMessageSchema = z.strictObject({
  seq: z.int().nonnegative(),
  name: z.enum(Object.keys(events) as [EventName, ...EventName[]]),
  payload: z.unknown(),
})
/** Parses an event as it came over a transport. Throws where it breaks the contract. */
export function parseEvent(message: unknown): StudioEvent {
  const { seq, name, payload } = eventMessageSchema.parse(message)
  return { seq, name, payload: events[name].parse(payload) } as StudioEvent
}
