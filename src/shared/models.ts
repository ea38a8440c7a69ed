/** Models and adapters as jobs and screens speak of them. */
import { z } from 'zod'
import { checkpointBehaviours, importReportSchema, precisions } from './checkpoints.ts'

/** Adapters on a base: how much of each, 1 as trained. */
const stacked = z.strictObject({ path: z.string().min(1), weight: z.number().min(-10).max(10) })

export const modelWorkSchema = z.discriminatedUnion('do', [
  z.strictObject({ do: z.literal('info'), path: z.string().min(1) }),
  /** Models and adapters in these folders and below them. */
  z.strictObject({ do: z.literal('list'), folders: z.array(z.string().min(1)).min(1) }),
  z.strictObject({
    do: z.literal('merge'),
    base: z.string().min(1),
    adapters: z.array(stacked).min(1),
    out: z.string().min(1),
    name: z.string().min(1).nullable(),
    /** Half precision halves the file and rounds the weights. */
    half: z.boolean(),
  }),
])
export type ModelWork = z.infer<typeof modelWorkSchema>

export const modelSpecSchema = z.strictObject({ kind: z.literal('model'), work: modelWorkSchema })

/** Of an imported checkpoint: which, how it is computed, and how far a quantised one agrees with its source. */
export const importedSchema = z.strictObject({
  title: z.string(),
  precision: z.enum(precisions),
  behaviour: z.enum(checkpointBehaviours),
  agreement: importReportSchema.shape.agreement,
})

/** One model or adapter, as far as its small files tell. */
export const modelEntrySchema = z.strictObject({
  path: z.string(),
  kind: z.enum(['model', 'adapter']),
  name: z.string(),
  /** Bytes of the weights. */
  bytes: z.int(),
  /** Parameters stored. */
  parameters: z.int(),
  /** What it was made of, and how; null where that was not recorded. */
  lineage: z.unknown().nullable(),
  /** Of an adapter: its size, and the model it was trained on where that was recorded. */
  stands: z
    .strictObject({
      rank: z.int(),
      alpha: z.number(),
      targets: z.array(z.string()),
      /** Rows of the embedding that it brings. */
      rows: z.int(),
      base: z.strictObject({ name: z.string(), hash: z.string() }).nullable(),
    })
    .nullable(),
  /** Null for what is no imported checkpoint. */
  imported: importedSchema.nullable(),
})
export type ModelEntry = z.infer<typeof modelEntrySchema>

export const modelInfoSchema = modelEntrySchema.extend({
  /** Of the opened model: for an adapter, of its base with the adapter on it. */
  hash: z.string(),
  config: z.unknown(),
  /** Null for a model of its own. */
  adapter: z
    .strictObject({
      rank: z.int(),
      alpha: z.number(),
      dropout: z.number(),
      targets: z.array(z.string()),
      /** Words of the embedding rows it brings. */
      words: z.array(z.string()),
      base: z.strictObject({ name: z.string(), path: z.string(), hash: z.string() }),
    })
    .nullable(),
})
export type ModelInfo = z.infer<typeof modelInfoSchema>

export const modelMergeSchema = z.strictObject({ path: z.string(), name: z.string(), hash: z.string() })

export const modelListSchema = z.strictObject({
  models: z.array(modelEntrySchema),
  /** Folders that look like a model and cannot be read, with the reason. */
  damaged: z.array(z.strictObject({ path: z.string(), reason: z.string() })),
})
export type ModelList = z.infer<typeof modelListSchema>
