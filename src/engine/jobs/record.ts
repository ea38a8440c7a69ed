/**
 * A run on disk: its log grows in the output folder while it goes; at the end picture, text and trajectory appear whole
 * and the log goes. A failure or a cancel leaves the folder as it was; a killed process leaves the log, which can be
 * resumed.
 */
import { rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { providerWords } from '../../shared/providers.ts'
import type { JobUpdate, RunResult } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { advanceFrame, frame, frameCodes } from '../../shared/trajectory-frame.ts'
import type { Trajectory, TrajectoryHeader } from '../../shared/trajectory.ts'
import { writeFileAtomic } from '../files.ts'
import { encodePng } from '../images.ts'
import { readOutcome, runSteps, type Engine } from '../run.ts'
import { writeTrajectory } from '../trajectory/file.ts'
import { TrajectoryLog } from '../trajectory/log.ts'
import { hostGone } from './context.ts'
import { openFolder, writeTogether } from './output.ts'
import { livePicture } from './live-picture.ts'
import { maskedCount, shownWords, textLabels } from './words.ts'

export const outputFiles = {
  image: 'image.png',
  reasoning: 'reasoning.txt',
  trajectory: 'trajectory.tdm',
  log: 'trajectory.tdl',
} as const

/** Runs from a known part to the end, records it in `out`, and yields steps and the result. */
export async function* recordRun(
  engine: Engine,
  known: Trajectory,
  out: string,
  began: number,
  signal: AbortSignal,
  preview = false,
): AsyncGenerator<JobUpdate> {
  const { header } = known
  const folder = await openFolder(out)
  let finished = false
  let log: TrajectoryLog | null = null
  try {
    log = await openLog(join(folder.path, outputFiles.log), known)
    yield { type: 'started', total: header.steps, detail: engine.model.name, header, events: [...known.events] }
    const start = known.steps.length
    const state = frame(known, start)
    const steps = [...known.steps]
    const picture = livePicture(engine.model)
    let pending = known.events.filter((event) => event.step === start + 1)
    for await (const step of runSteps(engine, known, signal)) {
      for (const { from, to, reason } of engine.falls())
        yield {
          type: 'warning',
          message: `${providerWords[from]} failed at step ${step.step} (${reason}); the run goes on with ${providerWords[to]} from there.`,
        }
      const record = log.append(step)
      steps.push(record)
      Object.assign(state, advanceFrame(state, header, record, pending))
      pending = []
      const words = shownWords(engine.model, header, state)
      yield {
        type: 'step',
        step: record.step,
        total: header.steps,
        words,
        masked: maskedCount(header, state),
        record,
        ...(preview ? { picture: await picture(frameCodes(header, state)) } : {}),
      }
    }
    log.close()
    if (signal.aborted && steps.length < header.steps) return
    const plain: Trajectory = { header, steps, events: known.events }
    const trajectory: Trajectory = { ...plain, header: { ...header, labels: textLabels(engine.model, plain) } }
    yield { type: 'result', result: await writeOutputs(engine, trajectory, state.tokens, folder.path, began) }
    finished = true
  } finally {
    log?.close()
    // A run nobody stopped can be taken up again: its log stays when the host died under it.
    const kept = !finished && signal.reason === hostGone
    if (log && !kept) await rm(join(folder.path, outputFiles.log), { force: true })
    if (!finished) await folder.abandon()
  }
}

async function openLog(path: string, known: Trajectory): Promise<TrajectoryLog> {
  if (await stat(path).catch(() => null)) {
    throw new TandemError(
      'This folder holds the log of a run that was cut off, or is still going.',
      `Resume it from ${outputFiles.log}, delete it, or choose another folder.`,
    )
  }
  let log: TrajectoryLog | null = null
  try {
    log = TrajectoryLog.create(path, known.header)
    for (const step of known.steps) {
      for (const event of known.events.filter((e) => e.step === step.step)) log.appendEvent(event)
      log.append(step)
    }
    for (const event of known.events.filter((e) => e.step === known.steps.length + 1)) log.appendEvent(event)
    return log
  } catch (error) {
    log?.close()
    const others =
      error instanceof Error && error.cause instanceof Error && 'code' in error.cause && error.cause.code === 'EEXIST'
    if (!others) await rm(path, { force: true })
    throw error
  }
}

/** All three appear together, each whole, or none does. */
export async function writeOutputs(
  engine: Engine,
  trajectory: Trajectory,
  tokens: Int32Array,
  folder: string,
  began: number,
): Promise<RunResult> {
  const { header, steps, events } = trajectory
  const { size } = engine.model.config.image
  const outcome = await readOutcome(engine, header, tokens)
  const png = await encodePng(outcome.rgb, size, size, {
    Software: 'Tandem Studio',
    Description: header.instruction,
    tandem: JSON.stringify({
      ...recipeOf(header),
      ...(events.length > 0 ? { edits: events } : {}),
      reasoning: outcome.reasoning,
    }),
  })
  await writeTogether(folder, async (temporary) => {
    await writeFileAtomic(join(temporary, outputFiles.image), png)
    await writeFileAtomic(join(temporary, outputFiles.reasoning), outcome.reasoning + '\n')
    await writeTrajectory(join(temporary, outputFiles.trajectory), trajectory)
  })
  return {
    image: join(folder, outputFiles.image),
    reasoning: outcome.reasoning,
    trajectory: join(folder, outputFiles.trajectory),
    seed: header.seed,
    mode: header.mode,
    steps: header.steps,
    forwards: steps.reduce((n, step) => n + step.forwards, 0),
    ms: Math.round(performance.now() - began),
    provider: engine.provider,
    model: `${header.model.name} ${header.model.hash.slice(0, 8)}`,
  }
}

/** What makes the picture again, given its input: everything of the header that a person or a model chose. */
function recipeOf(header: TrajectoryHeader): Record<string, unknown> {
  const { instruction, seed, mode, task, steps, schedule, guidance, temperatures, model, provider, region, parent } =
    header
  const { acceleration } = header
  const pinned = Object.fromEntries(header.pinned.map((position) => [position, header.tokens[position]]))
  return {
    instruction,
    seed,
    mode,
    task,
    steps,
    schedule,
    guidance,
    temperatures,
    acceleration,
    model,
    provider,
    region,
    pinned,
    parent,
  }
}
