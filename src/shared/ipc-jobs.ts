/** The part of the contract about long work: jobs are listed, started, paused, moved and found again. */
import { z } from 'zod'
import { idSchema } from './studio.ts'
import { studioJobSchema, studioJobSpecSchema } from './studio-jobs.ts'

const nothing = z.strictObject({})
const job = z.strictObject({ job: idSchema })

export const jobMethods = {
  /** Those that wait in their order, then the rest, newest first. */
  'jobs.list': { args: nothing, result: z.strictObject({ jobs: z.array(studioJobSchema) }) },
  'jobs.get': { args: job, result: studioJobSchema },
  'jobs.start': {
    args: z.strictObject({ spec: studioJobSpecSchema, title: z.string().trim().min(1).max(200).optional() }),
    result: studioJobSchema,
  },
  /** Rests after its step, keeping what it has; nothing stays in memory. One that waits rests at once. */
  'jobs.pause': { args: job, result: nothing },
  /** A paused, stopped or failed job goes on from what it left. */
  'jobs.resume': { args: job, result: studioJobSchema },
  /** Ends after its step, or at once. What it made is kept until it is deleted. */
  'jobs.cancel': { args: job.extend({ now: z.boolean() }), result: nothing },
  /** Asks a job that trains for a checkpoint or for previews now, between two of its steps. */
  'jobs.control': { args: job.extend({ action: z.enum(['save', 'sample']) }), result: nothing },
  /** Puts a waiting job before another one, or last. */
  'jobs.reorder': { args: job.extend({ before: idSchema.nullable() }), result: nothing },
  'jobs.update': {
    args: job.extend({ title: z.string().trim().min(1).max(200).optional(), note: z.string().max(10_000).optional() }),
    result: studioJobSchema,
  },
  /** With everything it made. */
  'jobs.delete': { args: job, result: nothing },
} as const

export const jobEvents = {
  'job.changed': z.strictObject({ job: studioJobSchema }),
  'job.removed': z.strictObject({ job: idSchema }),
  /** Which wait, in their order. */
  'job.order': z.strictObject({ jobs: z.array(idSchema) }),
} as const
