/** How a run stands: changed and told, and settled at its end, also where the store cannot take that end. */
import sharp from 'sharp'
import { describeError, TandemError } from '../../shared/errors.ts'
import { rastersResultSchema, type JobEvent } from '../../shared/jobs.ts'
import type { ProviderName } from '../../shared/providers.ts'
import type { PictureRef, Run, RunError } from '../../shared/studio.ts'
import { frame, frameCodes } from '../../shared/trajectory-frame.ts'
import type { Trajectory } from '../../shared/trajectory.ts'
import { LEFT_IN_LOG } from '../jobs/explain-death.ts'
import { explained } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { Lanes } from './lanes.ts'
import type { Models } from './models.ts'
import { storePicture } from './pictures.ts'
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

const CONTINUE = 'Continue it from its last recorded step.'

/** What ended a run, with what to do about it. A store that could not take a step still has those before it. */
export function problemOf(deps: WorkDeps, id: string, error: unknown): RunError {
  if (error instanceof TandemError) {
    const goesOn = error.kind === 'environment' && isRecorded(deps, id)
    return { message: error.message, remedy: goesOn ? `${error.remedy} ${CONTINUE}` : error.remedy }
  }
  return {
    message: describeError(error),
    remedy: 'This is a defect of Tandem: please report it with its details.',
    details: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
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
  const remedy = partial ? CONTINUE : 'Run it again.'
  const error = { message: 'The studio ended in the middle of this run.', remedy }
  end(deps, id, partial, { state: 'failed', error, ms: null })
  const draw = async (): Promise<void> => {
    const picture = await partialPicture(deps, id, partial)
    if (picture) change(deps, id, { picture })
  }
  // Without its picture it is settled all the same.
  draw().catch(() => undefined)
}

function end(deps: WorkDeps, id: string, partial: Trajectory | null, by: Partial<Run>): void {
  const { store, publisher } = deps
  const ended: Partial<Run> = {
    ...by,
    endedAt: Date.now(),
    hasTrajectory: partial !== null,
    step: partial?.steps.length ?? 0,
  }
  try {
    writeEnd(deps, id, ended)
  } catch (cause) {
    // The store cannot be written: the run is over all the same, and what it has recorded is still there.
    const error = by.error ?? problemOf(deps, id, explained(cause))
    store.runs.hold(id, { ...ended, error, state: 'failed' })
    publisher.say('run.changed', { run: store.runs.get(id) })
  }
}

function writeEnd(deps: WorkDeps, id: string, by: Partial<Run>): void {
  change(deps, id, () => {
    deps.store.records.compact(id)
    // Together with its end: whoever hears of it may put the run into the queue again.
    deps.store.queue.remove(id)
    return by
  })
}

/** Writes the ends that could not be written, if the store takes them now. */
export function settleHeld(deps: WorkDeps): void {
  try {
    for (const id of deps.store.runs.held()) writeEnd(deps, id, {})
  } catch {
    // Not yet: they are held until it does.
  }
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

const isRecorded = ({ store }: WorkDeps, id: string): boolean =>
  store.records.has(id) && store.records.trajectory(id).steps.length > 0

/** What a run failed with in the engine. The folder it wrote to is the studio's own: a person continues the run itself. */
export function failureOf(deps: WorkDeps, id: string, end: Extract<JobEvent, { type: 'failed' }>): RunError {
  const defect = end.kind === 'internal'
  const recorded = isRecorded(deps, id)
  return {
    message: end.message,
    remedy: defect && recorded ? CONTINUE : end.remedy.replace(LEFT_IN_LOG, recorded ? CONTINUE : 'Run it again.'),
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
