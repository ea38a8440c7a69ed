/** The part of the contract about training runs: their rows as they grow, previews, the pre-flight, and exports. */
import { z } from 'zod'
import { blobIdSchema, idSchema, pictureRefSchema, runSchema } from './studio.ts'
import { sftStudioSpecSchema } from './studio-training.ts'
import { metricsRowSchema, preflightSchema } from './training.ts'

const nothing = z.strictObject({})
const job = z.strictObject({ job: idSchema })
const fileResult = z.strictObject({ blob: blobIdSchema, name: z.string() })
const preview = job.extend({ step: z.int().nonnegative(), prompt: z.int().nonnegative() })

export const trainingMethods = {
  /**
   * Rows after a cursor of an earlier answer, from the beginning without one. `restart`: the run went back to a
   * checkpoint meanwhile, so what was read before is void and these are rows from the beginning.
   */
  'training.metrics': {
    args: job.extend({ cursor: z.string().max(200).nullable() }),
    result: z.strictObject({
      rows: z.array(metricsRowSchema),
      cursor: z.string(),
      restart: z.boolean(),
      /** There are more rows: ask again. */
      more: z.boolean(),
      /** Lines between these rows that could not be read. */
      damaged: z.int().nonnegative(),
    }),
  },
  /** A run in a line of a list: its loss by validations (by steps where there are none), at most 60 of them. */
  'training.summary': {
    args: job,
    result: z.strictObject({
      points: z.array(z.number()),
      of: z.enum(['validation', 'train']),
      best: z.strictObject({ step: z.int(), loss: z.number() }).nullable(),
    }),
  },
  /** The picture of a preview; the newest where a prompt was asked for twice at one step. */
  'training.picture': { args: preview, result: z.strictObject({ picture: pictureRefSchema }) },
  /** A preview becomes a run of the project, or is found again as one. */
  'training.openPreview': { args: preview.extend({ project: idSchema }), result: runSchema },
  /** One real step in a process of its own. `token` names it for the cancel. */
  'training.preflight': {
    args: z.strictObject({ token: idSchema, spec: sftStudioSpecSchema }),
    result: preflightSchema,
  },
  'training.cancelPreflight': { args: z.strictObject({ token: idSchema }), result: nothing },
  /** Every row: a CSV file, or an event file that TensorBoard reads from the folder it is put in. */
  'training.exportMetrics': { args: job.extend({ form: z.enum(['csv', 'tensorboard']) }), result: fileResult },
} as const

export const trainingEvents = {
  /** A run has new rows: told at most twice a second. */
  'training.grew': job,
} as const
