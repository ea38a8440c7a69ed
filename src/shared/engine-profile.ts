/** The profile of a model on this machine: a job, and what it found. Times in milliseconds, work in GFLOP (a multiply-add is 2). */
import { z } from 'zod'
import { providerNameSchema } from './providers.ts'

export const engineProfileSpecSchema = z.strictObject({
  kind: z.literal('engine-profile'),
  model: z.string().min(1),
  /** What it is measured on; the processor where absent. */
  provider: providerNameSchema.optional(),
  /** Measured forwards of each kind; the medians count. */
  rounds: z.int().min(1).max(1000),
})

/** reference: every row to all logits; exact: what a step computes; guided: with an unconditional pass; kept: the input's rows known. */
export const forwardNames = ['reference', 'exact', 'guided', 'kept'] as const

const forwardSchema = z.strictObject({
  name: z.enum(forwardNames),
  ms: z.number(),
  /** Rows computed, of all sequences. */
  rows: z.int(),
  gflop: z.number(),
})

const partSchema = z.strictObject({
  part: z.enum(['embed', 'attention', 'mlp', 'head', 'picks', 'host']),
  ms: z.number(),
  /** Null where it is no arithmetic to speak of. */
  gflop: z.number().nullable(),
})

const runSchema = z.strictObject({
  speed: z.enum(['exact', 'fast', 'fastest']),
  steps: z.int(),
  forwards: z.int(),
  /** Rows taken from a cache, of all rows of all forwards. */
  known: z.number().min(0).max(1),
  ms: z.number(),
})

export const engineProfileSchema = z.strictObject({
  model: z.strictObject({ name: z.string(), hash: z.string(), parameters: z.int() }),
  provider: z.string(),
  /** How weights lie in memory: float32, or as their files hold them. */
  precision: z.string(),
  threads: z.int(),
  sequence: z.int(),
  /** Output rows asked in the forwards measured: half of them. */
  asked: z.int(),
  rounds: z.int(),
  /** What a plain matrix product reached on the same provider in the same minutes, GFLOP/s. */
  ceiling: z.number(),
  forwards: z.array(forwardSchema),
  /** Of the exact forward. */
  parts: z.array(partSchema),
  /** The same edit at three speeds; empty for a model whose words are not the storybook's. */
  runs: z.array(runSchema),
  memory: z.strictObject({
    /** Bytes of the engine process before the measurement, and at most during it. */
    before: z.number(),
    peak: z.number(),
  }),
})
export type EngineProfile = z.infer<typeof engineProfileSchema>
