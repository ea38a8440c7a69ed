/**
 * ParaRL as a job of the studio: what is asked for, by id, and what is kept of the engine's answer. What the run's folder
 * and its rows hold is in rl.ts.
 */
import { z } from 'zod'
import { rlNoteCodes, rlSettingsSchema, rlValidationRowSchema } from './rl.ts'
import { trainingDataSchema } from './studio-training.ts'

/** `storybook`: the scorer that ships. `oracle`: the exact judge, for study. */
export const studioRewards = ['storybook', 'oracle'] as const

/** The folder of an exported CLIP or of a scorer, as a handle of `folders.list` or a dialog. */
const folderRewardSchema = z.strictObject({ folder: z.string().min(1).max(200), name: z.string().min(1).max(255) })
export type FolderReward = z.infer<typeof folderRewardSchema>

export const pararlStudioSpecSchema = z.strictObject({
  kind: z.literal('pararl'),
  /** The policy training starts from. */
  model: z.string().min(1).max(200),
  /** Where prompts come from: only inputs and instructions count. */
  data: trainingDataSchema,
  reward: z.union([z.enum(studioRewards), folderRewardSchema]),
  settings: rlSettingsSchema,
})
export type PararlStudioSpec = z.infer<typeof pararlStudioSpecSchema>

/** The result of a job of this kind: without paths, with the model as it was taken into the studio. */
export const pararlStudioResultSchema = z.strictObject({
  model: z.strictObject({ id: z.string().min(1), name: z.string(), kind: z.enum(['model', 'adapter']) }),
  steps: z.int(),
  rollouts: z.int(),
  seconds: z.number(),
  stopped: z.enum(rlNoteCodes).nullable(),
  before: rlValidationRowSchema.nullable(),
  after: rlValidationRowSchema.nullable(),
})
export type PararlStudioResult = z.infer<typeof pararlStudioResultSchema>
