/**
 * THE trajectory: everything one run decided, step by step, so that live view, replay, branching, ParaRL and ParaBench
 * read the same record. Step k = 1..K commits some masked positions, may mask some again, and leaves a draft (a
 * candidate) on those still masked; an edit applies just before the step it names. Types and zod schemas stand here, the replay
 * in trajectory-frame.ts, the bytes in trajectory-codec.ts.
 */
import { z } from 'zod'
import { accelerationSchema } from './acceleration.ts'
import { taskSchema, type FieldName } from './model-config.ts'

export const trajectoryVersion = 1
/** `committedAt` of a position that no step decided: it came with the prompt, or a person put it there. */
export const givenStep = 0
/** `committedAt` of a position still masked. Hence the largest number of steps is 0xfffe. */
export const undecidedStep = 0xffff
export const maxSteps = undecidedStep - 1
export const maxLength = 1 << 20
export const maxToken = 0x7ffffffe

const position = z
  .int()
  .min(0)
  .max(maxLength - 1)
const token = z.int().min(0).max(maxToken)
const stepNumber = z.int().min(1).max(maxSteps)
const uint32 = z.int().min(0).max(0xffffffff)
const hash = z.string().regex(/^[0-9a-f]{8,128}$/)
const fieldNames = ['inputImage', 'instruction', 'outputImage', 'outputText'] as const satisfies readonly FieldName[]

export const modalitySchema = z.enum(['text', 'image'])
export type Modality = z.infer<typeof modalitySchema>
export const decodingModeSchema = z.enum(['parallel', 'sequential', 'semi-parallel', 'image-only'])
export type DecodingMode = z.infer<typeof decodingModeSchema>

/** `kind` is the sampler's name of the unmasking curve (linear, cosine ...); `steps` are those that update the modality. */
const modalityScheduleSchema = z.strictObject({
  kind: z.string().min(1).max(64),
  steps: z.array(stepNumber).max(maxSteps),
})
const perModality = z.strictObject({ text: z.number(), image: z.number() })

/** What a run started from. Without `id` and `createdAt`, which are never set by default, equal runs are equal files. */
export const trajectoryHeaderSchema = z
  .strictObject({
    format: z.literal('tandem-trajectory'),
    version: z.literal(trajectoryVersion),
    id: z.string().min(1).max(128).optional(),
    createdAt: z.iso.datetime().optional(),
    seed: uint32,
    mode: decodingModeSchema,
    task: taskSchema,
    /** Steps planned; a cancelled run records fewer. */
    steps: stepNumber,
    schedule: z.strictObject({ text: modalityScheduleSchema.optional(), image: modalityScheduleSchema.optional() }),
    guidance: perModality,
    temperatures: perModality,
    length: z.int().min(1).max(maxLength),
    /** The sequence before step 1 [L]: `maskId` where the run has to decide. */
    tokens: z.array(token).min(1).max(maxLength),
    maskId: token,
    fields: z
      .array(
        z.strictObject({
          name: z.enum(fieldNames),
          start: position,
          length: z.int().positive(),
          modality: modalitySchema,
        }),
      )
      .max(64),
    /** Codes along one side, id of code 0, number of codes. */
    image: z.strictObject({ grid: z.int().positive().max(1024), offset: token, codebookSize: z.int().positive() }),
    model: z.strictObject({ name: z.string().min(1), hash }),
    provider: z.string().min(1),
    instruction: z.string(),
    /** Output image cells (row-major, 0 .. grid^2 - 1) allowed to change; absent: all of them. */
    region: z.array(z.int().nonnegative()).optional(),
    /** Sequence positions held from the start. */
    pinned: z.array(position),
    /** What the run gave up for speed; absent where it computed everything. */
    acceleration: accelerationSchema.optional(),
    /** The run this one was resumed from, and the last step it shares with it; those steps are copied into this record. */
    parent: z.strictObject({ hash, step: z.int().min(0).max(maxSteps) }).optional(),
    /** What the text tokens of a finished run read as, by id: its words can be shown where the model is not at hand. */
    labels: z.record(z.string().regex(/^\d{1,10}$/), z.string().max(200)).optional(),
  })
  .refine((h) => h.tokens.length === h.length, { message: 'tokens must have `length` entries' })
  .refine((h) => h.fields.every((f) => f.start + f.length <= h.length), { message: 'a field ends past the sequence' })
  .refine((h) => h.pinned.every((p) => p < h.length), { message: 'a pinned position lies outside the sequence' })
  .refine((h) => (h.region ?? []).every((cell) => cell < h.image.grid ** 2), {
    message: 'a region cell lies outside the grid',
  })
export type TrajectoryHeader = z.infer<typeof trajectoryHeaderSchema>

/** Token choices as three columns of equal length; confidence is the probability of the choice, 0..1. */
export interface TokenPicks {
  readonly positions: readonly number[]
  readonly tokens: readonly number[]
  readonly confidence: readonly number[]
}

/** One denoising step. Order within a step: `remasked`, then `commits`, then `candidates` on what is still masked. */
export interface TrajectoryStep {
  /** 1-based. */
  readonly step: number
  /** Decided in this step and kept. */
  readonly commits: TokenPicks
  /** Decided before, masked again by this step. A position may be masked again and committed anew in one step. */
  readonly remasked: readonly number[]
  /** Drafts for positions masked after the step. A position that is not listed keeps its earlier draft. */
  readonly candidates: TokenPicks
  /** Forward passes this step took, guidance included. */
  readonly forwards: number
}

