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
import { revealCount, type CurveName } from './schedule.ts'

/** Positions that guidance hides from the unconditional sequence: the instruction. */
export type Unconditional = (sequence: Int32Array) => Int32Array

export interface DenoiseOptions {
  readonly predictor: Predictor
  readonly unconditional: Unconditional
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
    const question = askStep(run, step, options.unconditional)
    const picks = question.request ? await options.predictor.predict(question.request) : {}
    yield takeStep(run, question, picks)
  }
}

export const openDenoising = (known: Trajectory): Denoising => ({ header: known.header, state: resumeState(known) })

/** The forward that step `step` needs. Randomness is a function of the run's seed and the step alone. */
export function askStep({ header, state }: Denoising, step: number, unconditional: Unconditional): StepQuestion {
  const random = seededRandom('denoise', header.seed, step)
  const asks: Partial<Record<Modality, Ask>> = {}
  for (const modality of MODALITIES) {
    const uniforms = drawUniforms(random, fieldLength(header, modality))
    const positions = maskedPositions(header, state, modality)
    if (!header.schedule[modality] || positions.length === 0) continue
    const first = fieldStart(header, modality)
    asks[modality] = {
      positions,
      uniforms: Float32Array.from(positions, (p) => uniforms[p - first]!),
      temperature: header.temperatures[modality],
      guidance: header.guidance[modality],
    }
  }
  const conditional = Int32Array.from(state.tokens)
  // A pass with zero weight is never run: the unconditional sequence exists only where guidance is not zero.
  const guided = MODALITIES.some((m) => asks[m] && asks[m].guidance !== 0)
  const sequences = guided ? [conditional, unconditional(conditional)] : [conditional]
  const busy = MODALITIES.some((m) => asks[m])
  return { step, random, request: busy ? { sequences, asks } : null }
}

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
  const masked = ask.positions.length
  const count = late
    ? Math.ceil(masked / (header.steps - step + 1))
    : revealCount(kind as CurveName, maskedAtStart(header, modality), masked, i, steps.length)
  // Image remasking perturbs log p by tau (1 - ratio) Gumbel noise (MMaDA); text keeps plain confidence (LLaDA).
  const noise = modality === 'image' && !late ? ask.temperature * (1 - i / steps.length) : 0
  const scores = Array.from(
    picks.confidence,
    (p) => Math.log(Math.max(p, 1e-30)) + (noise > 0 ? noise * gumbel(random) : 0),
  )
  const order = scores.map((_, row) => row).sort((a, b) => scores[b]! - scores[a]! || a - b)
  return new Set(order.slice(0, count))
}

const gumbel = (random: Random): number => -Math.log(-Math.log(Math.min(1 - 1e-7, Math.max(1e-7, random.next()))))

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
