/** One prompt answered by a model, and marked by the exact judge: what a bench run repeats. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { DimensionScores } from '../../shared/bench.ts'
import type { DecodingMode, Trajectory } from '../../shared/trajectory.ts'
import type { Acceleration } from '../../shared/acceleration.ts'
import { TandemError } from '../../shared/errors.ts'
import { advanceFrame, draftTokens, frameCodes, initialFrame } from '../../shared/trajectory-frame.ts'
import { judge } from '../bench/judge.ts'
import { explain } from '../bench/judge-reasons.ts'
import { runFiles, type AnswerRecord, type ScoreRecord } from '../bench/run-folder.ts'
import type { Prompt } from '../bench/suite.ts'
import { hashWords } from '../data/random.ts'
import type { WorldSample } from '../data/world/types.ts'
import type { World } from '../data/world/world.ts'
import { writeFileAtomic } from '../files.ts'
import { encodePng, readPicture } from '../images.ts'
import { prepareRun, readOutcome, runSteps, type Engine } from '../run.ts'
import { readTrajectory, writeTrajectory } from '../trajectory/file.ts'

/** Raise it when a formula of docs/parabench.md changes: scores of two versions are never mixed. */
export const exactJudge = 'exact 1'

export interface AnswerSettings {
  readonly mode: DecodingMode
  readonly steps: number
  readonly imageSteps?: number | undefined
  readonly acceleration?: Acceleration | undefined
  readonly guidance: { readonly text: number; readonly image: number }
  readonly temperatures: { readonly text: number; readonly image: number }
}

export interface FreshAnswer {
  readonly record: AnswerRecord
  readonly rgb: Uint8Array
  readonly trajectory: Trajectory
}

/** A prompt this model cannot be asked; it is unjudged, and the run goes on. */
export class Unaskable extends TandemError {}

/**
 * Answers a prompt and writes picture and trajectory into the run's folder. The sampler's seed is drawn from (seed, id),
 * so that an answer does not depend on which others were given before it. Null when it was stopped. Throws Unaskable
 * where the model cannot read the instruction.
 */
export async function answerPrompt(
  engine: Engine,
  prompt: Prompt,
  seed: number,
  settings: AnswerSettings,
  folder: string,
  signal: AbortSignal,
): Promise<FreshAnswer | null> {
  const { size } = engine.model.config.image
  const began = performance.now()
  const header = await prepareRun(engine, {
    instruction: prompt.instruction,
    input: await prompt.input(size),
    mode: settings.mode,
    steps: settings.steps,
    ...(settings.imageSteps === undefined ? {} : { imageSteps: settings.imageSteps }),
    guidance: settings.guidance,
    temperatures: settings.temperatures,
    ...(settings.acceleration ? { acceleration: settings.acceleration } : {}),
    seed: hashWords(['parabench', seed, prompt.id], 1)[0]!,
  }).catch((error: unknown) => {
    throw error instanceof TandemError && error.kind === 'input'
      ? new Unaskable(error.message, error.remedy, 'input', { cause: error })
      : error
  })
  const steps = await Array.fromAsync(runSteps(engine, { header, steps: [], events: [] }, signal))
  if (signal.aborted) return null
  const trajectory: Trajectory = { header, steps, events: [] }
  let state = initialFrame(header)
  for (const step of steps) state = advanceFrame(state, header, step)
  const { rgb, reasoning } = await readOutcome(engine, header, state.tokens)
  const ms = Math.round((performance.now() - began) * 10) / 10
  const name = `${prompt.id}-s${seed}`
  const answers = join(folder, runFiles.answers)
  await mkdir(answers, { recursive: true })
  await writeFileAtomic(join(answers, `${name}.png`), await encodePng(rgb, size, size))
  await writeTrajectory(join(answers, `${name}.tdm`), trajectory)
  const forwards = steps.reduce((sum, step) => sum + step.forwards, 0)
  return { record: { kind: 'answer', id: prompt.id, seed, reasoning, name, forwards, ms }, rgb, trajectory }
}

/** An answer read back: the picture is lossless, so a later judge sees what an earlier one saw. */
export async function readAnswer(record: AnswerRecord, folder: string, size: number): Promise<FreshAnswer> {
  const path = join(folder, runFiles.answers, record.name)
  const { rgb } = await readPicture(`${path}.png`, { size })
  return { record, rgb, trajectory: await readTrajectory(`${path}.tdm`) }
}

/** The exact judge's record of an answer. `alongEvery`: Output Alignment of the drafts, every k-th step and the last. */
export async function scoreExactly(
  engine: Engine,
  world: World,
  sample: WorldSample,
  answer: FreshAnswer,
  alongEvery: number | null,
): Promise<ScoreRecord> {
  const { record, rgb, trajectory } = answer
  const thinks = trajectory.header.mode !== 'image-only'
  const {
    scores: given,
    rightImage,
    rightReasoning,
    reading,
  } = judge(world, sample, { rgb, reasoning: record.reasoning })
  const text = (score: number): number | null => (thinks ? round(score) : null)
  const scores: DimensionScores = {
    text_quality: text(given.text_quality),
    text_alignment: text(given.text_alignment),
    image_consistency: given.image_consistency === null ? null : round(given.image_consistency),
    image_alignment: round(given.image_alignment),
    image_quality: round(given.image_quality),
    output_alignment: text(given.output_alignment),
  }
  return {
    kind: 'score',
    id: record.id,
    seed: record.seed,
    judge: exactJudge,
    scores,
    right: { image: rightImage, reasoning: thinks && rightReasoning },
    reasons: explain(world, sample, record.reasoning, reading, scores),
    ...(alongEvery !== null && thinks
      ? { along: await alignmentAlong(engine, world, sample, trajectory, alongEvery) }
      : {}),
  }
}

const round = (x: number): number => Number(x.toFixed(4))

/**
 * Output Alignment of what a viewer would see after step k, drafts filled in. Where a part of picture or text has neither
 * decision nor draft, nothing can agree yet: 0.
 */
async function alignmentAlong(
  engine: Engine,
  world: World,
  sample: WorldSample,
  { header, steps }: Trajectory,
  every: number,
): Promise<[number, number][]> {
  const points: [number, number][] = []
  const text = header.fields.find((f) => f.name === 'outputText')
  let state = initialFrame(header)
  for (const step of steps) {
    state = advanceFrame(state, header, step)
    if (step.step % every !== 0 && step.step !== steps.length) continue
    const tokens = draftTokens(state)
    const drawn = frameCodes(header, state).every((code) => code >= 0)
    const said = text !== undefined && !tokens.subarray(text.start, text.start + text.length).includes(header.maskId)
    if (!drawn || !said) {
      points.push([step.step, 0])
      continue
    }
    const { rgb, reasoning } = await readOutcome(engine, header, tokens)
    points.push([step.step, round(judge(world, sample, { rgb, reasoning }).scores.output_alignment)])
  }
  return points
}
