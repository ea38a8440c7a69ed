/** Supervised fine-tuning: of a whole model or of an adapter on it, on the world or on a data set that passed its check. */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { bytesInWords } from '../../shared/bytes.ts'
import type { CheckReport } from '../../shared/datasets.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import { TandemError } from '../../shared/errors.ts'
import { runFiles, type MetricsRow, type TrainedResult } from '../../shared/training.ts'
import { freeDisk } from '../disk.ts'
import { writeFileAtomic } from '../files.ts'
import { checkpointBytes, readCheckpointProgress } from '../train/checkpoint.ts'
import { checkpointPath, train, type Look, type TrainEvent } from '../train/loop.ts'
import { openMetricsLog } from '../train/metrics-log.ts'
import type { JobContext } from './context.ts'
import { openFolder } from './output.ts'
import { lockRun } from './run-lock.ts'
import { readConfig, type SftJobConfig } from './sft-config.ts'
import { exportRun } from './sft-export.ts'
import { preflightJob } from './sft-preflight.ts'
import { prepareTraining, type Prepared } from './sft-prepare.ts'
import { makePreviews } from './previews.ts'
import { toldWhile } from './told-while.ts'
import { compactRow, memoryRows, rowOf, updateOf } from './sft-rows.ts'

export async function* sftJob(spec: SpecOf<'sft'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const config = await readConfig(spec)
  const directory = resolve(spec.out)
  await checkFolder(spec, directory)
  const prepared = yield* preparing(config, context.signal)
  try {
    if (spec.preflight) yield* preflightJob(prepared, directory, context.signal)
    else yield* runJob(prepared, spec, directory, context)
  } finally {
    await prepared.dispose()
  }
}

/** Large sets take minutes to check and to encode: it is said how far that is. */
async function* preparing(config: SftJobConfig, signal: AbortSignal): AsyncGenerator<JobUpdate, Prepared> {
  let now: { what: string; part: number } | null = null
  const tell = (what: string, part: number): void => void (now = { what, part })
  return yield* toldWhile(prepareTraining(config, { signal, tell }), () => {
    const told = now
    now = null
    return told && { type: 'loading', parts: 2, ...told }
  })
}

/** A run that was killed before its first checkpoint has its settings alone, and starts again. */
async function checkFolder({ resume, preflight }: SpecOf<'sft'>, directory: string): Promise<void> {
  if (preflight) return
  const isThere = (name: string): Promise<boolean> =>
    stat(join(directory, name)).then(
      () => true,
      () => false,
    )
  const checkpoint = await isThere(runFiles.checkpoint)
  if (resume && !checkpoint && !(await isThere(runFiles.config)))
    throw new TandemError(
      'There is no run to go on with in that folder.',
      'Check --out, or leave out --resume to start one.',
    )
  if (!resume && checkpoint)
    throw new TandemError(
      'This folder already holds a training run.',
      'Add --resume to go on with it, or choose another folder.',
    )
}

async function* runJob(
  prepared: Prepared,
  spec: SpecOf<'sft'>,
  directory: string,
  context: JobContext,
): AsyncGenerator<JobUpdate> {
  const { report, task, source } = prepared
  const folder = await openFolder(directory)
  try {
    const lock = await lockRun(directory)
    try {
      const begun = spec.resume && (await stat(checkpointPath(directory)).catch(() => null)) !== null
      const before = begun ? await readCheckpointProgress(checkpointPath(directory)) : null
      if (before) refuseOtherBasis(before.config, prepared)
      await refuseFullDisk(directory, task.table.size, before !== null)
      if (report && report.warnings > 0) yield { type: 'warning', message: warningLine(report) }
      if (source.counts?.validation === 0) yield { type: 'warning', message: UNHELD }
      const end = yield* runTraining(prepared, spec, directory, before?.step ?? null, context)
      if (context.signal.aborted) return
      if (!end) throw new Error('the training loop ended without an end')
      yield { type: 'result', result: await settle(prepared, directory, end) }
    } finally {
      await lock.release()
    }
  } finally {
    await folder.abandon()
  }
}

type EndEvent = Extract<TrainEvent, { kind: 'end' }>

