/**
 * ParaRL as a job: rollouts, rewards along their trajectories, updates, guard rails; every row appended to the run's
 * record and sent along. Killed anywhere, it goes on from its last checkpoint and makes the same run.
 */
import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate, SpecOf } from '../../shared/jobs.ts'
import {
  RL_LEARNING_RATE,
  rlFiles,
  type PararlResult,
  type RlConfig,
  type RlNoteCode,
  type RlRow,
  type RlValidationRow,
} from '../../shared/rl.ts'
import type { PreviewEntry } from '../../shared/training.ts'
import { writeFileAtomic } from '../files.ts'
import { diversityFell, endFell, judgeFell, klPassed, type Finding } from '../rl/guards.ts'
import { prunePhases } from '../rl/phase-record.ts'
import { createParaRlTask } from '../rl/task.ts'
import { validatePolicy, type Validated } from '../rl/validate.ts'
import { loadCheckpoint } from '../train/checkpoint.ts'
import { checkpointPath, train, type Look, type LoopOptions } from '../train/loop.ts'
import type { JobContext } from './context.ts'
import { openFolder } from './output.ts'
import { makePreviews } from './previews.ts'
import { lockRun, type RunLock } from './run-lock.ts'
import { exportRl } from './pararl-export.ts'
import { readRlConfig, type OpenedRl } from './pararl-open.ts'
import { opening } from './pararl-opening.ts'
import { openRecord, type RlRecord } from './pararl-record.ts'
import { progressOf, updateRow } from './pararl-rows.ts'
import { toldShares } from './told-while.ts'

const seconds = (): number => performance.now() / 1000

export async function* pararlJob(spec: SpecOf<'pararl'>, context: JobContext): AsyncGenerator<JobUpdate> {
  const directory = resolve(spec.out)
  const config = await configOf(spec, directory)
  const folder = await openFolder(directory)
  let opened: OpenedRl | null = null
  let lock: RunLock | null = null
  try {
    lock = await lockRun(directory)
    const pending: RlRow[] = []
    const clock = { step: 0, seconds: 0 }
    const note = (code: RlNoteCode, message: string, stops = false): void =>
      void pending.push({ kind: 'note', ...clock, code, message, stops })
    yield { type: 'started', total: config.settings.steps, detail: 'opening model, reward and prompts' }
    opened = yield* opening(config, directory, note, context)
    if (!opened) return
    if (!spec.resume) await writeFileAtomic(join(directory, rlFiles.config), JSON.stringify(config, null, 2) + '\n')
    const known = (await stat(checkpointPath(directory)).catch(() => null))
      ? (await loadCheckpoint(checkpointPath(directory), opened.table)).progress
      : null
    Object.assign(clock, { step: known?.step ?? 0, seconds: known?.seconds ?? 0 })
    const record = await openRecord(directory, clock.step)
    const halt = new AbortController()
    const { controls, threads } = context
    const sitting: Sitting = { opened, record, pending, told: [], clock, halt, directory, note, validated: null }
    yield* before(sitting, context.signal)
    if (context.signal.aborted) return
    const signal = AbortSignal.any([context.signal, halt.signal])
    yield* updates(sitting, { signal, ...(controls ? { controls } : {}), ...(threads ? { threads } : {}) })
    if (context.signal.aborted) return
    yield { type: 'result', result: await resultOf(sitting) }
  } finally {
    await opened?.dispose()
    await lock?.release()
    await folder.abandon()
  }
}

/** One process at work on a run. */
interface Sitting {
  readonly opened: OpenedRl
  readonly record: RlRecord
  /** Rows that are made while a step runs, and written after it. */
  readonly pending: RlRow[]
  /** Rows that are written and wait to be told. */
  readonly told: RlRow[]
  readonly clock: { step: number; seconds: number }
  /** Ends the run after the step, with a checkpoint. */
  readonly halt: AbortController
  readonly directory: string
  note(code: RlNoteCode, message: string, stops?: boolean): void
  validated: Validated | null
}

