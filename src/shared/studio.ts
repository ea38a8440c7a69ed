/**
 * The records of the studio: what the store keeps, the service publishes and the screens show. Pictures are named by the
 * SHA-256 of their bytes (a blob id), never by a path: the renderer fetches them from `blob/ID` of its own origin.
 */
import { z } from 'zod'
import { accelerationSchema } from './acceleration.ts'
import { MAX_STEPS, placeSchema } from './jobs.ts'
import { DEFAULT_HUB } from './hub.ts'
import { runDefaultsSchema } from './model-config.ts'
import { providerChoiceSchema } from './providers.ts'
import { proposalSchema } from './training.ts'
import { decodingModeSchema } from './trajectory.ts'

export const idSchema = z.string().regex(/^[0-9a-z-]{1,64}$/)
export const blobIdSchema = z.string().regex(/^[0-9a-f]{64}$/)
export type BlobId = z.infer<typeof blobIdSchema>
const uint32 = z.int().min(0).max(0xffffffff)
const time = z.int().nonnegative()
const perModality = z.strictObject({ text: z.number().min(-100).max(100), image: z.number().min(-100).max(100) })

/** A blob with what every screen needs to lay it out. */
export const pictureRefSchema = z.strictObject({
  blob: blobIdSchema,
  width: z.int().positive(),
  height: z.int().positive(),
})
export type PictureRef = z.infer<typeof pictureRefSchema>

export const projectSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1).max(200),
  createdAt: time,
  updatedAt: time,
  /** The document that opens with it. */
  document: idSchema,
  runs: z.int().nonnegative(),
})
export type Project = z.infer<typeof projectSchema>

/** An adapter of the studio, by its id, and its weight. */
export const stackedAdapterSchema = z.strictObject({
  id: z.string().min(1).max(200),
  weight: z.number().min(-2).max(2),
})
export type StackedAdapter = z.infer<typeof stackedAdapterSchema>

/** Characters of an instruction: more than any model reads. */
export const MAX_INSTRUCTION = 20_000

/** Everything a person chooses for a run; kept with every run and offered again. */
export const runSettingsSchema = z.strictObject({
  task: z.enum(['edit', 'generate']),
  instruction: z.string().max(MAX_INSTRUCTION),
  mode: decodingModeSchema,
  steps: z.int().min(1).max(MAX_STEPS),
  imageSteps: z.int().min(1).max(MAX_STEPS).optional(),
  guidance: perModality,
  temperatures: z.strictObject({ text: z.number().min(0).max(100), image: z.number().min(0).max(100) }),
  /** What may be given up for speed; absent: nothing. */
  acceleration: accelerationSchema.optional(),
  /** null: drawn anew for every run, and recorded. */
  seed: uint32.nullable(),
  /** Folder name of a model, see `models.list`. */
  model: z.string().min(1).max(200),
  /** Adapters on it, each with how much of it: 0 is off, 1 as trained. */
  adapters: z.array(stackedAdapterSchema).max(8).optional(),
})
export type RunSettings = z.infer<typeof runSettingsSchema>

/** Where on the document a run looks and draws, in document pixels; square for a model with square pictures. */
export const boxSchema = z.strictObject({
  x: z.number(),
  y: z.number(),
  width: z.number().positive(),
  height: z.number().positive(),
})
export type Box = z.infer<typeof boxSchema>

export const runStateSchema = z.enum(['queued', 'running', 'done', 'cancelled', 'failed'])
export type RunState = z.infer<typeof runStateSchema>

export const queueLaneSchema = z.enum(['interactive', 'background'])

export const runErrorSchema = z.strictObject({
  message: z.string(),
  remedy: z.string(),
  /** For a report; absent where the person can mend it. */
  details: z.string().optional(),
  /** Of training that died of what it was asked for: settings that take less; the remedy says them in words. */
  proposal: proposalSchema.optional(),
})
export type RunError = z.infer<typeof runErrorSchema>

export const editOfRunSchema = z.strictObject({
  replace: z.array(z.strictObject({ place: placeSchema, token: z.string().min(1) })),
  remask: z.array(placeSchema),
})

