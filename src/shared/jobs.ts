/**
 * Jobs as messages: what can be asked of the engine process, and what it answers. A kind is added together with its
 * generator in src/engine/jobs.ts; whoever receives a message parses it with the schema here.
 * Long, because it is one union: a kind's spec, its result and the events between them are read together.
 */
import { z } from 'zod'
import { accelerationSchema } from './acceleration.ts'
import {
  benchComparisonSchema,
  benchEstimateSchema,
  benchJudgeSchema,
  benchReportSchema,
  dragReportSchema,
} from './bench.ts'
import { checkpointSpecSchema } from './checkpoints.ts'
import { engineProfileSpecSchema } from './engine-profile.ts'
import { benchReadSpecSchema } from './bench-read.ts'
import { datasetSpecSchema } from './datasets.ts'
import { tandemErrorKinds } from './errors.ts'
import { hubSpecSchema } from './hub.ts'
import { runDefaultsSchema } from './model-config.ts'
import { modelSpecSchema } from './models.ts'
import { providerNameSchema } from './providers.ts'
import { pararlSpecSchema, rlRowSchema, scoreSpecSchema, trainScorerSpecSchema } from './rl.ts'
import { controlActionSchema, metricsRowSchema, proposalSchema, sftSpecSchema } from './training.ts'
import {
  decodingModeSchema,
  trajectoryEventSchema,
  trajectoryHeaderSchema,
  trajectoryStepSchema,
} from './trajectory.ts'

const uint32 = z.int().min(0).max(0xffffffff)

/** Guidance beyond this is noise in single precision. */
export const MAX_GUIDANCE = 100
/** From here on sampling is uniform for every purpose. */
export const MAX_TEMPERATURE = 100
const guidance = z.number().min(-MAX_GUIDANCE).max(MAX_GUIDANCE)
const temperature = z.number().min(0).max(MAX_TEMPERATURE)
const guidances = z.strictObject({ text: guidance, image: guidance })
const temperatures = z.strictObject({ text: temperature, image: temperature })

/** Most adapters on one model at once. */
const MAX_ADAPTERS = 8
/** An adapter laid on more often than this is noise. */
export const MAX_WEIGHT = 10
/** Adapters on a model, in order, each with how much of it: 0 is off, 1 as trained. */
export const adapterStackSchema = z
  .array(z.strictObject({ directory: z.string().min(1), weight: z.number().min(-MAX_WEIGHT).max(MAX_WEIGHT) }))
  .max(MAX_ADAPTERS)
export type AdapterStack = z.infer<typeof adapterStackSchema>

/** Most denoising steps a run may have: more than any sequence has positions to decide. */
export const MAX_STEPS = 4096

/** A token put at a place: an output text position or image cell, counted from the start of its field. */
export const placeSchema = z.strictObject({
  field: z.enum(['outputText', 'outputImage', 'sequence']),
  index: z.int().nonnegative(),
})
export type Place = z.infer<typeof placeSchema>

export const generateSpecSchema = z.strictObject({
  kind: z.literal('generate'),
  model: z.string().min(1),
  adapters: adapterStackSchema.optional(),
  /** What it computes on; the processor where absent. */
  provider: providerNameSchema.optional(),
  /** The picture to edit; null generates from the instruction alone. */
  picture: z.string().min(1).nullable(),
  instruction: z.string(),
  mode: decodingModeSchema,
  steps: z.int().min(1).max(MAX_STEPS),
  imageSteps: z.int().min(1).max(MAX_STEPS).optional(),
  seed: uint32,
  guidance: guidances,
  temperatures,
  /** What may be given up for speed; absent: nothing. */
  acceleration: accelerationSchema.optional(),
  /** A picture whose white parts may change. */
  mask: z.string().min(1).nullable(),
  pins: z.array(z.strictObject({ place: placeSchema, token: z.string().min(1) })),
  out: z.string().min(1),
  /** Steps carry the picture as it stands, drafts filled in. */
  preview: z.boolean().optional(),
})

export const resumeSpecSchema = z.strictObject({
  kind: z.literal('resume'),
  model: z.string().min(1),
  adapters: adapterStackSchema.optional(),
  /** What it computes on; the processor where absent. */
  provider: providerNameSchema.optional(),
  trajectory: z.string().min(1),
  /** Steps kept of the run; denoising goes on with the next. */
  step: z.int().nonnegative(),
  replace: z.array(z.strictObject({ place: placeSchema, token: z.string().min(1) })),
  remask: z.array(placeSchema),
  out: z.string().min(1),
  preview: z.boolean().optional(),
})

