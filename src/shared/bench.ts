/**
 * ParaBench as data that crosses processes: who judges, what a run was asked to do, and the reports made of it. The
 * formulas stand in docs/parabench.md, the work in src/engine/bench.
 */
import { z } from 'zod'
import { accelerationSchema } from './acceleration.ts'
import { decodingModeSchema } from './trajectory.ts'

/** The six columns, in the order of every table; each is 0..100. */
export const dimensionNames = [
  'text_quality',
  'text_alignment',
  'image_consistency',
  'image_alignment',
  'image_quality',
  'output_alignment',
] as const
export type Dimension = (typeof dimensionNames)[number]

/** Null where a dimension does not apply: consistency of a generation, text of an image-only answer. */
export const dimensionScoresSchema = z.strictObject({
  text_quality: z.number().nullable(),
  text_alignment: z.number().nullable(),
  image_consistency: z.number().nullable(),
  image_alignment: z.number().nullable(),
  image_quality: z.number().nullable(),
  output_alignment: z.number().nullable(),
})
export type DimensionScores = z.infer<typeof dimensionScoresSchema>

/** Why a score is below 100 (or, of a judge that says so, why it is not). */
export const dimensionReasonSchema = z.strictObject({ dimension: z.enum(dimensionNames), why: z.string() })
export type DimensionReason = z.infer<typeof dimensionReasonSchema>
/** A plain sentence says why there are no scores; results of before reasons named their dimension have them throughout. */
export const reasonSchema = z.union([z.string(), dimensionReasonSchema])
export type Reason = z.infer<typeof reasonSchema>

/** Who marks the answers. An endpoint's key is never part of this: it comes from the environment. */
export const benchJudgeSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('exact') }),
  z.strictObject({
    kind: z.literal('endpoint'),
    /** Base URL of an OpenAI-compatible API, up to and including its version: https://host/v1. */
    url: z.url({ protocol: /^https?$/ }),
    model: z.string().min(1).max(200),
    /** Requests under way at once. */
    concurrency: z.int().min(1).max(64),
    requestsPerMinute: z.int().min(1).max(100_000).optional(),
    timeoutSeconds: z.number().positive().max(3600),
    /** USD per million tokens, for the estimate. */
    prices: z.strictObject({ input: z.number().nonnegative(), output: z.number().nonnegative() }).optional(),
    /** Folder of answers kept by content; the run's own when absent. */
    cache: z.string().min(1).optional(),
  }),
])
export type BenchJudge = z.infer<typeof benchJudgeSchema>

/** A mean or a share with its 95 % interval. */
export const estimateSchema = z.strictObject({ value: z.number(), low: z.number(), high: z.number() })
export type Estimate = z.infer<typeof estimateSchema>
const measured = estimateSchema.nullable()

/** One row of a report's table. */
export const benchGroupSchema = z.strictObject({
  prompts: z.int(),
  answers: z.int(),
  /** Shares 0..1; null under a judge that gives no verdicts. */
  right_image: measured,
  right_reasoning: measured,
  text_quality: measured,
  text_alignment: measured,
  image_consistency: measured,
  image_alignment: measured,
  image_quality: measured,
  output_alignment: measured,
  /** Mean of the columns that apply; null for image-only answers, which have half of them. */
  overall: measured,
})
export type BenchGroup = z.infer<typeof benchGroupSchema>

const uint32 = z.int().min(0).max(0xffffffff)
const perModality = z.strictObject({ text: z.number(), image: z.number() })

/** Everything the answers of a run depend on. Two runs with equal settings have equal answers on one device. */
export const benchSettingsSchema = z.strictObject({
  suite: z.strictObject({ name: z.string(), hash: z.string() }),
  /** Adapters included, in name and hash. */
  model: z.strictObject({ name: z.string(), hash: z.string() }),
  /** What was put on the model's weights; runs of before there were any have none. */
  adapters: z.array(z.strictObject({ name: z.string(), hash: z.string(), weight: z.number() })).default([]),
  mode: decodingModeSchema,
  steps: z.int().positive(),
  seeds: z.array(uint32).min(1),
  /** Updates of the image; every one of its steps where absent. */
  imageSteps: z.int().positive().optional(),
  guidance: perModality,
  temperatures: perModality,
  /** What was given up for speed; absent: nothing. */
  acceleration: accelerationSchema.optional(),
  /** Prompts answered, of those the suite holds. */
  limit: z.int().positive().nullable(),
  /** Output Alignment is also measured at every k-th step. */
  alongEvery: z.int().positive().nullable(),
})
export type BenchSettings = z.infer<typeof benchSettingsSchema>

export const alongPointSchema = z.strictObject({ step: z.int(), ...estimateSchema.shape })

