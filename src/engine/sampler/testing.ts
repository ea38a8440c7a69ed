/** For tests: headers of runs on a small layout, and a predictor that follows a script. */
import {
  canonicalStep,
  type DecodingMode,
  type Modality,
  type Trajectory,
  type TrajectoryHeader,
  type TrajectoryStep,
} from '../../shared/trajectory.ts'
import { seededRandom } from '../data/random.ts'
import { denoise, type DenoiseOptions } from './denoise.ts'
import type { Picks, PredictRequest, Predictor } from './predictor.ts'
import { defaultCurves, makePlan } from './schedule.ts'

export const MASK = 0
/** Text ids 1..99, image codes 100..115. */
export const TEXT = { start: 3, length: 12 } as const
export const IMAGE = { start: 17, length: 16 } as const
export const LENGTH = 34

/** `task soi`-like control tokens, a condition, twelve masked words, a control token, sixteen masked codes. */
export function runHeader(
  mode: DecodingMode,
  part: Partial<TrajectoryHeader> & { readonly imageSteps?: number } = {},
): TrajectoryHeader {
  const { imageSteps, ...rest } = part
  const steps = part.steps ?? 8
  const plan = makePlan(mode, steps, imageSteps)
  const imageOnly = mode === 'image-only'
  const text = { name: 'outputText', ...TEXT, modality: 'text' } as const
  const image = { name: 'outputImage', ...IMAGE, modality: 'image' } as const
  const tokens = Array.from({ length: LENGTH }, (_, p) => {
    const decides =
      (p >= IMAGE.start && p < IMAGE.start + IMAGE.length) ||
      (!imageOnly && p >= TEXT.start && p < TEXT.start + TEXT.length)
    return decides ? MASK : 90
  })
  return {
    format: 'tandem-trajectory',
    version: 1,
    seed: 11,
    mode,
    task: imageOnly ? 'editImageOnly' : 'edit',
    steps,
    schedule: {
      ...(plan.text.length > 0 ? { text: { kind: defaultCurves.text, steps: [...plan.text] } } : {}),
      image: { kind: defaultCurves.image, steps: [...plan.image] },
    },
    guidance: { text: 0, image: 0 },
    temperatures: { text: 0, image: 0 },
    length: LENGTH,
    tokens,
    maskId: MASK,
    fields: [{ name: 'instruction', start: 1, length: 2, modality: 'text' }, ...(imageOnly ? [] : [text]), image],
    image: { grid: 4, offset: 100, codebookSize: 16 },
    model: { name: 'script', hash: 'abcdef01' },
    provider: 'cpu',
    instruction: 'x',
    pinned: [],
    ...rest,
  }
}

export interface ScriptedPredictor extends Predictor {
  readonly requests: PredictRequest[]
  /** Forward passes: the sequences of all requests. */
  forwards(): number
}

/** Answers as a model would: a pure function of the sequences and of what is asked, temperature and guidance included. */
export function scriptedPredictor(): ScriptedPredictor {
  const requests: PredictRequest[] = []
  const answer = (modality: Modality, request: PredictRequest): Picks => {
    const ask = request.asks[modality]!
    const context = request.sequences.map((s) => s.join()).join('|')
    const rows = ask.positions.map((position, i) => {
      const random = seededRandom(
        context,
        position,
        ask.temperature,
        ask.guidance,
        ask.temperature > 0 ? ask.uniforms[i]! : 0,
      )
      const token = modality === 'text' ? 1 + random.int(99) : 100 + random.int(16)
      return { token, confidence: 0.01 + 0.98 * random.next() }
    })
    return {
      tokens: Int32Array.from(rows, (row) => row.token),
      confidence: Float32Array.from(rows, (row) => row.confidence),
    }
  }
  return {
    requests,
    forwards: () => requests.reduce((n, request) => n + request.sequences.length, 0),
    predict(request) {
      requests.push(request)
      const modalities = (['text', 'image'] as const).filter((modality) => request.asks[modality])
      return Promise.resolve(Object.fromEntries(modalities.map((modality) => [modality, answer(modality, request)])))
    },
  }
}

/** The instruction hidden, as a run does it. */
export const hideInstruction = (sequence: Int32Array): Int32Array =>
  sequence.map((token, p) => (p === 1 || p === 2 ? MASK : token))

/** Runs to the end, or to an abort; the steps as they are recorded. */
export async function runAll(known: Trajectory, more: Partial<DenoiseOptions> = {}): Promise<TrajectoryStep[]> {
  const steps: TrajectoryStep[] = []
  const options = { predictor: scriptedPredictor(), unconditional: hideInstruction, ...more }
  for await (const step of denoise(known, options)) steps.push(canonicalStep(known.header, step))
  return steps
}

export const fresh = (header: TrajectoryHeader): Trajectory => ({ header, steps: [], events: [] })
