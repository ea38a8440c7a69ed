/**
 * Data sets as the studio keeps them: the set, one row of it, what its last check found, and every change a person can
 * make. A set is either a copy of the studio's own, which can be edited, or a folder that is only read.
 */
import { z } from 'zod'
import { datasetStatsSchema, formatNames, problemCodes, problemSchema, splitSchema } from './datasets.ts'
import { blobIdSchema, idSchema } from './studio.ts'

const count = z.int().nonnegative()
const time = z.int().nonnegative()

export const datasetCheckSchema = z.strictObject({
  /** The model whose words and lengths counted; null: neither was checked. */
  model: z.string().nullable(),
  modelName: z.string(),
  rows: count,
  errors: count,
  warnings: count,
  counts: z.partialRecord(z.enum(problemCodes), z.int().positive()),
  /** Over every row's texts, split and picture bytes: a training run records it. */
  hash: z.string(),
  at: time,
  seconds: z.number(),
  /** How the set stood then, see `stand` of the set. */
  stand: z.string(),
})
export type DatasetCheck = z.infer<typeof datasetCheckSchema>

/** Statistics as a screen may see them. */
export const datasetFactsSchema = datasetStatsSchema.omit({ path: true }).extend({ stand: z.string() })
export type DatasetFacts = z.infer<typeof datasetFactsSchema>

export const datasetSchema = z.strictObject({
  id: idSchema,
  name: z.string().min(1).max(200),
  format: z.enum(formatNames),
  /** A copy in the studio's own folder: it can be edited. Otherwise a folder elsewhere that is read and left alone. */
  editable: z.boolean(),
  /** Where it came from, as a name. */
  origin: z.string(),
  createdAt: time,
  updatedAt: time,
  rows: count,
  splits: z.strictObject({ train: count, val: count, test: count, none: count }),
  edits: count,
  generations: count,
  marked: count,
  /** Lines that are no rows. */
  broken: count,
  /** Problems of the last check that no change has touched since. */
  open: z.strictObject({ errors: count, warnings: count }),
  /**
   * Names what the set holds now: another value after every change of a row's content, the same again when that is undone. A check or a
   * statistic with another `stand` is out of date.
   */
  stand: z.string(),
  /** Of a set that is only read: its files were written to since the studio read them. */
  changed: z.boolean(),
  check: datasetCheckSchema.nullable(),
  stats: datasetFactsSchema.nullable(),
  /** What undo and redo would do, by name. */
  undo: z.string().nullable(),
  redo: z.string().nullable(),
})
export type Dataset = z.infer<typeof datasetSchema>

export const lineageSchema = z.strictObject({
  run: z.string(),
  model: z.string(),
  modelHash: z.string(),
  seed: z.int(),
  /** The run's own result, or the document as the person corrected it. */
  picture: z.enum(['result', 'document']),
})
export type RowLineage = z.infer<typeof lineageSchema>

export const datasetRowSchema = z.strictObject({
  key: z.int().positive(),
  id: z.string(),
  split: splitSchema.nullable(),
  marked: z.boolean(),
  instruction: z.string(),
  reasoning: z.string(),
  /** Names of the pictures; no input: a generation. */
  input: z.string().nullable(),
  output: z.string().nullable(),
  /** A line that could not be read as a row: why, and what it says. */
  broken: z.strictObject({ message: z.string(), text: z.string() }).nullable(),
  lineage: lineageSchema.nullable(),
  /** Of the last check, where the row is as it was then. */
  errors: count,
  warnings: count,
})
export type DatasetRecord = z.infer<typeof datasetRowSchema>

export const rowKeySchema = z.int().positive()

export const rowFilterSchema = z.strictObject({
  /** Words looked for in instruction and reasoning; the last one may be unfinished. */
  query: z.string().max(500).default(''),
  split: z.enum(['train', 'val', 'test', 'none']).optional(),
  kind: z.enum(['edit', 'generation', 'broken']).optional(),
  marked: z.boolean().optional(),
  problems: z.enum(['any', 'errors', 'warnings']).optional(),
  /** Rows the last check said this of. */
  code: z.enum(problemCodes).optional(),
})
export type RowFilter = z.input<typeof rowFilterSchema>

/** A finding with the row it is about, where it still stands. */
export const rowProblemSchema = problemSchema.extend({ row: rowKeySchema.nullable() })
export type RowProblem = z.infer<typeof rowProblemSchema>

/** What can be done by machine about a kind of problem. */
export const fixKinds = ['delete', 'same-split', 'new-ids'] as const
export type FixKind = (typeof fixKinds)[number]

const which = z.union([
  z.strictObject({ rows: z.array(rowKeySchema).min(1).max(10_000) }),
  z.strictObject({ filter: rowFilterSchema }),
])

/** One change of a set, and one step of its undo. */
export const rowActionSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('text'),
    row: rowKeySchema,
    instruction: z.string().max(100_000).optional(),
    reasoning: z.string().max(1_000_000).optional(),
  }),
  z.strictObject({ do: z.literal('split'), which, split: splitSchema.nullable() }),
  z.strictObject({ do: z.literal('mark'), which, marked: z.boolean() }),
  z.strictObject({ do: z.literal('delete'), which }),
  z.strictObject({ do: z.literal('duplicate'), row: rowKeySchema }),
  /** Another picture in its place; null takes the input away, which makes it a generation. */
  z.strictObject({
    do: z.literal('picture'),
    row: rowKeySchema,
    side: z.enum(['input', 'output']),
    blob: blobIdSchema.nullable(),
  }),
  /** The mechanical remedy for every row with that problem. */
  z.strictObject({ do: z.literal('fix'), code: z.enum(problemCodes), how: z.enum(fixKinds) }),
])
export type RowAction = z.infer<typeof rowActionSchema>
export type RowActionInput = z.input<typeof rowActionSchema>

/** What a clean check does not say about this model; null where it was checked with its words and lengths. */
export function notCheckedFor(check: Pick<DatasetCheck, 'model' | 'modelName'>, model: string): string | null {
  if (check.model === model) return null
  const how =
    check.model === null ? 'without a model, not with' : `with the words and lengths of ${check.modelName}, not of`
  return `It was checked ${how} ${model}: check it with those, or what does not fit is found only when the run starts.`
}

/** Why a set cannot be trained on now; null where it can. */
export function whyNotTrain(set: Pick<Dataset, 'rows' | 'check' | 'stand' | 'changed'>): string | null {
  if (set.rows === 0) return 'It has no rows.'
  if (set.changed) return 'Its files were written to since the studio read them: read it again.'
  if (!set.check) return 'It was not checked yet: run its check.'
  if (set.check.stand !== set.stand) return 'It was changed since its last check: check it again.'
  if (set.check.errors === 1) return 'Its check found an error: mend it first.'
  if (set.check.errors > 0) return `Its check found ${set.check.errors} errors: mend them first.`
  return null
}
