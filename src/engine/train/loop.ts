/**
 * The training loop: step, clip, update, average, and now and then validate and save. It knows nothing of what is
 * trained; a task brings parameters, data and the graph. An async generator: whoever drives it may stop between steps.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { restoreRandom, seededRandom, type Random } from '../data/random.ts'
import { makeFolder } from '../files.ts'
import { initialiseParameters, type ParameterTable } from '../model/parameters.ts'
import { loadCheckpoint, saveCheckpoint, type TrainState } from './checkpoint.ts'
import { clipGradient, createOptimiser, learningRateAt, type OptimiserConfig } from './optimiser.ts'

export interface StepContext {
  readonly weights: Float32Array
  /** To be overwritten with the gradient of the mean loss. */
  readonly gradient: Float32Array
  readonly random: Random
  /** Next sample index of the data source. */
  readonly position: number
  readonly step: number
  /** Share of the run that is done, for curricula. */
  readonly progress: number
}

export interface StepOutcome {
  readonly samples: number
  readonly position: number
  readonly metrics: Readonly<Record<string, number>>
}

export interface TrainTask {
  readonly table: ParameterTable
  /** Canonical text of everything that must not change across a resume. */
  readonly identity: string
  /** Weights to start from other than fresh ones (fine-tuning). */
  readonly start?: Float32Array
  step(context: StepContext): Promise<StepOutcome>
  /** Losses on the validation split, with the given weights. */
  validate?(weights: Float32Array): Promise<Readonly<Record<string, number>>>
  dispose(): Promise<void>
}

export interface LoopOptions {
  readonly directory: string
  readonly seed: number
  readonly steps: number
  readonly optimiser: OptimiserConfig
  readonly schedule: {
    readonly peak: number
    readonly warmup: number
    readonly decayFrom: number
    readonly floor: number
  }
  readonly clip: number
  /** EMA decay of the weights that are shipped; ramps up over the first steps. */
  readonly ema: number
  readonly validateEvery: number
  /** Seconds between checkpoints. */
  readonly saveEvery: number
  /** Steps between snapshots of the averaged weights; none when absent. */
  readonly snapshotEvery?: number
  readonly resume: boolean
  readonly signal?: AbortSignal
  readonly threads?: number
  /** Seconds now; injected so that the loop has no clock of its own. */
  readonly now?: () => number
}

export type TrainEvent =
  | { readonly kind: 'start'; readonly step: number; readonly total: number; readonly parameters: number }
  | {
      readonly kind: 'step'
      readonly step: number
      readonly total: number
      readonly samples: number
      readonly seconds: number
      readonly learningRate: number
      readonly gradientNorm: number
      readonly metrics: Readonly<Record<string, number>>
    }
  | { readonly kind: 'validation'; readonly step: number; readonly metrics: Readonly<Record<string, number>> }
  /** `weights` is the live average: whoever keeps it copies it before the next event. */
  | { readonly kind: 'snapshot'; readonly step: number; readonly weights: Float32Array }
  | { readonly kind: 'checkpoint'; readonly step: number; readonly path: string }
  | { readonly kind: 'end'; readonly step: number; readonly reason: 'done' | 'stopped' }

export const checkpointPath = (directory: string): string => join(directory, 'checkpoint.safetensors')

/** Runs or resumes training; the generator ends with an `end` event after a last checkpoint. */
export async function* train(task: TrainTask, options: LoopOptions): AsyncGenerator<TrainEvent> {
  const { table } = task
  const now = options.now ?? (() => performance.now() / 1000)
  await makeFolder(options.directory)
  const path = checkpointPath(options.directory)
  const state = await openState(task, options, path)
  const random = restoreRandom(state.progress.random)
  const moments = { step: state.progress.step, first: state.first, second: state.second }
  const optimiser = await createOptimiser(table, options.optimiser, moments, options.threads)
  const gradient = new Float32Array(table.size)
  let { step, samples, position } = state.progress
  const before = state.progress.seconds
  const began = now()
  let saved = began

  const save = async (): Promise<TrainEvent> => {
    const seconds = before + now() - began
    state.progress = { ...state.progress, step, samples, position, seconds, random: random.state() }
    await saveCheckpoint(path, table, state)
    saved = now()
    return { kind: 'checkpoint', step, path }
  }

  try {
    yield { kind: 'start', step, total: options.steps, parameters: table.size }
    while (step < options.steps && !options.signal?.aborted) {
      const context = { weights: state.weights, gradient, random, position, step, progress: step / options.steps }
      const outcome = await task.step(context)
      const gradientNorm = clipGradient(gradient, options.clip)
      if (!Number.isFinite(gradientNorm)) {
        throw new TandemError(
          `The gradient is not finite at step ${step}.`,
          'Lower the learning rate and resume.',
          'environment',
        )
      }
      const learningRate = learningRateAt(step, { ...options.schedule, total: options.steps })
      await optimiser.update(state.weights, gradient, learningRate)
      step++
      average(state.ema, state.weights, Math.min(options.ema, (1 + step) / (10 + step)))
      samples += outcome.samples
      position = outcome.position
      const seconds = before + now() - began
      yield {
        kind: 'step',
        step,
        total: options.steps,
        samples,
        seconds,
        learningRate,
        gradientNorm,
        metrics: outcome.metrics,
      }
      if (task.validate && (step % options.validateEvery === 0 || step === options.steps)) {
        yield { kind: 'validation', step, metrics: await task.validate(state.ema) }
      }
      if (options.snapshotEvery && step % options.snapshotEvery === 0)
        yield { kind: 'snapshot', step, weights: state.ema }
      if (now() - saved >= options.saveEvery) yield await save()
      // ONNX Runtime holds the thread during a step: give signals and timers their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    yield await save()
    yield { kind: 'end', step, reason: step >= options.steps ? 'done' : 'stopped' }
  } finally {
    await optimiser.dispose()
  }
}

async function openState(task: TrainTask, options: LoopOptions, path: string): Promise<TrainState> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  )
  if (exists && !options.resume) {
    throw new TandemError(
      'This folder already holds a training run.',
      'Add --resume to go on with it, or choose another folder.',
    )
  }
  if (exists) {
    const state = await loadCheckpoint(path, task.table)
    if (state.progress.config !== task.identity) {
      throw new TandemError(
        'The configuration differs from the one this run was started with.',
        'Resume with the original configuration, or start a new run.',
      )
    }
    return state
  }
  const random = seededRandom('train', options.seed)
  const weights = task.start?.slice() ?? initialiseParameters(task.table, random)
  return {
    weights,
    ema: weights.slice(),
    first: new Float32Array(task.table.size),
    second: new Float32Array(task.table.size),
    progress: { step: 0, samples: 0, position: 0, seconds: 0, random: random.state(), config: task.identity },
  }
}

function average(ema: Float32Array, weights: Float32Array, decay: number): void {
  for (let i = 0; i < ema.length; i++) ema[i] = decay * ema[i]! + (1 - decay) * weights[i]!
}
