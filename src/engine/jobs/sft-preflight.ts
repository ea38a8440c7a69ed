/**
 * Before hours are spent: one step of every kind the run will take, one validation, one checkpoint and one preview are
 * carried out and measured, memory first on one and two samples, so that a step that cannot fit is never tried. Nothing
 * stays of it.
 */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import type { JobUpdate } from '../../shared/jobs.ts'
import type { PreflightReport } from '../../shared/training.ts'
import { seededRandom } from '../data/random.ts'
import { existingFolder, freeDisk } from '../disk.ts'
import { asWrite } from '../files.ts'
import { memoryState, residentMemory, watchPeak } from '../memory.ts'
import { checkpointBytes, saveCheckpoint } from '../train/checkpoint.ts'
import { checkpointPath, freshState } from '../train/open-state.ts'
import { clipGradient, createOptimiser } from '../train/optimiser.ts'
import { judgeRun } from '../train/preflight-verdict.ts'
import type { SftTask } from '../train/sft.ts'
import type { Prepared } from './sft-prepare.ts'
import { makePreviews } from './previews.ts'

/** Bytes of metrics a step leaves, and what a reader should expect of a run's small files. */
const METRICS_A_STEP = 900

interface Timed {
  readonly secondsPerStep: number
  readonly secondsPerValidation: number | null
  readonly secondsPerCheckpoint: number
  readonly secondsPerLook: number
  readonly peak: number
  readonly previewBytes: number
}

