/** Published checkpoints as work of the studio: folders are handles of `folders.list` or a dialog, never paths. */
import { z } from 'zod'
import { hubAddressSchema, hubResultSchema } from './hub.ts'
import { checkpointBehaviours, checkpointVariants, importReportSchema, precisions } from './checkpoints.ts'

const handle = z.string().min(1).max(200)

/** What a person chooses of a checkpoint before it is imported. */
export const checkpointSourceSchema = z.strictObject({
  folder: handle,
  /** Folder of its image tokenizer; inside the checkpoint's where null. */
  vq: handle.nullable(),
  /** Where its files do not say. */
  variant: z.enum(checkpointVariants).nullable(),
  imageSize: z.int().positive().max(4096).nullable(),
})
export type CheckpointSource = z.infer<typeof checkpointSourceSchema>

export const checkpointImportJobSchema = z.strictObject({
  kind: z.literal('checkpoint-import'),
  source: checkpointSourceSchema,
  name: z.string().trim().min(1).max(100),
  behaviour: z.enum(checkpointBehaviours),
  /** As stored where null. */
  precision: z.enum(precisions).nullable(),
  /** Instructions of the agreement report of a quantised model. */
  prompts: z.int().min(0).max(8),
})

/** What it made: a model of the library, and the report of the import without the path. */
export const checkpointImportedSchema = z.strictObject({
  model: z.string(),
  report: importReportSchema.omit({ path: true }),
})

/** A published model is downloaded into the studio, at the commit that was shown. */
export const modelGetJobSchema = z.strictObject({
  kind: z.literal('model-get'),
  address: hubAddressSchema,
  /** As it is called in lists. */
  name: z.string().min(1).max(200),
})

/** What came, and a handle for its folder, as `checkpoints.look` takes it. */
export const modelGotSchema = z.strictObject({
  name: z.string(),
  folder: z.string(),
  got: hubResultSchema.omit({ path: true }),
})