const picksSchema = z.strictObject({
  positions: z.array(position),
  tokens: z.array(token),
  confidence: z.array(z.number()),
})
export const trajectoryStepSchema: z.ZodType<TrajectoryStep> = z.strictObject({
  step: stepNumber,
  commits: picksSchema,
  remasked: z.array(position),
  candidates: picksSchema,
  forwards: uint32,
})

/** What a person did to a paused run; `step` is the step it applies before. */
export const trajectoryEventSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('replace'), step: stepNumber, position, token }),
  z.strictObject({ kind: z.literal('remask'), step: stepNumber, position }),
  z.strictObject({ kind: z.literal('pin'), step: stepNumber, position }),
  z.strictObject({ kind: z.literal('unpin'), step: stepNumber, position }),
])
export type TrajectoryEvent = z.infer<typeof trajectoryEventSchema>

/** `steps[k - 1]` is step k; events are ordered by step and may stand one step past the last. */
export interface Trajectory {
  readonly header: TrajectoryHeader
  readonly steps: readonly TrajectoryStep[]
  readonly events: readonly TrajectoryEvent[]
}

/** A record that breaks the rules above. Writers turn it into a defect, readers into "damaged file". */
export class BadTrajectory extends Error {
  override readonly name = 'BadTrajectory'
}

const levels = 255
/** -ln of the lowest confidence kept (2.3e-6, below one code in 134656). */
const deepest = 13
const levelValues = Float32Array.from({ length: levels + 1 }, (_, q) =>
  Number(Math.exp(-deepest * (q / levels) ** 2).toPrecision(6)),
)

/** Level 0 (certain) .. 255 on a log scale that is finest near 1: -ln c = 13 (level / 255)^2. */
export function confidenceLevel(confidence: number): number {
  if (confidence >= 1) return 0
  if (!(confidence > 0)) return levels
  return Math.min(levels, Math.round(Math.sqrt(-Math.log(confidence) / deepest) * levels))
}

/** The confidence a stored level stands for, to six digits. */
export const levelConfidence = (level: number): number => levelValues[level]!

/** Rounds a confidence to what a file can hold, so that live and stored values agree. Idempotent. */
export const quantiseConfidence = (confidence: number): number => levelConfidence(confidenceLevel(confidence))

/** The form a step is recorded in: columns by ascending position, confidences quantised. Throws BadTrajectory. */
export function canonicalStep(
  header: Pick<TrajectoryHeader, 'length' | 'maskId'>,
  step: TrajectoryStep,
): TrajectoryStep {
  if (!uint32.safeParse(step.forwards).success) throw new BadTrajectory(`step ${step.step} has no count of forwards`)
  const remasked = [...step.remasked].sort((a, b) => a - b)
  checkPositions(remasked, header.length, 'remasked')
  return {
    step: step.step,
    commits: canonicalPicks(header, step.commits, 'commits'),
    remasked,
    candidates: canonicalPicks(header, step.candidates, 'candidates'),
    forwards: step.forwards,
  }
}

/** An edit that fits the sequence. Throws BadTrajectory. */
export function checkedEvent(header: Pick<TrajectoryHeader, 'length' | 'maskId'>, event: unknown): TrajectoryEvent {
  const parsed = trajectoryEventSchema.safeParse(event)
  if (!parsed.success) throw new BadTrajectory(`an edit is wrong (${firstIssue(parsed.error)})`)
  const { data } = parsed
  if (data.position >= header.length)
    throw new BadTrajectory(`an edit names position ${data.position}, past the sequence`)
  if (data.kind === 'replace' && data.token === header.maskId) {
    throw new BadTrajectory(`an edit puts the mask on position ${data.position}`)
  }
  return data
}

/** The first thing zod found wrong, with its path. */
export function firstIssue(error: z.ZodError): string {
  const issue = error.issues[0]
  return issue ? `${issue.path.join('.') || 'record'}: ${issue.message}` : 'it does not have the expected shape'
}

function canonicalPicks(
  header: Pick<TrajectoryHeader, 'maskId' | 'length'>,
  picks: TokenPicks,
  what: string,
): TokenPicks {
  const { positions, tokens, confidence } = picks
  if (tokens.length !== positions.length || confidence.length !== positions.length) {
    throw new BadTrajectory(`the columns of ${what} differ in length`)
  }
  if (tokens.some((t) => !Number.isInteger(t) || t < 0 || t > maxToken || t === header.maskId)) {
    throw new BadTrajectory(`${what} hold an impossible token`)
  }
  const order = positions.map((_, i) => i).sort((a, b) => positions[a]! - positions[b]!)
  const sorted = order.map((i) => positions[i]!)
  checkPositions(sorted, header.length, what)
  return {
    positions: sorted,
    tokens: order.map((i) => tokens[i]!),
    confidence: order.map((i) => quantiseConfidence(confidence[i]!)),
  }
}

function checkPositions(sorted: readonly number[], length: number, what: string): void {
  sorted.forEach((p, i) => {
    if (!Number.isInteger(p) || p < 0 || p >= length)
      throw new BadTrajectory(`${what} name position ${p}, outside the sequence`)
    if (i > 0 && sorted[i - 1] === p) throw new BadTrajectory(`${what} name position ${p} twice`)
  })
}

/** Events grouped by the step they apply before, in order. */
export function eventsByStep(events: readonly TrajectoryEvent[]): Map<number, TrajectoryEvent[]> {
  return Map.groupBy(events, (event) => event.step)
}
