/**
 * Parallel denoising (MMaDA-Parallel algorithm 1): one masked diffusion model decides reasoning text and image together.
 * Each step is one forward over the whole sequence; each modality keeps its most confident picks and leaves the rest
 * masked, along its own schedule on the shared timeline. A generator: whoever drives it may stop between steps.
 */
import { seededRandom, type Random } from '../data/random.ts'
import { applyEvents, frame, type Frame } from '../../shared/trajectory-frame.ts'
import { eventsByStep } from '../../shared/trajectory.ts'
import type { Modality, TokenPicks, Trajectory, TrajectoryHeader, TrajectoryStep } from '../../shared/trajectory.ts'
import type { Ask, Picks, Predictor, PredictRequest } from './predictor.ts'
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
}

/** What a step asks of the predictor; `request` is null where nothing is left to decide. */
export interface StepQuestion {
  readonly step: number
  readonly random: Random
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

export const openDenoising = (known: Trajectory): Denoising => ({ header: known.header, state: resumeState(known) })

/** The forward that step `step` needs. Randomness is a function of the run's seed and the step alone. */
export function askStep(
  { header, state }: Denoising,
  step: number,
  unconditional: Guides,
  random: Random = seededRandom('denoise', header.seed, step),
): StepQuestion {
  const asks: Partial<Record<Modality, Ask>> = {}
  const scales = typeof unconditional === 'function' ? header.guidance : splitScale(header)
  for (const modality of MODALITIES) {
    const uniforms = drawUniforms(random, fieldLength(header, modality))
    const positions = maskedPositions(header, state, modality)
    const schedule = header.schedule[modality]
    if (!schedule || positions.length === 0) continue
    const decides = schedule.steps.includes(step) || step > (schedule.steps.at(-1) ?? 0)
    // Between updates the drafts of the last one stand: guided ones are not worth another forward, unguided ones are worse.
    const drafted = schedule.steps[0] !== undefined && step > schedule.steps[0]
    if (!decides && drafted && scales[modality] !== 0) continue
    const first = fieldStart(header, modality)
    asks[modality] = {
      positions,
      uniforms: Float32Array.from(positions, (p) => uniforms[p - first]!),
      temperature: ruleOf(schedule.kind).pickAt(header.temperatures[modality]),
      guidance: decides ? scales[modality] : 0,
    }
  }
  const conditional = Int32Array.from(state.tokens)
  const busy = MODALITIES.some((m) => asks[m])
  return { step, random, request: busy ? guided(header, conditional, asks, unconditional) : null }
}

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
  { step, random, request }: StepQuestion,
  picks: Partial<Record<Modality, Picks>>,
): TrajectoryStep {
  const commits = emptyPicks()
  const candidates = emptyPicks()
  for (const modality of MODALITIES) {
    const ask = request?.asks[modality]
    const picked = picks[modality]
    if (!ask || !picked) continue
    const keep = chooseKept(header, modality, step, ask, picked, random)
    ask.positions.forEach((position, i) => {
      const target = keep.has(i) ? commits : candidates
      target.positions.push(position)
      target.tokens.push(picked.tokens[i]!)
      target.confidence.push(picked.confidence[i]!)
      if (keep.has(i)) state.tokens[position] = picked.tokens[i]!
    })
  }
  return { step, commits, remasked: [], candidates, forwards: request?.sequences.length ?? 0 }
}

/** Which of the asked rows step `step` keeps: the most confident ones, as many as the schedule says. */
function chooseKept(
  header: TrajectoryHeader,
  modality: Modality,
  step: number,
  ask: Ask,
  picks: Picks,
  random: Random,
): ReadonlySet<number> {
  const { kind, steps } = header.schedule[modality]!
  const i = steps.indexOf(step) + 1
  // Past a modality's own steps only what a person masked again is left: decided evenly over the rest of the run.
  const late = step > (steps.at(-1) ?? 0)
  if (i === 0 && !late) return new Set()
  const update: Update = {
    total: maskedAtStart(header, modality),
    masked: ask.positions.length,
    i,
    n: steps.length,
    step,
    steps: header.steps,
  }
  const rule = ruleOf(kind)
  const count = late ? Math.ceil(update.masked / (header.steps - step + 1)) : rule.reveal(update)
  const noise = late ? null : rule.noise(modality, header.temperatures[modality], update)
  const scores = Array.from(picks.confidence, (p) => Math.log(Math.max(p, 1e-30)) + (noise ? noise(random) : 0))
  const order = scores.map((_, row) => row).sort((a, b) => scores[b]! - scores[a]! || a - b)
  return new Set(order.slice(0, count))
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
