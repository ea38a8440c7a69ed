/**
 * Parallel denoising (MMaDA-Parallel algorithm 1): one masked diffusion model decides reasoning text and image together.
 * Each step is one forward over the whole sequence; each modality keeps its most confident picks and leaves the rest
 * masked, along its own schedule on the shared timeline. A generator: whoever drives it may stop between steps.
 */
import { seededRandom, type Random } from '../data/random.ts'
import { applyEvents, frame, type Frame } from '../../shared/trajectory-frame.ts'
import { eventsByStep, quantiseConfidence } from '../../shared/trajectory.ts'
import type { Modality, TokenPicks, Trajectory, TrajectoryHeader, TrajectoryStep } from '../../shared/trajectory.ts'
import { orderOf } from './halton.ts'
import type { Ask, Picks, Predictor, PredictRequest } from './predictor.ts'
import { cachesOf, nextReuse, refreshes, type Caches } from './reuse.ts'
import { soonest, soonOf } from './soon.ts'
import { rules, type RuleName, type Update } from './rules.ts'

/** The sequence without what guidance leaves out: the instruction. */
export type Unconditional = (sequence: Int32Array) => Int32Array

/**
 * One sequence without any condition, or one without the text and one without the image. With two, guidance is on image
 * logits alone and its two scales weigh the two: cond + s_text (cond - no text) + s_image (cond - no image).
 */
export type Guides = Unconditional | Readonly<Record<Modality, Unconditional>>

export interface DenoiseOptions {
  readonly predictor: Predictor
  readonly unconditional: Guides
  /** Where randomness comes from; the run's seed and the step where absent. */
  readonly random?: (step: number) => Random
  readonly signal?: AbortSignal
}

const MODALITIES = ['text', 'image'] as const satisfies readonly Modality[]
const OUTPUT_FIELD = { text: 'outputText', image: 'outputImage' } as const

/** A run between two steps: its header and where it stands. */
export interface Denoising {
  readonly header: TrajectoryHeader
  readonly state: Frame
  /** What an accelerated run knows of earlier forwards. */
  readonly caches: Caches
}

/** What a step asks of the predictor; `request` is null where it decides nothing. */
export interface StepQuestion {
  readonly step: number
  readonly random: Random
  /** Tokens each modality decides at this step by its schedule; absent where it decides none. */
  readonly decisions: Readonly<Partial<Record<Modality, Decision>>>
  readonly request: PredictRequest | null
}

/** Runs steps start+1 .. T of a trajectory whose first `start` steps and edits are given; yields each new step. */
export async function* denoise(known: Trajectory, options: DenoiseOptions): AsyncGenerator<TrajectoryStep> {
  const run = openDenoising(known)
  for (let step = known.steps.length + 1; step <= known.header.steps; step++) {
    if (options.signal?.aborted) return
    const question = askStep(run, step, options.unconditional, options.random?.(step))
    const picks = question.request ? await options.predictor.predict(question.request) : {}
    yield takeStep(run, question, picks)
  }
}

export const openDenoising = (known: Trajectory): Denoising => ({
  header: known.header,
  state: resumeState(known),
  caches: cachesOf(known),
})

/**
 * The forward that step `step` needs. Randomness is a function of the run's seed and the step alone. A step that decides
 * nothing needs none: the sequence stays as it is, and drafts of the last forward stand.
 */
