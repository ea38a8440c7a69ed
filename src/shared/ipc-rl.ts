/** The part of the contract about ParaRL: a run's rows, its rollouts on the timeline, and the reward along any run. */
import { z } from 'zod'
import { rlRowSchema, scoreResultSchema } from './rl.ts'
import { idSchema, runSchema } from './studio.ts'
import { studioRewards } from './studio-rl.ts'

const job = z.strictObject({ job: idSchema })

export const rlMethods = {
  /** Rows after a cursor of an earlier answer, as `training.metrics` gives them. */
  'rl.rows': {
    args: job.extend({ cursor: z.string().max(200).nullable() }),
    result: z.strictObject({
      rows: z.array(rlRowSchema),
      cursor: z.string(),
      restart: z.boolean(),
      more: z.boolean(),
      damaged: z.int().nonnegative(),
    }),
  },
  /** A rollout becomes a run of the project, or is found again as one. */
  'rl.openRollout': {
    args: job.extend({
      phase: z.int().nonnegative(),
      prompt: z.int().nonnegative(),
      rollout: z.int().nonnegative(),
      project: idSchema,
    }),
    result: runSchema,
  },
  /** What a reward makes of every step of a run, and from which step each sentence of it holds. */
  'rl.score': {
    args: z.strictObject({ run: idSchema, reward: z.enum(studioRewards).exclude(['oracle']) }),
    result: scoreResultSchema,
  },
} as const