export const evalSpecSchema = z.strictObject({
  kind: z.literal('eval'),
  model: z.string().min(1),
  adapters: adapterStackSchema.optional(),
  seed: z.int().nonnegative(),
  count: z.int().min(1).max(1_000_000),
  mode: decodingModeSchema,
  steps: z.int().min(1).max(MAX_STEPS),
  split: z.enum(['train', 'val', 'test']),
  heldOutOnly: z.boolean(),
  /** Only these operations, the extra ones included. */
  operations: z.array(z.string().min(1)).min(1).optional(),
  /** Folder of another world than the one that ships. */
  world: z.string().min(1).optional(),
  guidance: guidances,
  temperatures,
})

const benchSpec = {
  /** Folder with a suite.json, or the name of a suite that ships. */
  suite: z.string().min(1),
  model: z.string().min(1),
  adapters: adapterStackSchema.optional(),
  steps: z.int().min(1).max(MAX_STEPS),
  seeds: z.array(uint32).min(1).max(100),
  imageSteps: z.int().min(1).max(MAX_STEPS).optional(),
  guidance: guidances,
  temperatures,
  acceleration: accelerationSchema.optional(),
  judge: benchJudgeSchema,
  /** Only so many prompts, in turn from each category. */
  limit: z.int().positive().optional(),
  /** Output Alignment of the drafts at every k-th step, by the exact judge. */
  alongEvery: z.int().positive().max(MAX_STEPS).optional(),
  /** Only says what judging would ask for; nothing is run or sent. */
  estimateOnly: z.boolean().optional(),
  out: z.string().min(1),
}

/** A suite answered and judged; goes on where the folder already holds a part of the same run. */
export const parabenchSpecSchema = z.strictObject({
  kind: z.literal('parabench'),
  ...benchSpec,
  mode: decodingModeSchema,
})

/** The same suite without thinking and with it in three modes, and what thinking did to the pictures. */
export const dragSpecSchema = z.strictObject({ kind: z.literal('parabench-drag'), ...benchSpec })

/** The report of a run that is there, finished or not, by one of its judges. */
export const benchReportSpecSchema = z.strictObject({
  kind: z.literal('parabench-report'),
  run: z.string().min(1),
  judge: z.string().optional(),
})

/** Paired differences of two runs, b - a. */
export const benchCompareSpecSchema = z.strictObject({
  kind: z.literal('parabench-compare'),
  a: z.string().min(1),
  b: z.string().min(1),
  judge: z.string().optional(),
})

/** Pictures of code grids: what a scrubber shows at a step. */
export const decodeSpecSchema = z.strictObject({
  kind: z.literal('decode'),
  model: z.string().min(1),
  /** Codes of each picture, row-major; -1 where nothing is known yet. */
  pictures: z.array(z.array(z.int().min(-1))).min(1),
})

/** What a model is: sizes, and the words its tokens read as. */
export const describeSpecSchema = z.strictObject({
  kind: z.literal('describe'),
  model: z.string().min(1),
  adapters: adapterStackSchema.optional(),
})

/** The tokens of a text. */
export const tokensSpecSchema = z.strictObject({
  kind: z.literal('tokens'),
  model: z.string().min(1),
  text: z.string(),
})

/** Both texts of a row as the model reads them. */
export const measureSpecSchema = z.strictObject({
  kind: z.literal('measure'),
  model: z.string().min(1),
  instruction: z.string(),
  reasoning: z.string(),
})

/** How well a model's image tokenizer can draw a picture. */
export const inspectSpecSchema = z.strictObject({
  kind: z.literal('inspect'),
  model: z.string().min(1),
  picture: z.string().min(1),
})

/** The sprites and backgrounds of the storybook world as pictures in a folder. */
export const traySpecSchema = z.strictObject({ kind: z.literal('tray'), out: z.string().min(1) })

/** A run as moving pictures, or as its frames one by one. */
export const animateSpecSchema = z.strictObject({
  kind: z.literal('animate'),
  model: z.string().min(1),
  trajectory: z.string().min(1),
  form: z.enum(['gif', 'webp', 'frames']),
  /** The file, or the folder of the frames. */
  out: z.string().min(1),
})

/** The curves of a training run for other tools, as a file in the folder `out`. */
export const metricsExportSpecSchema = z.strictObject({
  kind: z.literal('metrics-export'),
  run: z.string().min(1),
  form: z.enum(['csv', 'tensorboard']),
  out: z.string().min(1),
})
export const metricsExportResultSchema = z.strictObject({ file: z.string() })

