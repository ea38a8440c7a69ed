/** Long work on data sets as a screen asks for it: everything by id or handle, nothing by path. */
import { z } from 'zod'
import { blobIdSchema, idSchema } from './studio.ts'

const share = z.number().min(0).max(0.9)
const handle = z.string().min(1).max(200)
const fileName = z.string().trim().min(1).max(300)

export const datasetSourceSchema = z.discriminatedUnion('from', [
  /** A folder or file of the machine the service runs on, by a handle of `folders.list` or `folders.choose`. */
  z.strictObject({ from: z.literal('folder'), handle }),
  /** A file that was uploaded in parts, or a folder that was packed as a tar on its way. */
  z.strictObject({
    from: z.literal('upload'),
    name: fileName,
    parts: z.array(blobIdSchema).min(1).max(100_000),
    folder: z.boolean(),
  }),
  /** A set of the studio: read again where it stands, or copied. */
  z.strictObject({ from: z.literal('dataset'), dataset: idSchema }),
])
export type DatasetSourceSpec = z.infer<typeof datasetSourceSchema>

export const datasetImportJobSchema = z.strictObject({
  kind: z.literal('dataset-import'),
  name: z.string().trim().min(1).max(200),
  source: datasetSourceSchema,
  /** `copy`: into the studio's own folder, to be edited. `refer`: a folder is read where it stands and left alone. */
  mode: z.enum(['copy', 'refer']),
  columns: z.record(z.string(), z.string()).optional(),
})

export const datasetCheckJobSchema = z.strictObject({
  kind: z.literal('dataset-check'),
  dataset: idSchema,
  /** Whose words and lengths count; null checks neither. */
  model: z.string().min(1).max(200).nullable(),
})

export const datasetSplitJobSchema = z.strictObject({
  kind: z.literal('dataset-split'),
  dataset: idSchema,
  val: share,
  test: share,
  seed: z.int().min(0).max(0xffffffff),
})

export const datasetExportJobSchema = z.strictObject({
  kind: z.literal('dataset-export'),
  dataset: idSchema,
  format: z.enum(['quadruplets', 'webdataset']),
  pictures: z.enum(['jpeg', 'keep']),
  shardRows: z.int().min(1).max(10_000_000),
  shardMb: z.int().min(1).max(1_000_000),
  /** Leaves out rows that cannot be read, instead of refusing. */
  skipBad: z.boolean(),
  to: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('download') }),
    /** A new folder of that name in a chosen one. */
    z.strictObject({ kind: z.literal('folder'), handle, name: fileName.max(100) }),
  ]),
})

export const datasetExportResultSchema = z.strictObject({
  rows: z.int(),
  left: z.int(),
  /** To be saved; null where it was written to a folder. */
  file: z.strictObject({ blob: blobIdSchema, name: z.string() }).nullable(),
  files: z.int(),
})
