/**
 * One run from start to end: its spec, its events into the store and out to the screens, and whatever is there when it
 * ends, however it ends. Steps are on disk before they are told; a run that is stopped keeps what it has.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { describeError, TandemError } from '../../shared/errors.ts'
import { rastersResultSchema, runResultSchema, type JobEvent, type JobSpec } from '../../shared/jobs.ts'
import type { ProviderName } from '../../shared/providers.ts'
import type { PictureRef, Run, RunError } from '../../shared/studio.ts'
import { frame, frameCodes } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import type { Store } from '../store/store.ts'
import type { Lane } from '../store/queue.ts'
import type { Lanes } from './lanes.ts'
import type { Models } from './models.ts'
import { pictureRef, storePicture } from './pictures.ts'
import type { Publisher } from './publisher.ts'

export interface WorkDeps {
  readonly store: Store
  readonly lanes: Lanes
  readonly models: Models
  readonly publisher: Publisher
  /** What the next run computes on. */
  readonly provider: () => Promise<ProviderName>
  /** Where runs write while they go; emptied at every start. */
  readonly work: string
}

/** Follows a run to its end. Never throws: a failure is a state of the run. */
export async function workOnRun(
  deps: WorkDeps,
  id: string,
  lane: Lane,
  signal: AbortSignal,
  onStep: (step: number, stepMs: number | null) => void,
): Promise<void> {
  const folder = join(deps.work, `${id}-${randomBytes(4).toString('hex')}`)
  const began = performance.now()
  const rhythm: number[] = []
  let beat = began
  let ended: JobEvent | null = null
  try {
    await mkdir(folder, { recursive: true })
    const spec = await specOf(deps, deps.store.runs.get(id), folder)
    change(deps, id, { state: 'running', error: null })
    for await (const event of deps.lanes.run(lane, spec, signal)) {
      if (event.type === 'step') {
        const now = performance.now()
        rhythm.push(now - beat)
        beat = now
        record(deps, id, event)
        onStep(event.step, median(rhythm))
      } else if (event.type === 'started') {
        begin(deps, id, event)
        beat = performance.now()
      } else if (event.type === 'loading') {
        const { what, part, parts } = event
        deps.publisher.publish('run.loading', { run: id, what, part, parts })
      } else if (event.type === 'warning') {
        change(deps, id, { warnings: [...deps.store.runs.get(id).warnings, event.message] })
      } else if (event.type === 'result') {
        await finish(deps, id, event.result, median(rhythm))
      } else ended = event
    }
    if (ended?.type === 'cancelled') await settle(deps, id, 'cancelled', null, performance.now() - began)
    else if (ended?.type === 'failed')
      await settle(deps, id, 'failed', failureOf(deps, id, ended), performance.now() - began)
  } catch (error) {
    const known = error instanceof TandemError
    const problem: RunError = {
      message: known ? error.message : describeError(error),
      remedy: known ? error.remedy : 'This is a defect of Tandem: please report it with its details.',
      ...(known ? {} : { details: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    }
    await settle(deps, id, 'failed', problem, performance.now() - began)
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** What the engine is asked for: a fresh run, a branch, or the rest of a run that was cut short. */
async function specOf({ store, models, ...deps }: WorkDeps, run: Run, folder: string): Promise<JobSpec> {
  const model = await models.path(run.settings.model)
  const adapters = await models.stack(run.settings.adapters ?? [])
  const provider = await deps.provider()
  const out = join(folder, 'out')
  const cut = store.records.has(run.id) ? store.records.trajectory(run.id) : null
  if (cut && cut.steps.length > 0) {
    const step = Math.min(cut.steps.length, cut.header.steps - 1)
    const trajectory = await writeRecord(store, run.id, folder)
    return { kind: 'resume', model, adapters, provider, trajectory, step, replace: [], remask: [], out, preview: true }
  }
  if (run.parent) {
    const trajectory = await writeRecord(store, run.parent.run, folder)
    const edits = run.edits ?? { replace: [], remask: [] }
    return {
      kind: 'resume',
      model,
      adapters,
      provider,
      trajectory,
      step: run.parent.step,
      ...edits,
      out,
      preview: true,
    }
  }
  const { settings } = run
  return {
    kind: 'generate',
    model,
    adapters,
    provider,
    picture: run.input ? store.blobs.get(run.input.blob).path : null,
    instruction: settings.instruction,
    mode: settings.mode,
    steps: settings.steps,
    ...(settings.imageSteps === undefined ? {} : { imageSteps: settings.imageSteps }),
    seed: run.seed,
    guidance: settings.guidance,
    temperatures: settings.temperatures,
    ...(settings.acceleration ? { acceleration: settings.acceleration } : {}),
    mask: run.mask ? store.blobs.get(run.mask.blob).path : null,
    pins: run.pins,
    out,
    preview: true,
  }
}

async function writeRecord(store: Store, run: string, folder: string): Promise<string> {
  const path = join(folder, 'from.tdm')
  await writeFile(path, store.records.bytes(run))
  return path
}

function begin({ store, publisher }: WorkDeps, id: string, event: Extract<JobEvent, { type: 'started' }>): void {
  const { header, events = [] } = event
  if (!header) return
  publisher.publishWith(() => {
    const run = store.runs.get(id)
    // What a branch shares with its parent, and a continued run with itself, is part of its record from the start.
    const source = store.records.has(id) ? id : (run.parent?.run ?? null)
    const known = source === null ? [] : store.records.trajectory(source).steps
    const shared = source === id ? known : known.slice(0, run.parent?.step ?? 0)
    store.records.begin(id, header, shared.slice(0, header.steps - 1), events)
    store.runs.update(id, {
      step: shared.length,
      modelName: header.model.name,
      modelHash: header.model.hash,
      provider: header.provider,
      hasTrajectory: true,
    })
    return { run: id, header }
  }, 'run.started')
  change({ store, publisher }, id, {})
}

function record({ store, publisher }: WorkDeps, id: string, event: Extract<JobEvent, { type: 'step' }>): void {
  publisher.publishWith(() => {
    store.records.append(id, event.record)
    return { run: id, record: event.record, ...(event.picture ? { picture: event.picture } : {}) }
  }, 'run.step')
}

async function finish(deps: WorkDeps, id: string, raw: unknown, stepMs: number | null): Promise<void> {
  const { store } = deps
  const result = runResultSchema.parse(raw)
  const { blob } = await store.blobs.put(createReadStream(result.image))
  const picture = await pictureRef(store.blobs, blob)
  const bytes = await readFile(result.trajectory)
  change(deps, id, () => {
    store.records.finish(id, bytes)
    store.queue.remove(id)
    return {
      state: 'done',
      step: result.steps,
      stepMs,
      ms: result.ms,
      reasoning: result.reasoning,
      picture,
      endedAt: Date.now(),
      hasTrajectory: true,
    }
  })
}

/** A run that ended early: its steps become a trajectory, its last drafts its picture and its words. */
export async function settle(
  deps: WorkDeps,
  id: string,
  state: 'cancelled' | 'failed',
  error: RunError | null,
  ms: number | null,
): Promise<void> {
  const { store } = deps
  if (!store.runs.find(id)) return
  const partial = store.records.has(id) ? store.records.trajectory(id) : null
  const picture = await partialPicture(deps, id, partial)
  end(deps, id, partial, { ...(picture ? { picture } : {}), state, error, ms })
}

/** Settles a run that an earlier service left running: at once, for screens wait for it; its picture follows. */
export function settleLeft(deps: WorkDeps, id: string): void {
  const { store } = deps
  const partial = store.records.has(id) ? store.records.trajectory(id) : null
  const remedy = partial ? 'Continue it from its last recorded step.' : 'Run it again.'
  const error = { message: 'The studio ended in the middle of this run.', remedy }
  end(deps, id, partial, { state: 'failed', error, ms: null })
  void partialPicture(deps, id, partial).then((picture) => picture && change(deps, id, { picture }))
}

function end(deps: WorkDeps, id: string, partial: Trajectory | null, by: Partial<Run>): void {
  const { store } = deps
  change(deps, id, () => {
    const has = store.records.compact(id)
    // Together with its end: whoever hears of it may put the run into the queue again.
    store.queue.remove(id)
    return { ...by, endedAt: Date.now(), hasTrajectory: has, step: partial?.steps.length ?? 0 }
  })
}

/** What the last drafts look like; null where that cannot be drawn: the record is what must not be lost. */
async function partialPicture(
  { store, lanes, models }: WorkDeps,
  id: string,
  partial: Trajectory | null,
): Promise<PictureRef | null> {
  if (!partial || partial.steps.length === 0) return null
  try {
    const model = await models.path(store.runs.get(id).settings.model)
    const codes = frameCodes(partial.header, frame(partial, partial.steps.length))
    const { rasters } = rastersResultSchema.parse(await lanes.ask({ kind: 'decode', model, pictures: [codes] }))
    const { width, height, rgb } = rasters[0]!
    return await storePicture(store.blobs, sharp(rgb, { raw: { width, height, channels: 3 } }), 'The partial picture')
  } catch {
    return null
  }
}

function failureOf({ store }: WorkDeps, id: string, end: Extract<JobEvent, { type: 'failed' }>): RunError {
  const defect = end.kind === 'internal'
  const recorded = store.records.has(id) && store.records.trajectory(id).steps.length > 0
  return {
    message: end.message,
    remedy: defect && recorded ? 'Continue it from its last recorded step.' : end.remedy,
    ...(end.stack === undefined ? {} : { details: end.stack }),
  }
}

/** Changes a run and tells of it. */
export function change(
  { store, publisher }: Pick<WorkDeps, 'store' | 'publisher'>,
  id: string,
  by: Partial<Run> | (() => Partial<Run>),
): void {
  if (!store.runs.find(id)) return
  publisher.publishWith(() => ({ run: store.runs.update(id, typeof by === 'function' ? by() : by) }), 'run.changed')
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? null
}
