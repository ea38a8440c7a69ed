/**
 * Long work of the studio as rows: measured, trained, imported. A job is asked for with a spec that names things by id,
 * never by path; the service makes the engine's spec of it. A kind is added here together with its definition in
 * src/main/service/jobs/kinds.ts.
 */
import { z } from 'zod'
import { checkpointImportJobSchema, modelGetJobSchema } from './checkpoint-jobs.ts'
import {
  datasetCheckJobSchema,
  datasetExportJobSchema,
  datasetImportJobSchema,
  datasetSplitJobSchema,
} from './dataset-jobs.ts'
import { idSchema, runErrorSchema, stackedAdapterSchema } from './studio.ts'
import { studioDragSchema, studioParabenchSchema } from './studio-bench.ts'
import { pararlStudioSpecSchema } from './studio-rl.ts'
import { sftStudioSpecSchema } from './studio-training.ts'

const modelId = z.string().min(1).max(200)

export const studioJobSpecSchema = z.discriminatedUnion('kind', [
  studioParabenchSchema,
  studioDragSchema,
  sftStudioSpecSchema,
  pararlStudioSpecSchema,
  /** A model of its own in which adapters are part of the weights. */
  z.strictObject({
    kind: z.literal('merge'),
    base: modelId,
    adapters: z.array(stackedAdapterSchema).min(1).max(8),
    name: z.string().trim().min(1).max(100),
    /** Half precision halves the file and rounds the weights. */
    half: z.boolean(),
  }),
  datasetImportJobSchema,
  datasetCheckJobSchema,
  datasetSplitJobSchema,
  datasetExportJobSchema,
  checkpointImportJobSchema,
  modelGetJobSchema,
])
export type StudioJobSpec = z.infer<typeof studioJobSpecSchema>
export type StudioJobKind = StudioJobSpec['kind']
export type StudioJobSpecOf<K extends StudioJobKind> = Extract<StudioJobSpec, { kind: K }>

/** `stopping` and `pausing`: asked for, and waiting for the step to end. */
export const studioJobStateSchema = z.enum([
  'queued',
  'running',
  'pausing',
  'paused',
  'stopping',
  'cancelled',
  'failed',
  'done',
])
export type StudioJobState = z.infer<typeof studioJobStateSchema>

export const jobProgressSchema = z.strictObject({
  done: z.int().nonnegative(),
  total: z.int().nonnegative(),
  metrics: z.record(z.string(), z.number()),
})

export const studioJobSchema = z.strictObject({
  id: idSchema,
  title: z.string().min(1).max(200),
  spec: studioJobSpecSchema,
  state: studioJobStateSchema,
  createdAt: z.int().nonnegative(),
  /** When it first ran. */
  startedAt: z.int().nonnegative().nullable(),
  endedAt: z.int().nonnegative().nullable(),
  /** Seconds it ran, over all its sessions. */
  seconds: z.number().nonnegative(),
  /** What it is at, in the engine's words. */
  detail: z.string(),
  progress: jobProgressSchema.nullable(),
  etaMs: z.number().nonnegative().nullable(),
  warnings: z.array(z.string()),
  /** What the engine answered at the end, without paths; its kind's screens know the schema. */
  result: z.unknown(),
  error: runErrorSchema.nullable(),
  /** A person's own words. */
  note: z.string().max(10_000),
})
export type StudioJob = z.infer<typeof studioJobSchema>

/** A job nobody has begun: what every row starts as. */
export const freshJob = (of: Pick<StudioJob, 'id' | 'title' | 'spec' | 'createdAt'>): StudioJob => ({
  ...of,
  state: 'queued',
  startedAt: null,
  endedAt: null,
  seconds: 0,
  detail: '',
  progress: null,
  etaMs: null,
  warnings: [],
  result: null,
  error: null,
  note: '',
})

/** It waits, works, or is about to rest. */
export const isActive = ({ state }: Pick<StudioJob, 'state'>): boolean =>
  state === 'queued' || state === 'running' || state === 'pausing' || state === 'stopping'
/** It can go on from what it left. */
export const canGoOn = ({ state }: Pick<StudioJob, 'state'>): boolean =>
  state === 'paused' || state === 'cancelled' || state === 'failed'