export const benchReportSchema = z.strictObject({
  format: z.literal('tandem-bench-report'),
  version: z.literal(1),
  settings: benchSettingsSchema,
  /** Identity of the judge: `exact 1`, or `MODEL at HOST, prompts 1`. */
  judge: z.string(),
  /** Answers a finished run has. */
  expected: z.int(),
  judged: z.int(),
  unjudged: z.array(z.strictObject({ id: z.string(), seed: uint32, reason: z.string() })),
  /** Judged answers of which the endpoint did not say, for some score, which model gave it. */
  model_unconfirmed: z.int().nonnegative().default(0),
  overall: benchGroupSchema,
  categories: z.record(z.string(), benchGroupSchema),
  /** Combinations kept out of training alone; null where the suite has none. */
  held_out: benchGroupSchema.nullable(),
  /** Output Alignment of the drafts along the run, averaged. */
  along: z.array(alongPointSchema).nullable(),
  /** The same answers under the run's other judges. */
  agreement: z.array(
    z.strictObject({
      judge: z.string(),
      answers: z.int(),
      dimensions: z.record(
        z.string(),
        z.strictObject({ correlation: z.number().nullable(), mean_difference: z.number() }),
      ),
    }),
  ),
})
export type BenchReport = z.infer<typeof benchReportSchema>

const differenceSchema = z.strictObject({
  a: z.number(),
  b: z.number(),
  /** b - a over the pairs. */
  difference: estimateSchema,
  better: z.int(),
  worse: z.int(),
  equal: z.int(),
})
export type Difference = z.infer<typeof differenceSchema>
const differencesSchema = z.strictObject({ pairs: z.int(), measures: z.record(z.string(), differenceSchema) })

export const benchComparisonSchema = z.strictObject({
  format: z.literal('tandem-bench-comparison'),
  version: z.literal(1),
  judge: z.string(),
  a: benchSettingsSchema,
  b: benchSettingsSchema,
  /** Answers of either run without a judged partner in the other. */
  unpaired: z.int(),
  overall: differencesSchema,
  categories: z.record(z.string(), differencesSchema),
})
export type BenchComparison = z.infer<typeof benchComparisonSchema>

/** What thinking did to the pictures of one category. */
export const dragGroupSchema = z.strictObject({
  prompts: z.int(),
  answers: z.int(),
  /** Shares 0..1 of the answers whose picture scored lower, or higher, than without thinking. */
  worse: estimateSchema,
  better: estimateSchema,
  /** Mean change of the picture's score, -100..100. */
  change: estimateSchema,
  /** Pearson's correlation of that change with Output Alignment; null where either does not vary. */
  correlation: z.number().nullable(),
  /** Mean Output Alignment where the picture got worse, and elsewhere. */
  alignment_worse: z.number().nullable(),
  alignment_otherwise: z.number().nullable(),
})
export type DragGroup = z.infer<typeof dragGroupSchema>

export const dragReportSchema = z.strictObject({
  format: z.literal('tandem-drag-report'),
  version: z.literal(1),
  /** Of the run without thinking; mode and all else is the same in the others. */
  settings: benchSettingsSchema,
  judge: z.string(),
  /** Over all four runs: answers in no number, and answers whose judging model the endpoint did not name. */
  unjudged: z.int().nonnegative().default(0),
  model_unconfirmed: z.int().nonnegative().default(0),
  /** Scores of each mode, image-only included. */
  modes: z.record(z.string(), benchGroupSchema),
  drag: z.record(
    z.string(),
    z.strictObject({ overall: dragGroupSchema, categories: z.record(z.string(), dragGroupSchema) }),
  ),
  along: z.record(z.string(), z.array(alongPointSchema)),
  /** The pairs whose picture lost most, worst first. */
  worst: z.array(
    z.strictObject({
      mode: z.string(),
      id: z.string(),
      seed: uint32,
      category: z.string(),
      change: z.number(),
      output_alignment: z.number().nullable(),
      /** Trajectories relative to the report's folder: without thinking, then with. */
      trajectories: z.tuple([z.string(), z.string()]),
    }),
  ),
})
export type DragReport = z.infer<typeof dragReportSchema>

const askingSchema = z.strictObject({
  requests: z.int(),
  input_tokens: z.int(),
  output_tokens: z.int(),
  /** Null without prices. */
  usd: z.number().nullable(),
})

/**
 * What judging at an endpoint will ask for, before anything is sent: about, with each question asked once. `most`: with
 * every answer unreadable until the last time it is asked for, every request failing until the last time it is sent, and
 * all of them charged in full.
 */
export const benchEstimateSchema = z.strictObject({
  host: z.string(),
  model: z.string(),
  ...askingSchema.shape,
  most: askingSchema,
})
export type BenchEstimate = z.infer<typeof benchEstimateSchema>
export type Asking = z.infer<typeof askingSchema>