export function askStep(
  { header, state, caches }: Denoising,
  step: number,
  unconditional: Guides,
  random: Random = seededRandom('denoise', header.seed, step),
): StepQuestion {
  const asks: Partial<Record<Modality, Ask>> = {}
  const decisions: Partial<Record<Modality, Decision>> = {}
  const scales = typeof unconditional === 'function' ? header.guidance : splitScale(header)
  const soon = soonOf(header)
  for (const modality of MODALITIES) {
    const uniforms = drawUniforms(random, fieldLength(header, modality))
    const positions = maskedPositions(header, state, modality)
    const schedule = header.schedule[modality]
    if (!schedule || positions.length === 0) continue
    const decision = decisionOf(header, modality, step, positions.length)
    if (decision) decisions[modality] = decision
    // Between updates the drafts of the last one stand: guided ones are not worth another forward, unguided ones are worse.
    // Rows that wait are kept, and have no new drafts.
    const drafted = schedule.steps[0] !== undefined && step > (soon ? 1 : schedule.steps[0])
    const waits = (header.acceleration?.keep === 'waiting' && !soon) || scales[modality] !== 0
    if (!decision && drafted && waits) continue
    const first = fieldStart(header, modality)
    asks[modality] = {
      positions,
      uniforms: Float32Array.from(positions, (p) => uniforms[p - first]!),
      temperature: ruleOf(schedule.kind).pickAt(header.temperatures[modality]),
      guidance: decision ? scales[modality] : 0,
    }
  }
  // The first step shows what the model thinks, whether it decides or not.
  const busy = MODALITIES.some((m) => asks[m] && (decisions[m] || step === 1))
  if (!busy) return { step, random, decisions, request: null }
  const whole = guided(header, Int32Array.from(state.tokens), asks, unconditional)
  const request =
    soon && !refreshes(caches, header, whole.sequences.length)
      ? { ...whole, asks: soonest(header, soon, state, whole.asks, decisions) }
      : whole
  const reuse = nextReuse(caches, header, request, (tokens) => guided(header, tokens, asks, unconditional).sequences)
  return { step, random, decisions, request: reuse ? { ...request, reuse } : request }
}

/** An update of a modality: how many tokens it decides, and what it is of its schedule; null past the schedule's end. */
interface Decision {
  readonly count: number
  readonly update: Update | null
}

/** What step `step` decides of a modality with `masked` tokens left; undefined where that is nothing. */
function decisionOf(header: TrajectoryHeader, modality: Modality, step: number, masked: number): Decision | undefined {
  const { kind, steps } = header.schedule[modality]!
  const i = steps.indexOf(step) + 1
  // Past a modality's own steps only what a person masked again is left: decided evenly over the rest of the run.
  if (step > (steps.at(-1) ?? 0)) return { count: Math.ceil(masked / (header.steps - step + 1)), update: null }
  if (i === 0) return undefined
  const update = { total: maskedAtStart(header, modality), masked, i, n: steps.length, step, steps: header.steps }
  const count = ruleOf(kind).reveal(update)
  return count > 0 || sureFrom(header, modality) !== null ? { count, update } : undefined
}

const sureFrom = ({ acceleration }: TrajectoryHeader, modality: Modality): number | null =>
  acceleration?.sure[modality] ?? null

/** Whether any guidance is asked for, of each modality, where there are two unconditional sequences. */
const splitScale = ({ guidance }: TrajectoryHeader): Record<Modality, number> => ({
  text: 0,
  image: Math.abs(guidance.text) + Math.abs(guidance.image),
})

/**
 * A pass with zero weight is never run: an unconditional sequence exists only where its scale is not zero and it differs from
 * the conditional one (a generation has no image to leave out).
 */
function guided(
  { guidance }: TrajectoryHeader,
  conditional: Int32Array,
  asks: Partial<Record<Modality, Ask>>,
  unconditional: Guides,
): PredictRequest {
  if (!MODALITIES.some((m) => asks[m] && asks[m].guidance !== 0)) return { sequences: [conditional], asks }
  const differs = (sequence: Int32Array): boolean => sequence.some((token, i) => token !== conditional[i])
  if (typeof unconditional === 'function') {
    const without = unconditional(conditional)
    return { sequences: differs(without) ? [conditional, without] : [conditional], asks }
  }
  const parts = MODALITIES.filter((m) => guidance[m] !== 0)
    .map((m) => ({ scale: guidance[m], sequence: unconditional[m](conditional) }))
    .filter(({ sequence }) => differs(sequence))
  const { text, image } = asks
  return {
    sequences: [conditional, ...parts.map(({ sequence }) => sequence)],
    asks: {
      ...(text ? { text: { ...text, guidances: parts.map(() => 0) } } : {}),
      ...(image ? { image: { ...image, guidances: parts.map(({ scale }) => scale) } } : {}),
    },
  }
}