async function configOf(spec: SpecOf<'pararl'>, directory: string): Promise<RlConfig> {
  const there = await stat(join(directory, rlFiles.config)).catch(() => null)
  if (spec.resume) {
    if (!there)
      throw new TandemError(
        'There is no run to go on with in that folder.',
        'Check --out, or leave out --resume to start one.',
      )
    return readRlConfig(directory)
  }
  if (there)
    throw new TandemError(
      'This folder already holds a run.',
      'Add --resume to go on with it, or choose another folder.',
    )
  if (!spec.run) throw new TandemError('There is nothing to train.', 'Give a model, data and a reward.')
  const { model, data, reward, settings } = spec.run
  return {
    format: 'tandem-pararl',
    version: 1,
    model: resolve(model),
    data: data.kind === 'folder' ? { ...data, path: resolve(data.path) } : data,
    reward: (await stat(reward).catch(() => null)) ? resolve(reward) : reward,
    settings,
  }
}

/** What the starting model is worth, once: guard rails and result compare with it. */
async function* before(sitting: Sitting, signal: AbortSignal): AsyncGenerator<JobUpdate> {
  const { opened, record, clock } = sitting
  yield* flush(sitting)
  if (opened.validation && !record.rows.some((row) => row.kind === 'validation')) {
    const { validation, reference } = opened
    const validated = yield* toldShares((tell) =>
      validatePolicy(validation, reference, signal, (share) => tell('Marking what the starting model answers', share)),
    )
    if (!validated) return
    yield* write(sitting, { kind: 'validation', ...clock, ...validated })
    yield* flush(sitting)
  }
  const seen = record.rows.filter((row) => row.kind === 'preview')
  const isWanted = opened.config.settings.previewEvery > 0 && clock.step === 0 && seen.length < opened.shown.length
  if (!isWanted || signal.aborted) return
  await preview(sitting, { weights: opened.reference, ...clock, samples: 0, asked: false }, signal)
  yield* tell(sitting)
}

/** The chosen prompts answered by these weights, on disk before it returns. False when it was stopped. */
async function preview(
  { opened, record, told, directory }: Sitting,
  look: Look,
  signal: AbortSignal,
): Promise<boolean> {
  const { previewSeed: seed, denoisingSteps: steps } = opened.config.settings
  const entries = await makePreviews(opened.live, opened.shown, { steps, seed }, directory, look, signal)
  for (const entry of entries ?? []) {
    // A process that was killed in between has written the first of them.
    if (record.rows.some((row) => isSamePreview(row, entry))) continue
    await record.add(entry)
    told.push(entry)
  }
  return entries !== null
}

const isSamePreview = (row: RlRow, { step, prompt, asked }: PreviewEntry): boolean =>
  !asked && row.kind === 'preview' && row.step === step && row.prompt === prompt && !row.asked

function* tell({ told }: Sitting): Generator<JobUpdate> {
  for (const row of told.splice(0)) yield { type: 'rl', row }
}

type Asked = Pick<LoopOptions, 'controls' | 'threads'> & { readonly signal: AbortSignal }

async function* updates(sitting: Sitting, asked: Asked): AsyncGenerator<JobUpdate> {
  const { opened, directory, pending, clock } = sitting
  const { settings } = opened.config
  const { validation } = opened
  const task = createParaRlTask({
    ...opened,
    settings,
    directory,
    now: seconds,
    note: (code, message) => sitting.note(code, message),
    onPhase(row) {
      pending.push({ ...row, ...clock })
    },
    ...(validation
      ? {
          async validate(weights: Float32Array, stop?: AbortSignal) {
            sitting.validated = await validatePolicy(validation, weights, stop)
            return sitting.validated && {}
          },
        }
      : {}),
  })
  const total = settings.steps
  const began = { step: clock.step, at: seconds() }
  const look = { every: settings.previewEvery, run: (look: Look) => preview(sitting, look, asked.signal) }
  const options: LoopOptions = {
    ...loopOptions(opened, directory),
    ...asked,
    ...(opened.shown.length > 0 ? { preview: look } : {}),
  }
  for await (const event of train(task, options)) {
    yield* tell(sitting)
    if (event.kind === 'start')
      yield { type: 'started', total, detail: `${event.parameters} parameters, from step ${event.step}` }
    else if (event.kind === 'step') {
      // Rows of the phase carry the step before this update, the update's own the step after it.
      yield* flush(sitting)
      Object.assign(clock, { step: event.step, seconds: event.seconds })
      const row = updateRow(event)
      yield* write(sitting, row)
      const rate = (seconds() - began.at) / Math.max(1, row.step - began.step)
      const metrics = progressOf(sitting.record.rows, row, { steps: total, rate })
      yield { type: 'progress', done: event.step, total, metrics }
      const found = klPassed(row, settings)
      if (found) yield* finding(sitting, found)
    } else if (event.kind === 'validation' && sitting.validated) yield* validated(sitting, sitting.validated)
    else if (event.kind === 'checkpoint')
      await prunePhases(directory, Math.floor(event.step / settings.inner), settings.keepEvery)
  }
}