export const jobSpecSchema = z.discriminatedUnion('kind', [
  generateSpecSchema,
  resumeSpecSchema,
  evalSpecSchema,
  parabenchSpecSchema,
  dragSpecSchema,
  benchReportSpecSchema,
  benchCompareSpecSchema,
  benchReadSpecSchema,
  sftSpecSchema,
  trainScorerSpecSchema,
  pararlSpecSchema,
  scoreSpecSchema,
  decodeSpecSchema,
  describeSpecSchema,
  tokensSpecSchema,
  measureSpecSchema,
  inspectSpecSchema,
  traySpecSchema,
  animateSpecSchema,
  datasetSpecSchema,
  modelSpecSchema,
  metricsExportSpecSchema,
  checkpointSpecSchema,
  hubSpecSchema,
  engineProfileSpecSchema,
])
export type JobSpec = z.infer<typeof jobSpecSchema>
export type JobKind = JobSpec['kind']
export type SpecOf<K extends JobKind> = Extract<JobSpec, { kind: K }>

/** A piece of reasoning as it is shown: decided, drafted, or still masked. */
export const shownWordSchema = z.strictObject({
  text: z.string(),
  state: z.enum(['given', 'committed', 'candidate', 'mask']),
  confidence: z.number(),
})
export type ShownWord = z.infer<typeof shownWordSchema>

export const runResultSchema = z.strictObject({
  image: z.string(),
  reasoning: z.string(),
  trajectory: z.string(),
  seed: uint32,
  mode: decodingModeSchema,
  steps: z.int(),
  forwards: z.int(),
  ms: z.number(),
  /** What computed its last step: another than it began on, where that one failed. */
  provider: z.string(),
  model: z.string(),
})
export type RunResult = z.infer<typeof runResultSchema>

export const parabenchResultSchema = z.strictObject({
  folder: z.string(),
  report: benchReportSchema,
  estimate: benchEstimateSchema.nullable(),
  /** Of this session, not of the run: prompts answered and seconds spent. */
  answered: z.int(),
  seconds: z.number(),
  /** Median milliseconds an answer, over the whole run. */
  ms: z.number(),
})
export type ParabenchResult = z.infer<typeof parabenchResultSchema>

export const estimateResultSchema = z.strictObject({ estimate: benchEstimateSchema })
export const dragResultSchema = z.strictObject({ folder: z.string(), report: dragReportSchema, seconds: z.number() })
export type DragResult = z.infer<typeof dragResultSchema>
export const benchReportResultSchema = z.strictObject({ report: benchReportSchema })
export const benchCompareResultSchema = z.strictObject({ comparison: benchComparisonSchema })

export const bytesSchema = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes are wanted')

/** Raw pixels: RGB, row-major, width x height x 3 bytes. */
export const rasterSchema = z.strictObject({
  width: z.int().positive(),
  height: z.int().positive(),
  rgb: bytesSchema,
})
export type Raster = z.infer<typeof rasterSchema>

export const rastersResultSchema = z.strictObject({ rasters: z.array(rasterSchema) })

export const describeResultSchema = z.strictObject({
  name: z.string(),
  hash: z.string(),
  parameters: z.int(),
  size: z.int(),
  grid: z.int(),
  instructionLength: z.int(),
  reasoningLength: z.int(),
  /** Its vocabulary has the words of the storybook world, and its pictures the size. */
  storybook: z.boolean(),
  /** What can be trained: no words along with an adapter on an imported checkpoint, nothing where its weights are quantised. */
  trains: z.enum(['all', 'wordless', 'none']),
  defaults: runDefaultsSchema.nullable(),
  /** `labels[id]` is what token `id` reads as. */
  labels: z.array(z.string()),
  special: z.strictObject({ mask: z.int(), pad: z.int(), eos: z.int() }),
})
export type DescribeResult = z.infer<typeof describeResultSchema>

export const tokensResultSchema = z.strictObject({ ids: z.array(z.int()), labels: z.array(z.string()) })

const measuredText = z.strictObject({
  tokens: z.int(),
  /** The most the model reads. */
  limit: z.int(),
  /** Words it would spell in bytes. */
  unknown: z.array(z.string()),
})
export const measureResultSchema = z.strictObject({ instruction: measuredText, reasoning: measuredText })

export const inspectResultSchema = z.strictObject({
  /** Peak signal-to-noise ratio of the picture after encode and decode, dB. */
  psnr: z.number(),
  /** Cells whose own ratio is below what the eye forgives. */
  foreign: z.array(z.int()),
})

export const trayResultSchema = z.strictObject({
  cell: z.int(),
  cells: z.int(),
  sprites: z.array(z.strictObject({ name: z.string(), category: z.string(), file: z.string() })),
  backgrounds: z.array(z.strictObject({ name: z.string(), file: z.string() })),
  attribution: z.string(),
})