export const runSchema = z.strictObject({
  id: idSchema,
  project: idSchema,
  document: idSchema.nullable(),
  state: runStateSchema,
  settings: runSettingsSchema,
  /** The seed that was used; set when the run is made. */
  seed: uint32,
  createdAt: time,
  endedAt: time.nullable(),
  /** The run this one branched from, and after which of its steps. */
  parent: z.strictObject({ run: idSchema, step: z.int().nonnegative() }).nullable(),
  /** Output tokens held from the start. */
  pins: z.array(z.strictObject({ place: placeSchema, token: z.string().min(1) })).default([]),
  /** What was changed where it branched. */
  edits: editOfRunSchema.nullable(),
  /** The picture the model saw, resampled from the box; null for a generation. */
  input: pictureRefSchema.nullable(),
  mask: pictureRefSchema.nullable(),
  /** The part of the document it came from. */
  box: boxSchema.nullable(),
  /** Steps recorded so far; the whole run has settings.steps. */
  step: z.int().nonnegative(),
  /** Median milliseconds of a step so far. */
  stepMs: z.number().nullable(),
  ms: z.number().nullable(),
  reasoning: z.string(),
  picture: pictureRefSchema.nullable(),
  /** There is a trajectory to scrub: `runs.trajectory` gives its bytes. */
  hasTrajectory: z.boolean(),
  modelName: z.string(),
  modelHash: z.string(),
  provider: z.string(),
  warnings: z.array(z.string()),
  error: runErrorSchema.nullable(),
  /** A person did not wait for the step: its process was ended in the middle of it. */
  stoppedAtOnce: z.boolean().default(false),
  /** Where it waits and computes, when it is continued as well. */
  lane: queueLaneSchema.default('interactive'),
  favourite: z.boolean(),
  rejected: z.boolean(),
  rating: z.int().min(0).max(5),
  /** Made elsewhere and opened here. */
  imported: z.boolean(),
  /** Of a preview of a training run that was opened here: which one. */
  preview: z
    .strictObject({ job: idSchema, title: z.string(), step: z.int().nonnegative(), prompt: z.int().nonnegative() })
    .nullable()
    .default(null),
})
export type Run = z.infer<typeof runSchema>

export const modelInfoSchema = z.strictObject({
  id: z.string().min(1),
  name: z.string(),
  hash: z.string(),
  parameters: z.int().nonnegative(),
  /** Pixels along one side of its pictures, codes along one side. */
  size: z.int().positive(),
  grid: z.int().positive(),
  instructionLength: z.int().nonnegative(),
  reasoningLength: z.int().nonnegative(),
  /** It draws the storybook world: the tray of sprites is of use. */
  storybook: z.boolean(),
  /** What can be trained: no words along with an adapter on an imported checkpoint, nothing where its weights are quantised. */
  trains: z.enum(['all', 'wordless', 'none']),
  /** A published model's own numbers; null for one of our own. */
  defaults: runDefaultsSchema.nullable(),
  shipped: z.boolean(),
})
export type ModelInfo = z.infer<typeof modelInfoSchema>

/** A text vocabulary as it is shown: `labels[id]` is what token `id` reads as; special tokens by their names. */
export const vocabularySchema = z.strictObject({
  labels: z.array(z.string()),
  special: z.strictObject({ mask: z.int(), pad: z.int(), eos: z.int() }),
})
export type Vocabulary = z.infer<typeof vocabularySchema>

export const queueItemSchema = z.strictObject({
  run: idSchema,
  lane: queueLaneSchema,
  state: z.enum(['queued', 'running', 'cancelling']),
  step: z.int().nonnegative(),
  steps: z.int().positive(),
  instruction: z.string(),
  seed: uint32,
  /** Milliseconds until its end at the pace so far; null before there is a pace. */
  etaMs: z.number().nullable(),
})
export type QueueItem = z.infer<typeof queueItemSchema>

export const spriteSchema = z.strictObject({
  name: z.string(),
  category: z.string(),
  /** One cell, transparent around it. */
  picture: pictureRefSchema,
})
export const traySchema = z.strictObject({
  /** Pixels along one side of a cell, cells along one side of a scene. */
  cell: z.int().positive(),
  cells: z.int().positive(),
  sprites: z.array(spriteSchema),
  /** A whole empty scene each. */
  backgrounds: z.array(z.strictObject({ name: z.string(), picture: pictureRefSchema })),
  attribution: z.string(),
})
export type Tray = z.infer<typeof traySchema>

export const presetSchema = z.strictObject({ name: z.string().min(1).max(80), settings: runSettingsSchema })
export type Preset = z.infer<typeof presetSchema>

/** How the studio looks and behaves for this person; every field has a default, so old stores read as new ones. */
export const preferencesSchema = z.strictObject({
  theme: z.enum(['system', 'light', 'dark']).default('system'),
  reducedMotion: z.boolean().default(false),
  /** PNG exports carry what makes them again. */
  exportMetadata: z.boolean().default(true),
  /** Bytes that projects may take before the oldest unreferenced blobs go, and the person is told where that does not do. */
  diskBudget: z
    .int()
    .positive()
    .default(10 * 2 ** 30),
  /** Command id -> chord, where it differs from the default. */
  shortcuts: z.record(z.string(), z.string()).default({}),
  /** The project that was open last. */
  project: idSchema.nullable().default(null),
  presets: z.array(presetSchema).default([]),
  /** Minutes without a run after which a model's memory is given back; 0: never. */
  unloadMinutes: z.int().min(0).max(1440).default(10),
  /** What runs compute on. */
  provider: providerChoiceSchema.default('auto'),
  /** Where published models are got from; asked only when a person asks. */
  modelHost: z.string().min(1).max(500).default(DEFAULT_HUB),
})
export type Preferences = z.infer<typeof preferencesSchema>
