/** The part of the contract about the models and adapters at hand: looked at, brought in, taken along, noted, deleted. */
import { z } from 'zod'
import { importedSchema } from './models.ts'
import { blobIdSchema } from './studio.ts'

const nothing = z.strictObject({})
const id = z.string().min(1).max(200)
const part = z.strictObject({ name: z.string(), hash: z.string(), weight: z.number() })

/** A model or an adapter as the library shows it. Where it lies on disk is nobody's business here. */
export const libraryEntrySchema = z.strictObject({
  id,
  kind: z.enum(['model', 'adapter']),
  name: z.string(),
  /** It came with the studio: it cannot be deleted. */
  shipped: z.boolean(),
  bytes: z.int().nonnegative(),
  parameters: z.int().nonnegative(),
  changedAt: z.int().nonnegative(),
  /** Of a model's weights; null for an adapter, whose hash depends on its base. */
  hash: z.string().nullable(),
  adapter: z
    .strictObject({
      rank: z.int(),
      alpha: z.number(),
      targets: z.array(z.string()),
      rows: z.int(),
      /** What it was trained on; `id` where that model is here. Null for one from elsewhere. */
      base: z.strictObject({ name: z.string(), hash: z.string(), id: id.nullable() }).nullable(),
    })
    .nullable(),
  /** How it was made; null where that was not recorded. */
  lineage: z
    .strictObject({
      how: z.string(),
      from: z.array(part),
      data: z.strictObject({ hash: z.string(), rows: z.int() }).nullable(),
      steps: z.int().nullable(),
      samples: z.int().nullable(),
      seconds: z.number().nullable(),
      /** The settings, as they were written. */
      recipe: z.unknown(),
    })
    .nullable(),
  /** Null for what is no imported checkpoint. */
  imported: importedSchema.nullable(),
  note: z.string(),
})
export type LibraryEntry = z.infer<typeof libraryEntrySchema>

export const modelMethods = {
  'models.library': {
    args: nothing,
    result: z.strictObject({
      entries: z.array(libraryEntrySchema),
      /** Folders that look like a model or an adapter and cannot be read, with the reason. */
      damaged: z.array(z.strictObject({ id, reason: z.string() })),
    }),
  },
  'models.annotate': { args: z.strictObject({ model: id, note: z.string().max(10_000) }), result: nothing },
  'models.delete': { args: z.strictObject({ model: id }), result: nothing },
  /** Its folder as a zip, adapters in the layout of PEFT. */
  'models.export': {
    args: z.strictObject({ model: id }),
    result: z.strictObject({ blob: blobIdSchema, name: z.string() }),
  },
  /** An uploaded zip of a model or adapter folder. It is opened and checked before it counts. */
  'models.import': {
    args: z.strictObject({ blob: blobIdSchema, name: z.string().min(1).max(300) }),
    result: z.strictObject({ model: id }),
  },
} as const

export const modelEvents = {
  /** Models came, went or were changed: lists are asked for again. */
  'models.changed': nothing,
} as const