async function* validated(sitting: Sitting, outcome: Validated): AsyncGenerator<JobUpdate> {
  const row: RlValidationRow = { kind: 'validation', ...sitting.clock, ...outcome }
  sitting.validated = null
  const first = sitting.record.rows.find((known) => known.kind === 'validation')
  yield* write(sitting, row)
  yield* flush(sitting)
  const validations = sitting.record.rows.filter((known) => known.kind === 'validation')
  const phases = sitting.record.rows.filter((known) => known.kind === 'phase')
  const judged = first ? judgeFell(first, row, sitting.opened.config.settings) : null
  for (const found of [endFell(validations, phases), judged]) if (found) yield* finding(sitting, found)
}

async function* finding(sitting: Sitting, { code, message, stops }: Finding): AsyncGenerator<JobUpdate> {
  sitting.note(code, message, stops)
  yield* flush(sitting)
  if (stops) sitting.halt.abort()
}

/** Writes what was made during a step; a phase may bring a finding of its own. */
async function* flush(sitting: Sitting): AsyncGenerator<JobUpdate> {
  for (const row of sitting.pending.splice(0)) {
    if (isKnown(sitting.record, row)) continue
    yield* write(sitting, row)
    if (row.kind !== 'phase') continue
    const phases = sitting.record.rows.filter((known) => known.kind === 'phase')
    const found = diversityFell(phases, sitting.opened.config.settings)
    if (found) yield* finding(sitting, found)
  }
}

/** What is found when a run is opened is said once, not at every sitting. */
const isKnown = ({ rows }: RlRecord, row: RlRow): boolean =>
  row.kind === 'note' &&
  (row.code === 'few-prompts' || row.code === 'hard-prompts') &&
  rows.some((known) => known.kind === 'note' && known.code === row.code)

async function* write(sitting: Sitting, row: RlRow): AsyncGenerator<JobUpdate> {
  await sitting.record.add(row)
  yield { type: 'rl', row }
  if (row.kind === 'note') yield { type: 'warning', message: row.message }
}

function loopOptions({ config: { settings } }: OpenedRl, directory: string): LoopOptions {
  const { steps, seed, optimiser, weightDecay, warmup, clip, ema, validateEvery, saveEvery } = settings
  return {
    directory,
    seed,
    steps,
    optimiser: { kind: optimiser, beta1: 0.9, beta2: 0.99, eps: 1e-8, weightDecay, momentum: 0.95 },
    schedule: {
      peak: settings.learningRate ?? RL_LEARNING_RATE,
      warmup,
      decayFrom: 1,
      floor: 1,
    },
    clip,
    ema,
    validateEvery: Math.max(1, validateEvery),
    saveEvery,
    // A run that was killed before its first checkpoint is there, too: it starts again.
    resume: true,
  }
}

async function resultOf({ opened, record, directory }: Sitting): Promise<PararlResult> {
  const { folder, progress } = await exportRl(opened, directory)
  const validations = record.rows.filter((row) => row.kind === 'validation')
  const stop = record.rows.findLast((row) => row.kind === 'note' && row.stops)
  return {
    model: folder,
    checkpoint: checkpointPath(directory),
    steps: progress.step,
    rollouts: progress.samples,
    seconds: Math.round(progress.seconds),
    stopped: stop?.kind === 'note' ? stop.code : null,
    before: validations[0] ?? null,
    after: validations.length > 1 ? validations.at(-1)! : null,
  }
}
