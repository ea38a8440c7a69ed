/** One session of a job: its process from start to end, what it says into the row, and how the row stands afterwards. */
import { mkdir } from 'node:fs/promises'
import { describeError, TandemError } from '../../../shared/errors.ts'
import { isJobEnd, type JobEndEvent, type JobEvent } from '../../../shared/jobs.ts'
import type { StudioJob, StudioJobSpec } from '../../../shared/studio-jobs.ts'
import type { RunError } from '../../../shared/studio.ts'
import type { EngineProcess } from '../../jobs/engine-process.ts'
import type { Publisher } from '../publisher.ts'
import type { FinishDeps, JobPlace, KindDeps } from './kind.ts'
import { kindOf } from './kinds.ts'

export interface JobDeps extends KindDeps {
  readonly publisher: Publisher
  /** Queues a job that follows from another one. */
  queue(spec: StudioJobSpec): void
  /** Folder of a job's own files. */
  folder(id: string): string
  startEngine(): EngineProcess
  /** An interactive run goes on: this job waits between its steps. */
  busy(): boolean
}

/** How a session is to end, changed while it goes on. */
export interface Intent {
  /** What a stop is meant as. `queued`: the studio closes, and the job goes on when it opens again. */
  after: 'paused' | 'cancelled' | 'queued'
  engine: EngineProcess | null
  /** It was ended at once instead of after its step. */
  killed: boolean
  readonly stop: AbortController
}

/** Progress is told at most this often: a screen cannot show more, and the event log need not hold it. */
const TELL_MS = 250
const GREW_MS = 500

/** Changes a job and tells of it; what `by` does besides belongs to the same transaction. */
export function changeJob(
  { store, publisher }: Pick<JobDeps, 'store' | 'publisher'>,
  id: string,
  by: Partial<StudioJob> | (() => Partial<StudioJob>),
): void {
  if (!store.jobs.find(id)) return
  publisher.publishWith(() => ({ job: store.jobs.update(id, typeof by === 'function' ? by() : by) }), 'job.changed')
}

/**
 * As `changeJob`, for what happens and cannot be refused: where the store cannot be written, the change is held, and
 * screens hear of it all the same.
 */
export function tellJob(deps: Pick<JobDeps, 'store' | 'publisher'>, id: string, by: Partial<StudioJob>): void {
  const { store, publisher } = deps
  try {
    changeJob(deps, id, by)
  } catch {
    store.jobs.hold(id, by)
    publisher.say('job.changed', { job: store.jobs.get(id) })
  }
}

/** Runs a job in a process of its own until it ends. Never throws: a failure is a state of the job. */
export async function followJob(deps: JobDeps, id: string, intent: Intent): Promise<void> {
  const { store } = deps
  const began = performance.now()
  const before = store.jobs.get(id)
  const seconds = (): number => before.seconds + (performance.now() - began) / 1000
  const end = (by: Partial<StudioJob>): void =>
    tellJob(deps, id, { endedAt: Date.now(), seconds: seconds(), etaMs: null, ...by })
  const kind = kindOf(before.spec)
  const place: JobPlace = { id, folder: deps.folder(id), resume: before.startedAt !== null }
  try {
    await mkdir(place.folder, { recursive: true })
    const spec = await kind.engineSpec(before.spec, deps, place)
    const judgeKey = await kind.judgeKey?.(before.spec, deps)
    tellJob(deps, id, {
      state: 'running',
      startedAt: before.startedAt ?? Date.now(),
      endedAt: null,
      error: null,
      detail: kind.light ? '' : 'The model is being made ready',
    })
    intent.engine = deps.startEngine()
    intent.engine.giveWay(deps.busy())
    let result: unknown = null
    let rests = false
    let last: JobEndEvent | null = null
    const tell = throttled<Partial<StudioJob>>((by) => tellJob(deps, id, { ...by, seconds: seconds() }))
    const grew = atMost(GREW_MS, () => deps.publisher.say('training.grew', { job: id }))
    for await (const event of intent.engine.run(spec, {
      signal: intent.stop.signal,
      background: true,
      jobId: id,
      judgeKey,
    })) {
      if (event.type === 'result') {
        rests = kind.rests?.(event.result) ?? false
        if (!rests) result = await kind.result(event.result, before.spec, finishDeps(deps, id), place)
      } else if (isJobEnd(event)) last = event
      else if (event.type === 'row' || event.type === 'rl') grew()
      else note(deps, id, event, began, tell)
    }
    tell.flush()
    grew.flush()
    if (last?.type === 'done' && !rests) {
      end({ state: 'done', result, detail: '' })
      if (kindOf(before.spec).makesModels) deps.publisher.say('models.changed', {})
    } else if (last?.type === 'failed' && !intent.killed) end({ state: 'failed', error: failureOf(last), detail: '' })
    else if (intent.after === 'queued') tellJob(deps, id, { state: 'queued', seconds: seconds(), etaMs: null })
    else end({ state: intent.after, detail: '', ...(intent.after === 'paused' ? { endedAt: null } : {}) })
  } catch (error) {
    end({ state: 'failed', error: wordsOf(error), detail: '' })
  } finally {
    intent.engine?.dispose()
    intent.engine = null
    await kind.ended?.(before.spec, deps, place).catch(() => undefined)
  }
}