const warning = z.strictObject({ type: z.literal('warning'), message: z.string() })
const started = z.strictObject({
  type: z.literal('started'),
  total: z.int(),
  detail: z.string(),
  /** Of a run that records a trajectory: with the steps that follow, all a viewer needs. */
  header: trajectoryHeaderSchema.optional(),
  /** Edits that are part of it from the start, where it goes on from another record. */
  events: z.array(trajectoryEventSchema).optional(),
})
/** A large model is being loaded: what happens now, of how many parts. */
const loading = z.strictObject({
  type: z.literal('loading'),
  what: z.string(),
  part: z.int().positive(),
  parts: z.int().positive(),
})
const step = z.strictObject({
  type: z.literal('step'),
  step: z.int(),
  total: z.int(),
  words: z.array(shownWordSchema),
  masked: z.int(),
  /** The step as it was recorded. */
  record: trajectoryStepSchema,
  /** The picture after it, where the spec asks for previews. */
  picture: rasterSchema.optional(),
})
const progress = z.strictObject({
  type: z.literal('progress'),
  done: z.int(),
  total: z.int(),
  metrics: z.record(z.string(), z.number()),
})
/** A row of a training run's metrics, as it was appended to its file. */
const row = z.strictObject({ type: z.literal('row'), row: metricsRowSchema })
/** A row of a ParaRL run's record. */
const rl = z.strictObject({ type: z.literal('rl'), row: rlRowSchema })
const result = z.strictObject({ type: z.literal('result'), result: z.unknown() })
const done = z.strictObject({ type: z.literal('done') })
const cancelled = z.strictObject({ type: z.literal('cancelled') })
const failed = z.strictObject({
  type: z.literal('failed'),
  message: z.string(),
  remedy: z.string(),
  kind: z.enum(tandemErrorKinds),
  /** Of a defect, for the report. */
  stack: z.string().optional(),
  /** Its process broke under it, as one does whose driver fails. */
  crashed: z.literal(true).optional(),
  /** Memory ran out: the highest that was seen and what was free then, bytes, and settings of a run that take less. */
  outOfMemory: z
    .strictObject({ peak: z.number(), free: z.number().nullable(), proposal: proposalSchema.nullable() })
    .optional(),
})

/** What a generator yields; the process adds the job's id and a sequence number. */
export const jobUpdateSchema = z.discriminatedUnion('type', [
  warning,
  loading,
  started,
  step,
  progress,
  row,
  rl,
  result,
])
export type JobUpdate = z.infer<typeof jobUpdateSchema>

/** How a job ends: always exactly one of these, and nothing after it. */
export const jobEndSchema = z.discriminatedUnion('type', [done, cancelled, failed])
export type JobEnd = z.infer<typeof jobEndSchema>

const stamp = {
  jobId: z.string().min(1),
  /** 0, 1, 2 ... within the job. */
  seq: z.int().nonnegative(),
}
export const jobEventSchema = z.discriminatedUnion('type', [
  warning.extend(stamp),
  loading.extend(stamp),
  started.extend(stamp),
  step.extend(stamp),
  progress.extend(stamp),
  row.extend(stamp),
  rl.extend(stamp),
  result.extend(stamp),
  done.extend(stamp),
  cancelled.extend(stamp),
  failed.extend(stamp),
])
export type JobEvent = z.infer<typeof jobEventSchema>
export type JobEndEvent = Extract<JobEvent, JobEnd>

export const isJobEnd = (event: JobEvent): event is JobEndEvent =>
  event.type === 'done' || event.type === 'cancelled' || event.type === 'failed'

export const jobCommandSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('run'),
    jobId: z.string().min(1),
    spec: jobSpecSchema,
    background: z.boolean(),
    /** Key of an endpoint that judges: never part of a spec, which is written down. Null: none; absent: the environment's. */
    judgeKey: z.string().nullish(),
  }),
  z.strictObject({ type: z.literal('cancel'), jobId: z.string().min(1) }),
  /** A step of a run has been dealt with: the engine goes no further ahead of whoever follows it than a step. */
  z.strictObject({ type: z.literal('taken'), jobId: z.string().min(1) }),
  /** Asks a training run for something between two of its steps; other jobs take no notice. */
  z.strictObject({ type: z.literal('control'), jobId: z.string().min(1), action: controlActionSchema }),
  /** An interactive job goes on in another process: background jobs here wait between their steps. */
  z.strictObject({ type: z.literal('giveWay'), on: z.boolean() }),
  /** Close every model and end, stopping what still runs. */
  z.strictObject({ type: z.literal('dispose') }),
])
export type JobCommand = z.infer<typeof jobCommandSchema>
