/** The part of the contract about data sets: sets, their rows in pages, pictures, changes with undo, and findings. */
import { z } from 'zod'
import {
  datasetRowSchema,
  datasetSchema,
  rowActionSchema,
  rowFilterSchema,
  rowKeySchema,
  rowProblemSchema,
} from './dataset-records.ts'
import { datasetColumnsSchema, problemCodes, splitSchema } from './datasets.ts'
import { bytesSchema, measureResultSchema } from './jobs.ts'
import { blobIdSchema, idSchema } from './studio.ts'

const nothing = z.strictObject({})
const dataset = z.strictObject({ dataset: idSchema })
const name = z.string().trim().min(1).max(200)
const page = { limit: z.int().min(1).max(500), offset: z.int().nonnegative() }
const bytes = bytesSchema.nullable()
/** A set after a change, with the rows that are another now; null: many, look at all again. */
const changed = z.strictObject({ dataset: datasetSchema, rows: z.array(rowKeySchema).nullable() })

export const datasetMethods = {
  'datasets.list': { args: nothing, result: z.strictObject({ datasets: z.array(datasetSchema) }) },
  'datasets.get': { args: dataset, result: datasetSchema },
  /** Empty, in the studio's own folder. Others come in by a job of kind `dataset-import`. */
  'datasets.create': { args: z.strictObject({ name }), result: datasetSchema },
  'datasets.rename': { args: dataset.extend({ name }), result: datasetSchema },
  /** A copy goes with its pictures; a folder that is only read is forgotten and left alone. */
  'datasets.delete': { args: dataset, result: nothing },

  'datasets.rows': {
    args: dataset.extend({ filter: rowFilterSchema, ...page }),
    result: z.strictObject({ rows: z.array(datasetRowSchema), total: z.int().nonnegative() }),
  },
  /** The place of a row among those that match; null where it does not. */
  'datasets.place': {
    args: dataset.extend({ filter: rowFilterSchema, row: rowKeySchema }),
    result: z.strictObject({ index: z.int().nonnegative().nullable() }),
  },
  'datasets.row': {
    args: dataset.extend({ row: rowKeySchema }),
    result: z.strictObject({ row: datasetRowSchema, problems: z.array(rowProblemSchema) }),
  },
  /** Small pictures (WebP); null where there is none that can be drawn. */
  'datasets.thumbnails': {
    args: dataset.extend({ rows: z.array(rowKeySchema).min(1).max(100) }),
    result: z.strictObject({
      thumbnails: z.array(z.strictObject({ row: rowKeySchema, input: bytes, output: bytes })),
    }),
  },
  /** A picture as a page can show it, scaled down where it is very large. */
  'datasets.picture': {
    args: dataset.extend({ row: rowKeySchema, side: z.enum(['input', 'output']) }),
    result: z.strictObject({
      bytes: bytesSchema,
      type: z.string(),
      /** Of the file itself. */
      width: z.int().positive(),
      height: z.int().positive(),
      size: z.int().nonnegative(),
    }),
  },

  'datasets.edit': { args: dataset.extend({ action: rowActionSchema }), result: changed },
  'datasets.undo': { args: dataset, result: changed },
  'datasets.redo': { args: dataset, result: changed },
  /** "This edit was right": a run becomes a quadruplet, with what made it. */
  'datasets.addRun': {
    args: dataset.extend({
      run: idSchema,
      instruction: z.string().trim().min(1).max(100_000),
      reasoning: z.string().trim().min(1).max(1_000_000),
      /** The corrected picture; null: the run's own. */
      output: blobIdSchema.nullable(),
      split: splitSchema.nullable(),
    }),
    result: z.strictObject({ dataset: datasetSchema, row: rowKeySchema }),
  },

  'datasets.problems': {
    args: dataset.extend({ code: z.enum(problemCodes), ...page }),
    result: z.strictObject({ problems: z.array(rowProblemSchema), total: z.int().nonnegative() }),
  },
  /** How many of each kind still stand. */
  'datasets.findings': {
    args: dataset,
    result: z.strictObject({ counts: z.partialRecord(z.enum(problemCodes), z.int().positive()) }),
  },
  /** The columns of a parquet file that is about to come in; null where there are none to be named. */
  'datasets.columns': {
    args: z.discriminatedUnion('from', [
      z.strictObject({ from: z.literal('folder'), handle: z.string().min(1).max(200) }),
      /** The end of a file, as long as its last eight bytes say. */
      z.strictObject({ from: z.literal('footer'), name: z.string().min(1).max(300), blob: blobIdSchema }),
    ]),
    result: z.strictObject({ columns: datasetColumnsSchema.nullable() }),
  },
  /** Both texts as a model reads them, as an instruction and a trace are read. */
  'datasets.measure': {
    args: z.strictObject({
      model: z.string(),
      instruction: z.string().max(100_000),
      reasoning: z.string().max(1_000_000),
    }),
    result: measureResultSchema,
  },
  /** The system's own dialog for a folder, where there is one; null where the person cancels. */
  'folders.choose': {
    args: nothing,
    result: z.strictObject({ folder: z.strictObject({ handle: z.string(), name: z.string() }).nullable() }),
  },
} as const

export const datasetEvents = {
  'dataset.changed': z.strictObject({ dataset: datasetSchema }),
  'dataset.removed': z.strictObject({ dataset: idSchema }),
  /** Rows were changed; null: so many that all are to be looked at again. */
  'dataset.rows': z.strictObject({ dataset: idSchema, rows: z.array(rowKeySchema).max(1000).nullable() }),
} as const