function finishDeps(deps: JobDeps, id: string): FinishDeps {
  return {
    ...deps,
    warn: (message) => warn(deps, id, message),
    tellRows: (dataset) => deps.publisher.say('dataset.rows', { dataset, rows: null }),
  }
}

function warn(deps: JobDeps, id: string, message: string): void {
  const { warnings } = deps.store.jobs.get(id)
  if (!warnings.includes(message)) tellJob(deps, id, { warnings: [...warnings, message].slice(-100) })
}

function note(
  deps: JobDeps,
  id: string,
  event: Exclude<JobEvent, JobEndEvent>,
  began: number,
  tell: Throttled<Partial<StudioJob>>,
): void {
  if (event.type === 'started') tellJob(deps, id, { detail: event.detail })
  else if (event.type === 'loading') tellJob(deps, id, { detail: event.what })
  else if (event.type === 'warning') warn(deps, id, event.message)
  else if (event.type === 'progress') {
    const { done, total, metrics } = event
    tell({ progress: { done, total, metrics }, etaMs: tell.eta(done, total, performance.now() - began) })
  }
}

/** Says something at most this often; the last time is not lost. */
function atMost(ms: number, say: () => void): { (): void; flush(): void } {
  let timer: NodeJS.Timeout | null = null
  const flush = (): void => {
    if (!timer) return
    clearTimeout(timer)
    timer = null
    say()
  }
  return Object.assign(() => void (timer ??= setTimeout(flush, ms)), { flush })
}

interface Throttled<T> {
  (value: T): void
  flush(): void
  /** Milliseconds left, by the pace of this session; null before there is one. */
  eta(done: number, total: number, ms: number): number | null
}

function throttled<T>(say: (value: T) => void): Throttled<T> {
  let pending: T | null = null
  let timer: NodeJS.Timeout | null = null
  let from: { done: number; ms: number } | null = null
  const flush = (): void => {
    if (timer) clearTimeout(timer)
    timer = null
    if (pending !== null) say(pending)
    pending = null
  }
  const put = (value: T): void => {
    pending = value
    timer ??= setTimeout(flush, TELL_MS)
  }
  return Object.assign(put, {
    flush,
    eta(done: number, total: number, ms: number): number | null {
      // What was there already, and the making ready, say nothing of the pace.
      if (!from) from = { done, ms }
      const made = done - from.done
      return made > 0 ? ((ms - from.ms) / made) * Math.max(0, total - done) : null
    },
  })
}

const failureOf = ({ message, remedy, stack, outOfMemory }: Extract<JobEndEvent, { type: 'failed' }>): RunError => ({
  message,
  remedy,
  ...(stack === undefined ? {} : { details: stack }),
  ...(outOfMemory?.proposal ? { proposal: outOfMemory.proposal } : {}),
})

function wordsOf(error: unknown): RunError {
  if (error instanceof TandemError) return { message: error.message, remedy: error.remedy }
  return {
    message: describeError(error),
    remedy: 'This is a defect of Tandem: please report it with its details.',
    details: error instanceof Error ? (error.stack ?? error.message) : String(error),
  }
}
