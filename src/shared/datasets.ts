/** Data sets as jobs and screens speak of them: formats, what a check finds, and what the other jobs answer. */
import { z } from 'zod'

export const formatNames = ['quadruplets', 'webdataset', 'parquet', 'mmada'] as const
export type FormatName = (typeof formatNames)[number]
const format = z.enum(formatNames)

/** Named here as well as in the engine: what a row may say. */
export const splitSchema = z.enum(['train', 'val', 'test'])

/** What can be wrong. An `error` keeps training from starting, a `warning` is told. */
export const problemSeverity = {
  'unreadable-row': 'error',
  'missing-member': 'error',
  undecodable: 'error',
  'size-mismatch': 'error',
  'empty-instruction': 'error',
  'empty-trace': 'error',
  'long-instruction': 'error',
  'long-trace': 'error',
  'broken-text': 'error',
  'duplicate-id': 'error',
  leak: 'error',
  cut: 'error',
  changed: 'error',
  'no-rows': 'error',
  'unknown-words': 'warning',
  duplicate: 'warning',
  'near-duplicate': 'warning',
  'near-leak': 'warning',
  'nothing-changed': 'warning',
  squashed: 'warning',
  animated: 'warning',
  'no-end': 'warning',
} as const
export type ProblemCode = keyof typeof problemSeverity
export const problemCodes = Object.keys(problemSeverity) as [ProblemCode, ...ProblemCode[]]

export const problemSchema = z.strictObject({
  code: z.enum(problemCodes),
  /** File and line, sample or row: where a person looks. */
  where: z.string(),
  /** The row's id, where it has one. */
  id: z.string().nullable(),
  /** The cause, as a sentence without its subject: "its reasoning is empty". */
  message: z.string(),
  fix: z.string(),
  /** The earlier row it is compared with. */
  other: z.strictObject({ where: z.string(), id: z.string(), split: splitSchema }).optional(),
})
export type Problem = z.infer<typeof problemSchema>

const counts = z.partialRecord(z.enum(problemCodes), z.int().positive())

export const checkReportSchema = z.strictObject({
  path: z.string(),
  format,
  /** Rows that could be read, by split; rows without one count as train. */
  rows: z.int(),
  splits: z.strictObject({ train: z.int(), val: z.int(), test: z.int() }),
  /** Of the rows that train: with an input picture, and without. */
  train: z.strictObject({ edits: z.int(), generations: z.int() }),
  errors: z.int(),
  warnings: z.int(),
  /** How often each problem was found: exact, whatever is listed below. */
  counts,
  /** Errors first; at most so many of each kind as were asked for. */
  problems: z.array(problemSchema),
  /** Hash over every row's texts, split and picture bytes, in order. */
  hash: z.string(),
  seconds: z.number(),
})
export type CheckReport = z.infer<typeof checkReportSchema>

/** Smallest, middle, 95th percentile and largest of a number that every row has. */
const spread = z.strictObject({ min: z.number(), median: z.number(), p95: z.number(), max: z.number() })

export const datasetStatsSchema = z.strictObject({
  path: z.string(),
  format,
  rows: z.int(),
  /** Entries that are no rows. */
  unreadable: z.int(),
  splits: z.strictObject({ train: z.int(), val: z.int(), test: z.int(), none: z.int() }),
  edits: z.int(),
  generations: z.int(),
  /** Words, or tokens where a model was given. */
  unit: z.enum(['words', 'tokens']),
  instruction: spread.nullable(),
  reasoning: spread.nullable(),
  distinctWords: z.int(),
  /** The most frequent words, with how often. */
  words: z.array(z.tuple([z.string(), z.int()])),
  /** Sizes of output pictures, most frequent first. */
  sizes: z.array(z.tuple([z.string(), z.int()])),
  /** Bytes of all pictures. */
  bytes: z.number(),
})
export type DatasetStats = z.infer<typeof datasetStatsSchema>

export const datasetWriteSchema = z.strictObject({
  path: z.string(),
  format,
  rows: z.int(),
  files: z.array(z.string()),
  /** Rows that were left out, where the person asked for that. */
  left: z.int(),
  /** Of what was left out, and warnings. */
  problems: z.array(problemSchema),
})
export type DatasetWrite = z.infer<typeof datasetWriteSchema>

