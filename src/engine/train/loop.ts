/**
 * The training loop: step, clip, update, average, and now and then validate, look and save. It knows nothing of what is
 * trained; a task brings parameters, data and the graph. An async generator: whoever drives it may stop between steps,
 * or ask for something through `controls`. What falls due at a step is done before the next one, and a checkpoint says
 * which of it was done: a run that is cut anywhere and resumed does the same as one that never stopped.
 */
import { TandemError } from '../../shared/errors.ts'
import type { ControlAction, EndReason, LossByNoise } from '../../shared/training.ts'
import { restoreRandom, type Random } from '../data/random.ts'
import { makeFolder } from '../files.ts'
import type { ParameterTable } from '../model/parameters.ts'
import { saveBest, saveCheckpoint, type BestSoFar, type TrainState } from './checkpoint.ts'
import { bestPath, checkpointPath, openState } from './open-state.ts'
import { clipGradient, createOptimiser, learningRateAt, type OptimiserConfig } from './optimiser.ts'

export { bestPath, checkpointPath } from './open-state.ts'

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

/** Losses as they are told; by noise level where the task has such a thing. */
export interface Measured {
  readonly metrics: Readonly<Record<string, number>>
  readonly byNoise?: LossByNoise
}

export interface StepOutcome extends Measured {
  readonly samples: number
  readonly position: number
}

export interface TrainTask {
  readonly table: ParameterTable
  /** Canonical text of everything that must not change across a resume. */
  readonly identity: string
  /** Weights to start from other than fresh ones (fine-tuning). */
  readonly start?: Float32Array
  step(context: StepContext): Promise<StepOutcome>
  /** Losses on the validation split, with the given weights; `val_loss` decides what is best. Null when it was stopped. */
  validate?(weights: Float32Array, signal?: AbortSignal): Promise<Measured | null>
  dispose(): Promise<void>
}

/** A look at what the weights can do; it draws nothing from the run's random stream. */
export interface Look {
  /** The live average: not to be kept. */
  readonly weights: Float32Array
  readonly step: number
  readonly seconds: number
  readonly samples: number
  readonly asked: boolean
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
  /** Keeps the averaged weights of the best validation; with patience, ends after so many without a better one. */
  readonly best?: { readonly minDelta: number; readonly patience?: number }
  /** Looks every so many steps (0: only when asked); false when it was stopped. */
  readonly preview?: { readonly every: number; run(look: Look): Promise<boolean> }
  /** Validates and looks before the first step too: what there was to begin with. */
  readonly fromStart?: boolean
  /** Called before a checkpoint is written: what was told before it has to be safe first. */
  readonly beforeSave?: () => Promise<void>
  /** What was asked since the last call. */
  readonly controls?: () => readonly ControlAction[]
  readonly resume: boolean
  readonly signal?: AbortSignal
  readonly threads?: number
  /** Seconds now; injected so that the loop has no clock of its own. */
  readonly now?: () => number
}

/** Where the run is when something is told. */
interface At {
  readonly step: number
  readonly samples: number
  readonly seconds: number
}

export type TrainEvent =
  | { readonly kind: 'start'; readonly step: number; readonly total: number; readonly parameters: number }
  | ({
      readonly kind: 'step'
      readonly total: number
      readonly learningRate: number
      /** Before clipping. */
      readonly gradientNorm: number
      readonly samplesPerSecond: number
    } & At &
      Measured)
  | ({ readonly kind: 'validation'; readonly best: boolean } & At & Measured)
  /** `weights` is the live average: whoever keeps it copies it before the next event. */
  | { readonly kind: 'snapshot'; readonly step: number; readonly weights: Float32Array }
  | ({
      readonly kind: 'checkpoint'
      readonly path: string
      readonly which: 'rolling' | 'best'
      readonly why: 'interval' | 'asked' | 'best' | 'end'
      readonly bytes: number
      readonly took: number
    } & At)
  | ({ readonly kind: 'end'; readonly reason: EndReason; readonly why: string; readonly best: BestSoFar | null } & At)

