/**
 * Fine-tuning as a job of the studio: what is asked for, by id, and what is kept of the engine's answer. What the run's
 * folder and its rows hold is in training.ts, the settings are in training-settings.ts.
 */
import { z } from 'zod'
import { idSchema } from './studio.ts'
import { trainedSchema } from './training.ts'
import { trainingSettingsSchema } from './training-settings.ts'

/** What a run learns from: one of the studio's data sets, or scenes of the storybook world, drawn without end. */
export const trainingDataSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('dataset'), dataset: idSchema }),
  z.strictObject({ from: z.literal('world'), seed: z.int().min(0).max(0xffffffff) }),
])
export type TrainingData = z.infer<typeof trainingDataSchema>

export const sftStudioSpecSchema = z.strictObject({
  kind: z.literal('sft'),
  /** The model training starts from. */
  model: z.string().min(1).max(200),
  data: trainingDataSchema,
  settings: trainingSettingsSchema,
  /** The preset the form was filled from; null where none. */
  preset: z.string().max(100).nullable(),
})
export type SftStudioSpec = z.infer<typeof sftStudioSpecSchema>

/** What came out: a model or an adapter among the studio's models. */
export const trainedModelSchema = z.strictObject({
  /** As `models.list` names it. */
  id: z.string().min(1),
  name: z.string(),
  kind: z.enum(['model', 'adapter']),
  /** Of all its files. */
  bytes: z.int().nonnegative(),
  /** What it was made from; the data's hash is null for the world. */
  base: z.strictObject({ name: z.string(), hash: z.string() }),
  data: z.strictObject({ hash: z.string(), rows: z.int().nonnegative() }).nullable(),
})
export type TrainedModel = z.infer<typeof trainedModelSchema>

/** The result of a job of this kind: without paths, with the model as it was taken into the studio. */
export const sftStudioResultSchema = trainedSchema
  .omit({ run: true, model: true, adapter: true, checkpoint: true })
  .extend({ model: trainedModelSchema.nullable() })
export type SftStudioResult = z.infer<typeof sftStudioResultSchema>