/** A set taken in: its rows are listed in `index`, a line each. */
export const datasetTakeSchema = z.strictObject({
  format,
  index: z.string(),
  /** The folder that names of pictures are relative to. */
  root: z.string(),
  rows: z.int(),
  broken: z.int(),
  /** What is wrong with whole files. */
  notes: z.array(problemSchema),
  /** Paths of the files that hold its rows. */
  files: z.array(z.string()),
})
export type DatasetTake = z.infer<typeof datasetTakeSchema>

/** One line of the index of a set that was taken in. */
export const takenRowSchema = z.strictObject({
  id: z.string(),
  where: z.string(),
  split: splitSchema.nullable(),
  instruction: z.string(),
  reasoning: z.string(),
  input: z.string().nullable(),
  output: z.string().nullable(),
  /** Columns that are none of ours. */
  extra: z.record(z.string(), z.unknown()),
  /** Why it is no row, and the bytes of its line in base64. */
  broken: z.strictObject({ message: z.string(), line: z.string() }).nullable(),
})
export type TakenRow = z.infer<typeof takenRowSchema>

/** What a row says, as columns of a file are asked for: those of `data.jsonl`. */
export const rowFields = ['input_image', 'instruction', 'reasoning', 'output_image', 'id', 'split'] as const
export type RowField = (typeof rowFields)[number]

/** The columns of a file, and which is which by their names. */
export const datasetColumnsSchema = z.strictObject({
  /** Its name. */
  file: z.string(),
  columns: z.array(z.string()),
  found: z.partialRecord(z.enum(rowFields), z.string()),
  /** Fields a row needs that no name says. */
  lacking: z.array(z.enum(rowFields)),
})
export type DatasetColumns = z.infer<typeof datasetColumnsSchema>

export const datasetExamineSchema = z.strictObject({ report: checkReportSchema, stats: datasetStatsSchema })

/** The split of every row, in order. */
export const datasetDealSchema = z.strictObject({ splits: z.array(splitSchema) })

export const datasetSplitSchema = z.strictObject({
  path: z.string(),
  rows: z.int(),
  splits: z.strictObject({ train: z.int(), val: z.int(), test: z.int() }),
})

const columns = z.partialRecord(z.enum(rowFields), z.string())
const share = z.number().min(0).max(0.9)

/** One piece of work on the set at `path`. */
export const datasetWorkSchema = z.discriminatedUnion('do', [
  z.strictObject({
    do: z.literal('check'),
    /** Model folder whose vocabulary and lengths count; null checks neither. */
    model: z.string().min(1).nullable(),
    /** Problems of each kind that are listed. */
    limit: z.int().min(1).max(1_000_000),
  }),
  z.strictObject({ do: z.literal('stats'), model: z.string().min(1).nullable() }),
  z.strictObject({
    do: z.literal('write'),
    out: z.string().min(1),
    format: z.enum(['quadruplets', 'webdataset']),
    /** Leave out rows that cannot be read, and tell them, instead of refusing. */
    skipBad: z.boolean(),
    /** Rows of a tar, at most; and its bytes. */
    shardRows: z.int().min(1),
    shardBytes: z.int().min(1),
    /** Pictures in tars: JPEG as the public trainers read them, or as they are. */
    pictures: z.enum(['jpeg', 'keep']),
    /** One file instead of a folder: a zip beside it; `path` of the result names it. */
    pack: z.boolean().optional(),
  }),
  /** Check and statistics in one. */
  z.strictObject({
    do: z.literal('examine'),
    model: z.string().min(1).nullable(),
    limit: z.int().min(1).max(1_000_000),
  }),
  /** Lists every row, good or broken, and copies the pictures unless the set is read where it stands. */
  z.strictObject({
    do: z.literal('take'),
    /** A folder that is made anew. */
    out: z.string().min(1),
    mode: z.enum(['copy', 'refer']),
    /** A tar of files rather than of samples. */
    folder: z.boolean(),
  }),
  /** The columns of a parquet file or of a folder of them; `footer`: of a file that holds the end of one alone. */
  z.strictObject({ do: z.literal('columns'), footer: z.boolean() }),
  /** As `split`, without writing it. */
  z.strictObject({ do: z.literal('deal'), val: share, test: share, seed: z.int().nonnegative() }),
  z.strictObject({ do: z.literal('split'), val: share, test: share, seed: z.int().nonnegative() }),
])
export type DatasetWork = z.infer<typeof datasetWorkSchema>

export const datasetSpecSchema = z.strictObject({
  kind: z.literal('dataset'),
  path: z.string().min(1),
  columns: columns.optional(),
  work: datasetWorkSchema,
})
