/**
 * Reading of ParaBench runs that lie on disk, as one job of many questions: reports, comparisons, answers page by page,
 * tables to export, what a person's votes say, and what a suite is. Nothing is answered, sent or changed.
 */
import { z } from 'zod'
import {
  benchComparisonSchema,
  benchReportSchema,
  dimensionScoresSchema,
  dragReportSchema,
  estimateSchema,
  reasonSchema,
} from './bench.ts'

const path = z.string().min(1)
const judge = z.string().min(1).optional()
const uint32 = z.int().min(0).max(0xffffffff)

export const tableFormSchema = z.enum(['markdown', 'csv', 'latex', 'json'])
export type TableForm = z.infer<typeof tableFormSchema>

/** Which answers: all of them, or those a judge found wanting. */
export const answerFilterSchema = z.strictObject({
  category: z.string().max(200).optional(),
  /** Words that occur in id, instruction or reasoning. */
  query: z.string().max(500).optional(),
  /** `worst` puts the lowest mean score first; the others keep the suite's order. */
  only: z.enum(['all', 'wrong', 'unjudged', 'worst']).default('all'),
})
export type AnswerFilter = z.infer<typeof answerFilterSchema>

/** One answer of each of two runs, seen by a person who did not know which was which. `both-bad` prefers neither. */
export const voteSchema = z.enum(['a', 'b', 'tie', 'both-bad'])
export type Vote = z.infer<typeof voteSchema>
export const votedPairSchema = z.strictObject({ id: z.string(), seed: uint32, vote: voteSchema })
export type VotedPair = z.infer<typeof votedPairSchema>

export const benchQuestionSchema = z.discriminatedUnion('what', [
  z.strictObject({ what: z.literal('report'), run: path, judge }),
  z.strictObject({ what: z.literal('comparison'), a: path, b: path, judge }),
  z.strictObject({
    what: z.literal('answers'),
    run: path,
    judge,
    filter: answerFilterSchema,
    offset: z.int().nonnegative(),
    limit: z.int().min(1).max(200),
  }),
  z.strictObject({ what: z.literal('answer'), run: path, id: z.string(), seed: uint32 }),
  z.strictObject({
    what: z.literal('table'),
    of: z.enum(['report', 'comparison', 'drag']),
    /** One run, two to compare, or the folder of a drag report. */
    runs: z.array(path).min(1).max(2),
    judge,
    form: tableFormSchema,
  }),
  /** Prompts and seeds that both runs have answered. */
  z.strictObject({ what: z.literal('pairs'), a: path, b: path }),
  z.strictObject({ what: z.literal('votes'), a: path, b: path, votes: z.array(votedPairSchema) }),
  /** The same as a file, with the seed that sides and order were drawn from. */
  z.strictObject({
    what: z.literal('votes-table'),
    a: path,
    b: path,
    votes: z.array(votedPairSchema),
    seed: uint32,
    form: tableFormSchema,
  }),
  z.strictObject({ what: z.literal('suite'), suite: path }),
  z.strictObject({ what: z.literal('suites') }),
])
export type BenchQuestion = z.infer<typeof benchQuestionSchema>

export const benchReadSpecSchema = z.strictObject({ kind: z.literal('bench-read'), ask: benchQuestionSchema })

export const reportAnswerSchema = z.strictObject({
  /** Null before anything is judged. */
  report: benchReportSchema.nullable(),
  /** Who has marked answers of this run. */
  judges: z.array(z.string()),
  answered: z.int().nonnegative(),
})
export const comparisonAnswerSchema = z.strictObject({ comparison: benchComparisonSchema })
export const dragAnswerSchema = z.strictObject({ report: dragReportSchema })

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, 'bytes are wanted')

export const judgementSchema = z.strictObject({
  judge: z.string(),
  scores: dimensionScoresSchema.nullable(),
  right: z.strictObject({ image: z.boolean(), reasoning: z.boolean() }).nullable(),
  /** Why the scores are what they are, or why there are none. */
  reasons: z.array(reasonSchema),
})
export type Judgement = z.infer<typeof judgementSchema>

const answerFields = {
  id: z.string(),
  seed: uint32,
  category: z.string(),
  task: z.enum(['edit', 'generation']),
  instruction: z.string(),
  reasoning: z.string(),
  /** What would have been right, in words; null where the suite does not say. */
  reference: z.string().nullable(),
  judgements: z.array(judgementSchema),
  ms: z.number(),
}
export const answerSchema = z.strictObject(answerFields)

export const answersAnswerSchema = z.strictObject({
  total: z.int().nonnegative(),
  answers: z.array(
    answerSchema.extend({
      /** PNG of what the model was given; null of a generation. */
      input: bytes.nullable(),
      /** PNG of the right picture, where the suite has one. */
      right: bytes.nullable(),
      /** Its files below the run's folder, without ending. */
      file: z.string(),
    }),
  ),
})

export const tableAnswerSchema = z.strictObject({ text: z.string(), name: z.string() })

export const pairsAnswerSchema = z.strictObject({
  /** `same`: both gave the same picture and the same words, so that there is nothing to choose. */
  pairs: z.array(z.strictObject({ id: z.string(), seed: uint32, same: z.boolean() })),
})

const sharesSchema = z.strictObject({
  pairs: z.int(),
  prompts: z.int(),
  a: z.int(),
  b: z.int(),
  tie: z.int(),
  both_bad: z.int(),
  /** Share of the pairs won by B, a tie being half a win; cluster bootstrap over prompts. */
  win_rate: estimateSchema,
})
export type VoteShares = z.infer<typeof sharesSchema>

export const voteReportSchema = z.strictObject({
  overall: sharesSchema,
  categories: z.record(z.string(), sharesSchema),
  /** Bradley-Terry strength of B over A on Elo's scale; null where one of them won everything. */
  elo: estimateSchema.nullable(),
  agreement: z.array(
    z.strictObject({
      judge: z.string(),
      pairs: z.int(),
      /** Share of the pairs on which judge and person prefer the same, ties included. */
      same: z.number(),
      /** Cohen's kappa over A, B, neither; null where one of the two never varies. */
      kappa: z.number().nullable(),
      /** Pearson's r between the vote (-1, 0, 1) and the judge's difference of mean scores. */
      correlation: z.number().nullable(),
    }),
  ),
})
export type VoteReport = z.infer<typeof voteReportSchema>

export const suiteInfoSchema = z.strictObject({
  /** What a run is asked for with: the name of a suite that ships, or its place among the studio's own. */
  id: z.string(),
  name: z.string(),
  title: z.string(),
  description: z.string(),
  source: z.string(),
  license: z.string(),
  hash: z.string(),
  categories: z.array(z.strictObject({ name: z.string(), prompts: z.int() })),
  /** Those that can be asked. */
  prompts: z.int(),
  /** What is wrong with the other lines; null where there are none. */
  faults: z.string().nullable(),
  /** Every prompt has the truth that the exact judge needs. */
  exact: z.boolean(),
})
export type SuiteInfo = z.infer<typeof suiteInfoSchema>
export const suiteAnswerSchema = z.strictObject({ suite: suiteInfoSchema })
export const suitesAnswerSchema = z.strictObject({ suites: z.array(suiteInfoSchema) })
