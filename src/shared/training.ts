/**
 * Training as jobs and screens speak of it: what a run's folder holds, the rows of its metrics file, its previews, the
 * report of a pre-flight, and how a run ends. The settings of a run and the presets are in training-settings.ts.
 */
import { z } from 'zod'

/** The folder of a run. Names are part of the format: docs/formats.md. */
export const runFiles = {
  /** The settings the run was started with; --resume needs nothing else. */
  config: 'sft.json',
  /** The rolling checkpoint: everything an exact resume needs. */
  checkpoint: 'checkpoint.safetensors',
  /** Averaged weights of the best validation so far. */
  best: 'best.safetensors',
  /** One row a line, appended while the run goes. */
  metrics: 'metrics.jsonl',
  /** previews/000500/0/{trajectory.tdm, image.png, reasoning.txt}: by step and prompt. */
  previews: 'previews',
  /** What comes out at the end: one of the two. */
  model: 'model',
  adapter: 'adapter',
} as const

/** Mask ratios t in (0, 1] are counted in this many equal bins: bin i holds (i / n, (i + 1) / n]. */
export const NOISE_BINS = 10

const bins = z.array(z.number().nullable()).length(NOISE_BINS)
const counts = z.array(z.int().nonnegative()).length(NOISE_BINS)
/** Mean cross-entropy of the masked positions of samples at a noise level, and how many positions that were. */
const noiseLosses = z.strictObject({ loss: bins, positions: counts })
export const lossByNoiseSchema = z.strictObject({ text: noiseLosses, image: noiseLosses })
export type LossByNoise = z.infer<typeof lossByNoiseSchema>

const at = {
  /** Steps done when the row was written. */
  step: z.int().nonnegative(),
  /** Seconds of training, all sittings together. */
  seconds: z.number().nonnegative(),
  /** Samples trained on so far. */
  samples: z.int().nonnegative(),
}
/** Per modality: mean cross-entropy of masked positions in nats; null where there were none. */
const losses = {
  /** The objective: weighted, by output position. */
  loss: z.number(),
  text: z.number().nullable(),
  image: z.number().nullable(),
  byNoise: lossByNoiseSchema,
}

export const trainRowSchema = z.strictObject({
  kind: z.literal('train'),
  ...at,
  ...losses,
  learningRate: z.number(),
  /** Before clipping. */
  gradientNorm: z.number(),
  samplesPerSecond: z.number(),
})
export const validationRowSchema = z.strictObject({
  kind: z.literal('validation'),
  ...at,
  ...losses,
  /** The lowest loss so far: best.safetensors holds these weights. */
  best: z.boolean(),
})

/** One prompt edited at one step. Files are below the folder of the run, with forward slashes. */
export const previewRowSchema = z.strictObject({
  kind: z.literal('preview'),
  ...at,
  /** Which of the run's prompts, 0 and up: the same row of the data at every step. */
  prompt: z.int().nonnegative(),
  /** The row's id, where the data have one. */
  row: z.string().nullable(),
  instruction: z.string(),
  reasoning: z.string(),
  trajectory: z.string(),
  picture: z.string(),
  text: z.string(),
  /** Asked for by hand, not by the interval. */
  asked: z.boolean(),
})
export type PreviewEntry = z.infer<typeof previewRowSchema>

export const checkpointRowSchema = z.strictObject({
  kind: z.literal('checkpoint'),
  ...at,
  which: z.enum(['rolling', 'best']),
  why: z.enum(['interval', 'asked', 'best', 'end']),
  bytes: z.int(),
  /** Seconds it took to write. */
  took: z.number(),
})

/** Memory of the engine process, bytes. */
export const memoryRowSchema = z.strictObject({
  kind: z.literal('memory'),
  ...at,
  resident: z.int(),
  /** What the machine, or the container it runs in, could still give. */
  free: z.int(),
})

/** Why a run is not going: all steps done, no better validation for a while, or somebody asked. */
export const endReasonSchema = z.enum(['done', 'early', 'paused', 'stopped'])
export type EndReason = z.infer<typeof endReasonSchema>

/** A sitting of the run that ended in an orderly way; a killed one leaves no such row. */
export const endRowSchema = z.strictObject({
  kind: z.literal('end'),
  ...at,
  reason: endReasonSchema,
  /** A sentence. */
  why: z.string(),
})