const ruleOf = (kind: string): (typeof rules)[RuleName] => rules[kind as RuleName]

/** Keeps what the step decides, in place, and returns its record. */
export function takeStep(
  { header, state }: Denoising,
  { step, random, request, decisions }: StepQuestion,
  picks: Partial<Record<Modality, Picks>>,
): TrajectoryStep {
  const commits = emptyPicks()
  const candidates = emptyPicks()
  for (const modality of MODALITIES) {
    const ask = request?.asks[modality]
    const picked = picks[modality]
    if (!ask || !picked) continue
    const keep = chooseKept(header, modality, decisions[modality], ask, picked, random)
    ask.positions.forEach((position, i) => {
      const target = keep.has(i) ? commits : candidates
      target.positions.push(position)
      target.tokens.push(picked.tokens[i]!)
      target.confidence.push(picked.confidence[i]!)
      if (keep.has(i)) state.tokens[position] = picked.tokens[i]!
      else {
        state.candidates[position] = picked.tokens[i]!
        state.candidateConfidence[position] = quantiseConfidence(picked.confidence[i]!)
      }
    })
  }
  return { step, commits, remasked: [], candidates, forwards: request?.sequences.length ?? 0 }
}

/** Which of the asked rows a step keeps: the most confident ones, as many as the schedule says, and all that are sure. */
function chooseKept(
  header: TrajectoryHeader,
  modality: Modality,
  decision: Decision | undefined,
  ask: Ask,
  picks: Picks,
  random: Random,
): ReadonlySet<number> {
  if (!decision) return new Set()
  const { count, update } = decision
  const { kind } = header.schedule[modality]!
  const noise = update ? ruleOf(kind).noise(modality, header.temperatures[modality], update) : null
  const confident = (p: number): number => Math.log(Math.max(p, 1e-30)) + (noise ? noise(random) : 0)
  const fixed = orderOf(header, modality)
  const scores = Array.from(picks.confidence, (p, row) => fixed?.(ask.positions[row]!) ?? confident(p))
  const order = scores.map((_, row) => row).sort((a, b) => scores[b]! - scores[a]! || a - b)
  const sure = sureFrom(header, modality)
  const atOnce = sure === null ? [] : order.filter((row) => picks.confidence[row]! >= sure)
  return new Set([...order.slice(0, count), ...atOnce])
}

function drawUniforms(random: Random, n: number): Float32Array {
  return Float32Array.from({ length: n }, () => Math.min(random.next(), 1 - 2 ** -24))
}

function emptyPicks(): { positions: number[]; tokens: number[]; confidence: number[] } & TokenPicks {
  return { positions: [], tokens: [], confidence: [] }
}

/** The sequence after the given steps and edits. */
function resumeState(known: Trajectory): Frame {
  const state = frame(known, known.steps.length)
  applyEvents(state, known.header, eventsByStep(known.events).get(known.steps.length + 1))
  return state
}

function field(header: TrajectoryHeader, modality: Modality): { start: number; length: number } | undefined {
  return header.fields.find((f) => f.name === OUTPUT_FIELD[modality])
}
const fieldStart = (header: TrajectoryHeader, modality: Modality): number => field(header, modality)?.start ?? 0
const fieldLength = (header: TrajectoryHeader, modality: Modality): number => field(header, modality)?.length ?? 0

function maskedPositions(header: TrajectoryHeader, state: Frame, modality: Modality): number[] {
  const { start, length } = field(header, modality) ?? { start: 0, length: 0 }
  return Array.from({ length }, (_, i) => start + i).filter((p) => state.tokens[p] === header.maskId)
}

function maskedAtStart(header: TrajectoryHeader, modality: Modality): number {
  const { start, length } = field(header, modality) ?? { start: 0, length: 0 }
  let n = 0
  for (let p = start; p < start + length; p++) if (header.tokens[p] === header.maskId) n++
  return n
}