/** Runs or resumes training; the generator ends with an `end` event after a last checkpoint. */
export async function* train(task: TrainTask, options: LoopOptions): AsyncGenerator<TrainEvent> {
  const { table } = task
  const { steps, signal, preview } = options
  const now = options.now ?? (() => performance.now() / 1000)
  await makeFolder(options.directory)
  const path = checkpointPath(options.directory)
  const state = await openState(task, options, path)
  const random = restoreRandom(state.progress.random)
  const moments = { step: state.progress.step, first: state.first, second: state.second }
  const optimiser = await createOptimiser(table, options.optimiser, moments, options.threads)
  const gradient = new Float32Array(table.size)
  let { step, samples, position, best, stale, early } = state.progress
  const begin = options.fromStart && step === 0 ? -1 : step
  let { validated = begin, previewed = begin } = state.progress
  const before = state.progress.seconds
  const began = now()
  let saved = began
  let paused = false

  const at = (): At => ({ step, samples, seconds: before + now() - began })
  const stopped = (): boolean => signal?.aborted ?? false
  const save = async (why: 'interval' | 'asked' | 'end'): Promise<TrainEvent> => {
    const { seconds } = at()
    const done = { ...(validated >= 0 ? { validated } : {}), ...(previewed >= 0 ? { previewed } : {}) }
    const marks = { step, samples, position, seconds, random: random.state(), best, stale, early, ...done }
    state.progress = { config: state.progress.config, ...marks }
    refuseDamaged(state)
    await options.beforeSave?.()
    const start = now()
    const bytes = await saveCheckpoint(path, table, state)
    saved = now()
    return { kind: 'checkpoint', ...at(), path, which: 'rolling', why, bytes, took: saved - start }
  }
  const look = async (asked: boolean): Promise<boolean> =>
    !preview || (await preview.run({ weights: state.ema, ...at(), asked }))

  /** Validation of this step: the best weights so far are kept, and a run that no longer improves is over. */
  async function* validate(): AsyncGenerator<TrainEvent> {
    const measured = await task.validate!(state.ema, signal)
    if (!measured || stopped()) return
    validated = step
    const loss = measured.metrics['val_loss']
    const wanted = options.best && loss !== undefined
    const better = wanted === true && (best === null || loss < best.loss - options.best.minDelta)
    if (better) best = { step, loss }
    stale = better ? 0 : stale + 1
    early = options.best?.patience !== undefined && stale >= options.best.patience
    yield { kind: 'validation', ...at(), ...measured, best: better }
    if (!better || !best) return
    const start = now()
    const file = bestPath(options.directory)
    const bytes = await saveBest(file, table, state.ema, best, at())
    yield { kind: 'checkpoint', ...at(), path: file, which: 'best', why: 'best', bytes, took: now() - start }
  }

  try {
    yield { kind: 'start', step, total: steps, parameters: table.size }
    for (let stepped = false; ; stepped = true) {
      const isDue = (every: number): boolean => step % every === 0 || step === steps
      if (task.validate && validated < step && isDue(options.validateEvery) && !stopped()) yield* validate()
      if (stepped && options.snapshotEvery && step % options.snapshotEvery === 0)
        yield { kind: 'snapshot', step, weights: state.ema }
      if (preview && preview.every > 0 && previewed < step && isDue(preview.every) && !stopped() && (await look(false)))
        previewed = step
      if (stepped && now() - saved >= options.saveEvery) yield await save('interval')
      for (const action of options.controls?.() ?? []) {
        if (action === 'save') yield await save('asked')
        else if (action === 'sample') await look(true)
        else paused = true
      }
      if (early || paused || step >= steps || stopped()) break
      const start = now()
      const context = { weights: state.weights, gradient, random, position, step, progress: step / steps }
      const outcome = await task.step(context)
      const gradientNorm = clipGradient(gradient, options.clip)
      if (!Number.isFinite(gradientNorm)) {
        // The batch is passed over when the run goes on: with the same one it would break again.
        position = outcome.position
        await save('end')
        throw new TandemError(
          `The gradient is not finite at step ${step}; the checkpoint holds the weights before it.`,
          'Lower the learning rate and resume.',
          'environment',
        )
      }
      const learningRate = learningRateAt(step, { ...options.schedule, total: steps })
      await optimiser.update(state.weights, gradient, learningRate)
      step++
      average(state.ema, state.weights, Math.min(options.ema, (1 + step) / (10 + step)))
      samples += outcome.samples
      position = outcome.position
      const samplesPerSecond = outcome.samples / Math.max(1e-9, now() - start)
      const { metrics, byNoise } = outcome
      const told = { metrics, ...(byNoise ? { byNoise } : {}), learningRate, gradientNorm, samplesPerSecond }
      yield { kind: 'step', ...at(), total: steps, ...told }
      // ONNX Runtime holds the thread during a step: give signals and timers their turn.
      await new Promise((resolve) => setImmediate(resolve))
    }
    const reason: EndReason = early ? 'early' : step >= steps ? 'done' : paused ? 'paused' : 'stopped'
    yield await save('end')
    yield { kind: 'end', ...at(), reason, why: whyEnded(reason, step, best, stale), best }
  } finally {
    await optimiser.dispose()
  }
}

function whyEnded(reason: EndReason, step: number, best: BestSoFar | null, stale: number): string {
  switch (reason) {
    case 'done':
      return `All ${step} steps are done.`
    case 'early':
      return `Validation has not improved for ${stale} times since step ${best?.step ?? 0}.`
    case 'paused':
      return `Paused after step ${step}.`
    case 'stopped':
      return `Stopped after step ${step}.`
  }
}

/** Weights that are not numbers must not replace a checkpoint that is good. */
function refuseDamaged({ weights, ema, progress }: TrainState): void {
  if (Number.isFinite(sum(weights)) && Number.isFinite(sum(ema))) return
  throw new TandemError(
    `The weights are not finite after step ${progress.step}; the checkpoint before it was kept.`,
    'Lower the learning rate and resume.',
    'environment',
  )
}

function sum(values: Float32Array): number {
  let total = 0
  for (const value of values) total += value
  return total
}

function average(ema: Float32Array, weights: Float32Array, decay: number): void {
  for (let i = 0; i < ema.length; i++) ema[i] = decay * ema[i]! + (1 - decay) * weights[i]!
}
