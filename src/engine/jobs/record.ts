/**
 * A run on disk: its log grows in the output folder while it goes; at the end picture, text and trajectory appear whole
 * and the log goes. A failure or a cancel leaves the folder as it was; a killed process leaves the log, which can be
 * resumed.
 */
import { readdir, rm, rmdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { JobUpdate, RunResult } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { advanceFrame, frame } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { makeFolder, writeFileAtomic } from '../files.ts'
import { encodePng } from '../images.ts'
import { readOutcome, runSteps, type Engine } from '../run.ts'
import { writeTrajectory } from '../trajectory/file.ts'
import { TrajectoryLog } from '../trajectory/log.ts'
import { maskedCount, shownWords } from './words.ts'

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
): AsyncGenerator<JobUpdate> {
  const { header } = known
  const folder = await openFolder(out)
  let finished = false
  let log: TrajectoryLog | null = null
  try {
    log = await openLog(folder.path, known)
    yield { type: 'started', total: header.steps, detail: engine.model.name }
    const start = known.steps.length
    const state = frame(known, start)
    const steps = [...known.steps]
    let pending = known.events.filter((event) => event.step === start + 1)
    for await (const step of runSteps(engine, known, signal)) {
      steps.push(log.append(step))
      const now = advanceFrame(state, header, steps.at(-1)!, pending)
      Object.assign(state, now)
      pending = []
      const words = shownWords(engine.model, header, state)
      yield { type: 'step', step: step.step, total: header.steps, words, masked: maskedCount(header, state) }
    }
    log.close()
    if (signal.aborted) return
    const trajectory: Trajectory = { header, steps, events: known.events }
    yield { type: 'result', result: await writeOutputs(engine, trajectory, state.tokens, folder.path, began) }
    finished = true
  } finally {
    log?.close()
    await rm(join(folder.path, outputFiles.log), { force: true })
    if (!finished) await folder.abandon()
  }
}

async function openLog(folder: string, known: Trajectory): Promise<TrajectoryLog> {
  const path = join(folder, outputFiles.log)
  if (await stat(path).catch(() => null)) {
    throw new TandemError(
      'This folder holds the log of a run that was cut off.',
      `Resume it from ${outputFiles.log}, delete it, or choose another folder.`,
    )
  }
  const log = TrajectoryLog.create(path, known.header)
  for (const step of known.steps) {
    for (const event of known.events.filter((e) => e.step === step.step)) log.appendEvent(event)
    log.append(step)
  }
  for (const event of known.events.filter((e) => e.step === known.steps.length + 1)) log.appendEvent(event)
  return log
}

async function writeOutputs(
  engine: Engine,
  trajectory: Trajectory,
  tokens: Int32Array,
  folder: string,
  began: number,
): Promise<RunResult> {
  const { header, steps } = trajectory
  const { size } = engine.model.config.image
  const outcome = await readOutcome(engine, header, tokens)
  const { seed, mode, instruction, guidance, temperatures } = header
  const recipe = {
    instruction,
    seed,
    mode,
    steps: header.steps,
    guidance,
    temperatures,
    model: header.model,
    provider: header.provider,
    task: header.task,
  }
  const png = await encodePng(outcome.rgb, size, size, {
    Software: 'Tandem Studio',
    Description: instruction,
    tandem: JSON.stringify({
      ...recipe,
      reasoning: outcome.reasoning,
      schedule: header.schedule,
      region: header.region,
      pinned: header.pinned,
    }),
  })
  const path = (name: keyof typeof outputFiles): string => join(folder, outputFiles[name])
  const written: string[] = []
  const keep = async (name: keyof typeof outputFiles, write: () => Promise<void>): Promise<void> => {
    await write()
    written.push(path(name))
  }
  try {
    await keep('image', () => writeFileAtomic(path('image'), png))
    await keep('reasoning', () => writeFileAtomic(path('reasoning'), outcome.reasoning + '\n'))
    await keep('trajectory', () => writeTrajectory(path('trajectory'), trajectory))
  } catch (error) {
    for (const file of written) await rm(file, { force: true })
    throw error
  }
  return {
    image: path('image'),
    reasoning: outcome.reasoning,
    trajectory: path('trajectory'),
    seed,
    mode,
    steps: header.steps,
    forwards: steps.reduce((n, step) => n + step.forwards, 0),
    ms: Math.round(performance.now() - began),
    provider: header.provider,
    model: `${header.model.name} ${header.model.hash.slice(0, 8)}`,
  }
}

/** Makes the folder if need be; `abandon` takes away what was made, as long as it is empty. */
async function openFolder(out: string): Promise<{ path: string; abandon: () => Promise<void> }> {
  const path = resolve(out)
  const info = await stat(path).catch(() => null)
  if (info && !info.isDirectory()) throw new TandemError('The output is a file, not a folder.', 'Choose another --out.')
  const made = await makeFolder(path)
  return {
    path,
    async abandon() {
      for (const folder of made) {
        if ((await readdir(folder).catch(() => ['?'])).length > 0) return
        await rmdir(folder)
      }
    },
  }
}