/** The loop, with its rows on disk before they are told. */
async function* runTraining(
  { config, task, live, prompts }: Prepared,
  spec: SpecOf<'sft'>,
  directory: string,
  keepStep: number | null,
  { signal, controls }: JobContext,
): AsyncGenerator<JobUpdate, EndEvent | null> {
  const { steps, optimiser, schedule, clip, ema, seed, validateEvery, saveEvery, earlyStop, previews } = config
  const { log, damaged } = await openMetricsLog(join(directory, runFiles.metrics), keepStep)
  const pending: MetricsRow[] = []
  const tell = async (row: MetricsRow): Promise<void> => {
    const compact = compactRow(row)
    await log.append(compact)
    pending.push(compact)
  }
  const look = async (look: Look): Promise<boolean> => {
    const entries = await makePreviews(live, prompts, previews!, directory, look, signal)
    for (const entry of entries ?? []) await tell(entry)
    return entries !== null
  }
  const nextMemory = memoryRows()
  let end: EndEvent | null = null
  try {
    if (damaged > 0)
      yield { type: 'warning', message: `${runFiles.metrics} was damaged: its rows from there on are lost.` }
    const loop = {
      directory,
      seed,
      steps,
      optimiser,
      schedule,
      clip,
      ema,
      validateEvery,
      saveEvery,
      best: { minDelta: earlyStop?.minDelta ?? 0, ...(earlyStop ? { patience: earlyStop.patience } : {}) },
      ...(previews && prompts.length > 0 ? { preview: { every: previews.every, run: look } } : {}),
      fromStart: true,
      beforeSave: () => log.flush(),
      ...(controls ? { controls } : {}),
      resume: spec.resume,
      signal,
    }
    for await (const event of train(task, loop)) {
      // What the run goes on with: --resume needs nothing else.
      if (event.kind === 'start')
        await writeFileAtomic(join(directory, runFiles.config), JSON.stringify(config, null, 2) + '\n')
      const row = rowOf(event)
      if (row) await tell(row)
      const memory = event.kind === 'start' ? nextMemory({ step: event.step, seconds: 0, samples: 0 }) : null
      const later = event.kind === 'step' ? nextMemory(event) : memory
      if (later) await tell(later)
      for (const row of pending.splice(0)) yield { type: 'row', row }
      const update = updateOf(event, steps)
      if (update) yield update
      if (event.kind === 'end') end = event
    }
    return end
  } finally {
    log.close()
  }
}

/** What a sitting that was not stopped leaves: an export where the run is over. */
async function settle(prepared: Prepared, directory: string, end: EndEvent): Promise<TrainedResult> {
  const { reason, why, step, samples, seconds, best } = end
  const told = {
    run: directory,
    reason,
    why,
    parameters: prepared.task.table.size,
    checkpoint: checkpointPath(directory),
    steps: step,
    samples,
    seconds: Math.round(seconds),
    best,
  }
  if (reason === 'paused' || reason === 'stopped') return { ...told, model: null, exported: null }
  return { ...told, ...(await exportRun(prepared, directory)) }
}

/** Other settings are refused when the checkpoint is loaded; other data and another base are worth a sentence each. */
function refuseOtherBasis(configText: string, { source, adapter }: Prepared): void {
  const started: unknown = JSON.parse(configText)
  const of = (name: string): unknown =>
    typeof started === 'object' && started !== null && name in started ? Reflect.get(started, name) : undefined
  if (of('source') !== source.identity)
    throw new TandemError(
      'The data are not those this run was started with.',
      'Restore the data set (its rows, texts, splits and pictures), or start a new run.',
    )
  if (of('base') !== adapter?.baseHash)
    throw new TandemError(
      'The base model is not the one this adapter was started on.',
      'Restore the model folder, or start a new run.',
    )
}

/** A run whose checkpoints would not fit is not worth starting. Two stand side by side while one is replaced; one may be there. */
async function refuseFullDisk(directory: string, parameters: number, begun: boolean): Promise<void> {
  const needed = (begun ? 1 : 2) * checkpointBytes(parameters)
  const free = await freeDisk(directory)
  if (free >= needed) return
  throw new TandemError(
    `The disk has ${bytesInWords(free)} free, the checkpoints of this run need ${bytesInWords(needed)}.`,
    'Free some space, or choose another folder.',
  )
}

const UNHELD =
  'The data set has no validation rows: validation, the best weights, early stopping and previews go by rows that are trained on, ' +
  'so they do not show what was only learned by heart. "tandem dataset split" holds some back, or "Draw the splits" on the data screen.'

const warningLine = ({ warnings, counts, path }: CheckReport): string => {
  const kinds = Object.entries(counts).map(([code, n]) => `${code} ${n}`)
  return `The data set has ${warnings} warnings (${kinds.join(', ')}); "tandem dataset check ${path}" lists them.`
}