export const metricsRowSchema = z.discriminatedUnion('kind', [
  trainRowSchema,
  validationRowSchema,
  previewRowSchema,
  checkpointRowSchema,
  memoryRowSchema,
  endRowSchema,
])
export type MetricsRow = z.infer<typeof metricsRowSchema>
export type RowOf<K extends MetricsRow['kind']> = Extract<MetricsRow, { kind: K }>

/** Between two steps: write a checkpoint, edit the preview prompts, or end so that the run can be taken up again. */
export const controlActionSchema = z.enum(['save', 'sample', 'pause'])
export type ControlAction = z.infer<typeof controlActionSchema>

/** What would have to be set differently: a part of the settings (training-settings.ts), to be laid over them. */
export const proposalSchema = z.strictObject({
  method: z.enum(['lora', 'full']).optional(),
  rank: z.int().positive().optional(),
  /** Passes a step: the batch stays as it is, each pass takes a share of it. */
  accumulate: z.int().positive().optional(),
  batch: z.int().positive().optional(),
})
export type Proposal = z.infer<typeof proposalSchema>

const bytes = z.int().nonnegative()
/** What one real step, one validation and one checkpoint cost. */
export const preflightSchema = z.strictObject({
  verdict: z.enum(['fits', 'tight', 'refused']),
  /** The verdict in plain words, with the numbers it stands on. */
  sentence: z.string(),
  /** What to change, in words and as settings; null where it fits. */
  proposal: z.strictObject({ words: z.string(), settings: proposalSchema }).nullable(),
  method: z.enum(['lora', 'full']),
  parameters: z.strictObject({ trained: z.int(), model: z.int() }),
  /** Rows that train and that validate; null for the world, which is endless. */
  rows: z.strictObject({ train: z.int(), validation: z.int() }).nullable(),
  steps: z.int(),
  samples: z.int(),
  /** Measured, after a first step that warms up. */
  secondsPerStep: z.number(),
  /** One validation; null where the run has none. */
  secondsPerValidation: z.number().nullable(),
  secondsPerCheckpoint: z.number(),
  /** Checking and encoding the data, before the first step. */
  secondsPreparing: z.number().default(0),
  totalSeconds: z.number(),
  memory: z.strictObject({
    /** Highest resident memory while stepping, validating and saving; of a smaller step, extrapolated, where refused. */
    peak: bytes,
    /** What the process could have in all: what it held before the step, and what was free then. */
    free: bytes,
    /** Of the container; null where none is set. */
    limit: bytes.nullable(),
    /** Of the machine. */
    total: bytes,
  }),
  disk: z.strictObject({ needed: bytes, free: bytes, checkpoint: bytes }),
})
export type PreflightReport = z.infer<typeof preflightSchema>

export const sftSpecSchema = z.strictObject({
  kind: z.literal('sft'),
  /** A config file, or its content; paths in the latter are relative to the parent of `out`. */
  config: z.union([z.string().min(1), z.record(z.string(), z.unknown())]),
  out: z.string().min(1),
  resume: z.boolean(),
  /** Only measures one step and says whether the run fits; `out` is left as it was. */
  preflight: z.boolean().optional(),
})

export type SftSpec = z.infer<typeof sftSpecSchema>

/** Of a run that ended or was paused. */
export const trainedSchema = z.strictObject({
  run: z.string(),
  reason: endReasonSchema,
  /** A sentence: why it ended there. */
  why: z.string(),
  /** The exported model or adapter folder, either of which can be given as a model; null where the run only paused. */
  model: z.string().nullable(),
  adapter: z.string().optional(),
  /** Trained parameters. */
  parameters: z.int(),
  checkpoint: z.string(),
  steps: z.int(),
  samples: z.int(),
  seconds: z.number(),
  best: z.strictObject({ step: z.int(), loss: z.number() }).nullable(),
  /** Which weights were exported. */
  exported: z.enum(['last', 'best']).nullable(),
})
export type TrainedResult = z.infer<typeof trainedSchema>

export const sftResultSchema = z.union([trainedSchema, z.strictObject({ preflight: preflightSchema })])