export async function* preflightJob(
  prepared: Prepared,
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<JobUpdate> {
  yield { type: 'started', total: 3, detail: 'measuring a step' }
  const { config, task, model, source } = prepared
  const { batch, accumulate } = config.sft
  const memory = memoryState()
  const held = residentMemory()
  const available = held + memory.free
  const growth = await passGrowth(prepared, signal)
  if (signal.aborted) return
  yield { type: 'progress', done: 1, total: 3, metrics: {} }
  const share = batch / accumulate
  // Weights, their average, two moments and the gradient; a second gradient where passes are added up.
  const arrays = 4 * task.table.size * (accumulate > 1 ? 6 : 5)
  const peakOf = (samples: number): number => held + arrays + growth.one + growth.more * (samples - 1)
  const expected = peakOf(share)
  const tooMuch = expected > 0.95 * available
  const timed = tooMuch ? null : await measure(prepared, directory, signal)
  if (signal.aborted) return
  yield { type: 'progress', done: 2, total: 3, metrics: {} }

  const { steps, validateEvery, saveEvery, previews } = config
  const secondsPerStep = timed?.secondsPerStep ?? growth.secondsPerSample * batch
  const checkpoint = checkpointBytes(task.table.size)
  const looks =
    previews && previews.every > 0 && prepared.prompts.length > 0 ? Math.ceil(steps / previews.every) + 1 : 0
  const validations = Math.ceil(steps / validateEvery) + 1
  const training =
    steps * secondsPerStep + validations * (timed?.secondsPerValidation ?? 0) + looks * (timed?.secondsPerLook ?? 0)
  const totalSeconds = prepared.seconds + training + (training / saveEvery + 2) * (timed?.secondsPerCheckpoint ?? 0)
  // A checkpoint is written beside the one it replaces; the best weights likewise.
  const diskNeeded =
    2 * checkpoint +
    2 * (checkpoint / 4) +
    checkpoint / 4 +
    steps * METRICS_A_STEP +
    looks * (timed?.previewBytes ?? 0) * prepared.prompts.length
  const diskFree = await freeDisk(directory)
  const peak = Math.round(timed?.peak ?? expected)
  const method = config.adapter ? 'lora' : 'full'
  const rank = config.adapter?.rank ?? null
  const { limit, total } = memory
  const judged = judgeRun({
    ...{ method, rank, batch, accumulate, steps, totalSeconds, peak, available, limit, diskNeeded, diskFree },
    peakOf: (samples) => Math.max(0, peak - expected) + peakOf(samples),
  })
  const report: PreflightReport = {
    ...judged,
    method,
    parameters: { trained: task.table.size, model: model.parameters },
    rows: source.counts ? { ...source.counts } : null,
    steps,
    samples: steps * batch,
    secondsPerStep,
    secondsPerValidation: timed?.secondsPerValidation ?? null,
    secondsPerCheckpoint: timed?.secondsPerCheckpoint ?? 0,
    secondsPreparing: prepared.seconds,
    totalSeconds,
    memory: { peak, free: Math.round(available), limit, total },
    disk: { needed: Math.round(diskNeeded), free: diskFree, checkpoint },
  }
  yield { type: 'result', result: { preflight: report } }
}

/** What a pass of one sample adds to resident memory, and each sample more: measured with passes of one and of two. */
async function passGrowth(
  { retask, config }: Prepared,
  signal: AbortSignal,
): Promise<{ one: number; more: number; secondsPerSample: number }> {
  const grown: number[] = []
  let secondsPerSample = 0
  for (const batch of [1, 2]) {
    if (signal.aborted) break
    const task = retask({ batch, accumulate: 1 })
    try {
      const peak = watchPeak()
      const before = residentMemory()
      const arrays = {
        weights: task.start ?? new Float32Array(task.table.size),
        gradient: new Float32Array(task.table.size),
      }
      const largest = task.kinds.reduce((a, b) => (rank(b) > rank(a) ? b : a))
      const began = performance.now()
      await task.stepOf(largest, {
        ...arrays,
        random: seededRandom('preflight', config.seed),
        position: 0,
        step: 0,
        progress: 0,
      })
      secondsPerSample = (performance.now() - began) / 1000 / batch
      grown.push(peak() - before)
    } finally {
      await task.dispose()
    }
  }
  const [one = 0, two = one] = grown
  return { one, more: Math.max(0, two - one), secondsPerSample }
}

/** An edit with its reasoning is the longest sequence. */
const rank = ({ edit, imageOnly }: { edit: boolean; imageOnly: boolean }): number =>
  (edit ? 2 : 0) + (imageOnly ? 0 : 1)

async function measure(prepared: Prepared, directory: string, signal: AbortSignal): Promise<Timed> {
  const { task, config, live, prompts } = prepared
  const peak = watchPeak()
  const folder = await existingFolder(directory)
  const scratch = await asWrite('the run folder', () => mkdtemp(join(folder, '.tandem-preflight-')))
  try {
    const state = freshState(task, config.seed)
    const moments = { step: 0, first: state.first, second: state.second }
    const optimiser = await createOptimiser(task.table, config.optimiser, moments)
    try {
      const secondsPerStep = await stepSeconds(task, state, optimiser, config, signal)
      let began = performance.now()
      const validated = task.validate ? await task.validate(state.ema, signal) : null
      const secondsPerValidation = validated ? since(began) : null
      began = performance.now()
      await saveCheckpoint(checkpointPath(scratch), task.table, state)
      const secondsPerCheckpoint = since(began)
      began = performance.now()
      const look = { weights: state.ema, step: 0, seconds: 0, samples: 0, asked: true }
      const first = prompts.slice(0, 1)
      if (config.previews) await makePreviews(live, first, config.previews, scratch, look, signal)
      const secondsPerLook = since(began) * prompts.length
      const previewBytes = await bytesBelow(join(scratch, 'previews'))
      return { secondsPerStep, secondsPerValidation, secondsPerCheckpoint, secondsPerLook, peak: peak(), previewBytes }
    } finally {
      await optimiser.dispose()
    }
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

const since = (began: number): number => (performance.now() - began) / 1000

/** Mean seconds of a step: each kind once to open its graph, once to be timed, weighed by how often it is drawn. */
async function stepSeconds(
  task: SftTask,
  state: ReturnType<typeof freshState>,
  optimiser: Awaited<ReturnType<typeof createOptimiser>>,
  { seed, clip }: Prepared['config'],
  signal: AbortSignal,
): Promise<number> {
  const gradient = new Float32Array(task.table.size)
  const random = seededRandom('preflight', seed)
  const one = async (kind: SftTask['kinds'][number]): Promise<number> => {
    const began = performance.now()
    await task.stepOf(kind, { weights: state.weights, gradient, random, position: 0, step: 0, progress: 0 })
    const norm = clipGradient(gradient, clip)
    if (!Number.isFinite(norm))
      throw new TandemError('The first gradient is not finite.', 'Check the model and the data.', 'environment')
    // Nothing is learned: what is measured stays the model that was given.
    await optimiser.update(state.weights, gradient, 0)
    return since(began)
  }
  let seconds = 0
  for (const kind of task.kinds) {
    if (signal.aborted) return seconds
    await one(kind)
    await new Promise((resolve) => setImmediate(resolve))
    seconds += kind.share * (await one(kind))
  }
  return seconds
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => [])
  const sizes = entries.filter((e) => e.isFile()).map(async (e) => (await stat(join(e.parentPath, e.name))).size)
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
}
