/** The part of the contract about ParaBench: suites, reports, answers, an endpoint's key, and blind votes. */
import { z } from 'zod'
import {
  answerFilterSchema,
  answerSchema,
  reportAnswerSchema,
  suiteInfoSchema,
  tableFormSchema,
  voteReportSchema,
} from './bench-read.ts'
import { benchComparisonSchema, benchEstimateSchema, dragReportSchema } from './bench.ts'
import { blobIdSchema, idSchema, pictureRefSchema, runSchema } from './studio.ts'
import { studioDragSchema, studioParabenchSchema, suiteIdSchema } from './studio-bench.ts'
import { decodingModeSchema } from './trajectory.ts'

const nothing = z.strictObject({})
const uint32 = z.int().min(0).max(0xffffffff)
const judge = z.string().min(1).max(500).optional()
const endpoint = z.strictObject({ url: z.url({ protocol: /^https?$/ }) })
/** A run of the bench: a job, or one of the four runs of a drag report. */
const benchRun = z.strictObject({ job: idSchema, mode: decodingModeSchema.optional() })

export const studioSuiteSchema = suiteInfoSchema.extend({ id: suiteIdSchema, shipped: z.boolean() })
export type StudioSuite = z.infer<typeof studioSuiteSchema>

export const studioAnswerSchema = answerSchema.extend({
  input: blobIdSchema.nullable(),
  output: blobIdSchema,
  /** The right picture, where the suite has one. */
  right: blobIdSchema.nullable(),
})
export type StudioAnswer = z.infer<typeof studioAnswerSchema>

export const keyStateSchema = z.strictObject({
  host: z.string(),
  /** `kept`: encrypted by the system; `memory`: until the run is done or the studio closes. */
  where: z.enum(['none', 'memory', 'kept', 'environment']),
  canKeep: z.boolean(),
  /** Why it cannot be kept; empty where it can. */
  why: z.string(),
})
export type KeyState = z.infer<typeof keyStateSchema>

/** Two runs, pair by pair, without saying which is which. */
export const studySchema = z.strictObject({
  id: idSchema,
  a: idSchema,
  b: idSchema,
  /** Sides and order are drawn from it. */
  seed: uint32,
  createdAt: z.int().nonnegative(),
  /** Pairs to look at. */
  pairs: z.int().nonnegative(),
  voted: z.int().nonnegative(),
  /** Pairs without a difference: counted as ties, never shown. */
  identical: z.int().nonnegative(),
})
export type Study = z.infer<typeof studySchema>

/** What a person sees. `both-bad` prefers neither. */
export const sideVoteSchema = z.enum(['left', 'right', 'tie', 'both-bad'])
export type SideVote = z.infer<typeof sideVoteSchema>
const sideSchema = z.strictObject({ picture: pictureRefSchema, reasoning: z.string() })
export const blindPairSchema = z.strictObject({
  place: z.int().nonnegative(),
  instruction: z.string(),
  input: pictureRefSchema.nullable(),
  left: sideSchema,
  right: sideSchema,
  vote: sideVoteSchema.nullable(),
})
export type BlindPair = z.infer<typeof blindPairSchema>

const study = z.strictObject({ study: idSchema })

export const benchMethods = {
  'bench.suites': { args: nothing, result: z.strictObject({ suites: z.array(studioSuiteSchema) }) },
  /** Takes in a folder below a server's root, or a zip of one; checked whole, or not taken at all. */
  'bench.addSuite': {
    args: z.union([
      z.strictObject({ blob: blobIdSchema, name: z.string().max(300) }),
      z.strictObject({ folder: z.string().max(200) }),
    ]),
    result: studioSuiteSchema,
  },
  'bench.deleteSuite': { args: z.strictObject({ suite: suiteIdSchema }), result: nothing },

  /** What an endpoint will be asked for: about, and at the most. Nothing is sent. */
  'bench.estimate': {
    args: z.strictObject({ spec: z.discriminatedUnion('kind', [studioParabenchSchema, studioDragSchema]) }),
    result: benchEstimateSchema,
  },
  'bench.key': { args: endpoint, result: keyStateSchema },
  /** `keep`: encrypted by the system, refused where it would be plain text; else in memory alone. */
  'bench.setKey': {
    args: endpoint.extend({ key: z.string().min(1).max(4000), keep: z.boolean() }),
    result: keyStateSchema,
  },
  'bench.forgetKey': { args: endpoint, result: keyStateSchema },

  /** As it stands: of a run that goes on, over what is judged so far. */
  'bench.report': { args: benchRun.extend({ judge }), result: reportAnswerSchema },
  'bench.compare': {
    args: z.strictObject({ a: benchRun, b: benchRun, judge }),
    result: z.strictObject({ comparison: benchComparisonSchema }),
  },
  'bench.drag': { args: z.strictObject({ job: idSchema }), result: z.strictObject({ report: dragReportSchema }) },
  'bench.answers': {
    args: benchRun.extend({
      judge,
      filter: answerFilterSchema,
      offset: z.int().nonnegative().default(0),
      limit: z.int().min(1).max(100).default(24),
    }),
    result: z.strictObject({ total: z.int().nonnegative(), answers: z.array(studioAnswerSchema) }),
  },
  /** The answer's trajectory as a run of the project; the same one however often it is asked for. */
  'bench.open': {
    args: benchRun.extend({ id: z.string().max(200), seed: uint32, project: idSchema }),
    result: runSchema,
  },
  'bench.export': {
    args: z.strictObject({
      of: z.enum(['report', 'comparison', 'drag']),
      runs: z.array(benchRun).min(1).max(2),
      judge,
      form: tableFormSchema,
    }),
    result: z.strictObject({ blob: blobIdSchema, name: z.string() }),
  },

  'bench.studies': { args: nothing, result: z.strictObject({ studies: z.array(studySchema) }) },
  'bench.startStudy': {
    args: z.strictObject({
      a: idSchema,
      b: idSchema,
      seed: uint32.optional(),
      /** Only so many pairs. */
      limit: z.int().min(1).max(100_000).optional(),
    }),
    result: studySchema,
  },
  'bench.pair': { args: study.extend({ place: z.int().nonnegative() }), result: blindPairSchema },
  /** Null takes a vote back. */
  'bench.vote': {
    args: study.extend({ place: z.int().nonnegative(), vote: sideVoteSchema.nullable() }),
    result: studySchema,
  },
  /** What the votes say so far, as a file. */
  'bench.exportVotes': {
    args: study.extend({ form: tableFormSchema }),
    result: z.strictObject({ blob: blobIdSchema, name: z.string() }),
  },
  'bench.votes': {
    args: study,
    result: z.strictObject({ study: studySchema, report: voteReportSchema.nullable() }),
  },
  'bench.deleteStudy': { args: study, result: nothing },
} as const
