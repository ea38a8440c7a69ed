/**
 * Jobs as messages: what can be asked of the engine process, and what it answers. A kind is added together with its
 * generator in src/engine/jobs.ts; whoever receives a message parses it with the schema here.
 */
import { z } from 'zod'
import { decodingModeSchema } from './trajectory.ts'

const uint32 = z.int().min(0).max(0xffffffff)
const perModality = z.strictObject({ text: z.number(), image: z.number() })

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
  /** The picture to edit; null generates from the instruction alone. */
  picture: z.string().min(1).nullable(),
  instruction: z.string(),
  mode: decodingModeSchema,
  steps: z.int().min(1).max(MAX_STEPS),
  imageSteps: z.int().min(1).max(MAX_STEPS).optional(),
  seed: uint32,
  guidance: perModality,
  temperatures: perModality,
  /** A picture whose white parts may change. */
  mask: z.string().min(1).nullable(),
  pins: z.array(z.strictObject({ place: placeSchema, token: z.string().min(1) })),
  out: z.string().min(1),
})

export const resumeSpecSchema = z.strictObject({
  kind: z.literal('resume'),
  model: z.string().min(1),
  trajectory: z.string().min(1),
  /** Steps kept of the run; denoising goes on with the next. */
  step: z.int().nonnegative(),
  replace: z.array(z.strictObject({ place: placeSchema, token: z.string().min(1) })),
  remask: z.array(placeSchema),
  out: z.string().min(1),
})

export const evalSpecSchema = z.strictObject({
  kind: z.literal('eval'),
  model: z.string().min(1),
  seed: z.int().nonnegative(),
  count: z.int().min(1).max(1_000_000),
  mode: decodingModeSchema,
  steps: z.int().min(1).max(MAX_STEPS),
  split: z.enum(['train', 'val', 'test']),
  heldOutOnly: z.boolean(),
  guidance: perModality,
  temperatures: perModality,
})

export const sftSpecSchema = z.strictObject({
  kind: z.literal('sft'),
  config: z.string().min(1),
  out: z.string().min(1),
  resume: z.boolean(),
})

export const jobSpecSchema = z.discriminatedUnion('kind', [
  generateSpecSchema,
  resumeSpecSchema,
  evalSpecSchema,
  sftSpecSchema,
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
  provider: z.string(),
  model: z.string(),
})
export type RunResult = z.infer<typeof runResultSchema>

/** What a generator yields; the process adds the job's id and a sequence number. */
export const jobUpdateSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('warning'), message: z.string() }),
  z.strictObject({ type: z.literal('started'), total: z.int(), detail: z.string() }),
  z.strictObject({
    type: z.literal('step'),
    step: z.int(),
    total: z.int(),
    words: z.array(shownWordSchema),
    masked: z.int(),
  }),
  z.strictObject({
    type: z.literal('progress'),
    done: z.int(),
    total: z.int(),
    metrics: z.record(z.string(), z.number()),
  }),
  z.strictObject({ type: z.literal('result'), result: z.unknown() }),
])
export type JobUpdate = z.infer<typeof jobUpdateSchema>

export const jobEndSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('done') }),
  z.strictObject({ type: z.literal('cancelled') }),
  z.strictObject({
    type: z.literal('failed'),
    message: z.string(),
    remedy: z.string(),
    kind: z.enum(['input', 'cancelled', 'environment', 'internal']),
    /** Of a defect, for the report. */
    stack: z.string().optional(),
  }),
])
export type JobEnd = z.infer<typeof jobEndSchema>

export const jobEventSchema = z.strictObject({
  jobId: z.string().min(1),
  /** 0, 1, 2 ... within the job. */
  seq: z.int().nonnegative(),
  update: z.union([jobUpdateSchema, jobEndSchema]),
})
export type JobEvent = z.infer<typeof jobEventSchema>

export const jobCommandSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('run'), jobId: z.string().min(1), spec: jobSpecSchema, background: z.boolean() }),
  z.strictObject({ type: z.literal('cancel'), jobId: z.string().min(1) }),
])
export type JobCommand = z.infer<typeof jobCommandSchema>
