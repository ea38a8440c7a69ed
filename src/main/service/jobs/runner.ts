/**
 * Long work, each job in a process of its own: one that trains or measures at a time, and beside it one that is light, so
 * that a data set is checked without waiting for hours. Started in the order on disk, paused, stopped and taken up again. A job that rests is in no process and no memory; what it needs to go on lies in its folder.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import type { ControlAction } from '../../../shared/training.ts'
import { freshJob, canGoOn, type StudioJob, type StudioJobSpec } from '../../../shared/studio-jobs.ts'
import { startEngineProcess } from '../../jobs/engine-process.ts'
import { newId } from '../../store/ids.ts'
import { changeJob, followJob, tellJob, type Intent, type JobDeps } from './follow.ts'
import { kindOf } from './kinds.ts'

export interface JobRunner {
  start(): void
  add(spec: StudioJobSpec, title?: string): StudioJob
  pause(id: string): void
  resume(id: string): StudioJob
  cancel(id: string, now: boolean): void
  reorder(id: string, before: string | null): void
  delete(id: string): Promise<void>
  /** Folder of a job's own files. */
  folder(id: string): string
  /** Asks a job that trains for something between its steps. Throws where it does not run. */
  control(id: string, action: ControlAction): void
  /** An interactive run begins or has ended: the job waits between its steps meanwhile. */
  giveWay(on: boolean): void
  /** Stops what runs after its step; it goes on when the studio opens again. */
  stop(): Promise<void>
}

export type RunnerDeps = Omit<JobDeps, 'folder' | 'startEngine' | 'busy' | 'queue'> & {
  /** Where the jobs' folders are. */
  readonly root: string
  readonly startEngine?: JobDeps['startEngine']
}

/** How long a job that saves first is waited for when the studio closes. */
const REST_MS = 15_000

export function createJobRunner({ root, startEngine = startEngineProcess, ...rest }: RunnerDeps): JobRunner {
  const { store, publisher } = rest
  const folder = (id: string): string => join(root, id)
  const deps: JobDeps = { ...rest, folder, startEngine, busy: () => busy, queue: (spec) => void add(spec) }
  /** What runs, by id: at most one of each lane. */
  const active = new Map<string, { intent: Intent; done: Promise<void>; light: boolean }>()
  let stopped = false
  let busy = false

  const tellOrder = (): void => publisher.say('job.order', { jobs: store.jobs.waiting() })

  const isLight = (id: string): boolean => kindOf(store.jobs.get(id).spec).light === true

  /** What the store could not take is written, if it takes it now. */
  function catchUp(): void {
    try {
      for (const id of store.jobs.held()) changeJob(deps, id, {})
      for (const id of store.jobs.waiting()) if (!active.has(id) && !waits(id)) store.jobs.dequeue(id)
    } catch {
      // Not yet: those that do not wait are passed over all the same.
    }
  }

  const waits = (id: string): boolean => store.jobs.get(id).state === 'queued'

  function pump(): void {
    if (stopped) return
    catchUp()
    for (const light of [false, true]) {
      if ([...active.values()].some((running) => running.light === light)) continue
      const id = store.jobs.waiting().find((next) => !active.has(next) && waits(next) && isLight(next) === light)
      if (id !== undefined) begin(id, light)
    }
  }

  function begin(id: string, light: boolean): void {
    const intent: Intent = { after: 'cancelled', engine: null, killed: false, stop: new AbortController() }
    const running = { intent, light, done: Promise.resolve() }
    active.set(id, running)
    running.done = followJob(deps, id, intent).then(() => {
      active.delete(id)
      if (stopped) return catchUp()
      pump()
      tellOrder()
    })
  }

  function enqueue(id: string): StudioJob {
    changeJob(deps, id, () => {
      store.jobs.enqueue(id)
      return { state: 'queued', error: null, endedAt: null }
    })
    pump()
    tellOrder()
    return store.jobs.get(id)
  }

  function add(spec: StudioJobSpec, title?: string): StudioJob {
    const job = freshJob({
      id: newId(),
      title: title ?? kindOf(spec).title(spec, deps).slice(0, 200),
      spec,
      createdAt: Date.now(),
    })
    publisher.publishWith(() => {
      store.jobs.insert(job)
      return { job }
    }, 'job.changed')
    return enqueue(job.id)
  }

  /** A kind that saves first is asked between its steps; any other is stopped after its step. */
  function askToRest(id: string, { engine, stop }: Intent): void {
    const asked = kindOf(store.jobs.get(id).spec).rests !== undefined && engine?.control(id, 'pause') === true
    if (!asked) stop.abort()
  }

  /** A job that waits rests at once; the one that runs is asked to. */
  function putToRest(id: string, after: 'paused' | 'cancelled'): void {
    const running = active.get(id)
    if (running) {
      // First what cannot fail: a full disk keeps no job going.
      running.intent.after = after
      askToRest(id, running.intent)
      tellJob(deps, id, { state: after === 'paused' ? 'pausing' : 'stopping' })
      return
    }
    if (!store.jobs.waiting().includes(id)) {
      if (after === 'cancelled' && store.jobs.get(id).state === 'paused')
        return changeJob(deps, id, { state: after, endedAt: Date.now() })
      throw new TandemError('That job does not run and does not wait.', 'Choose one that does.')
    }
    changeJob(deps, id, () => {
      store.jobs.dequeue(id)
      return { state: after, ...(after === 'cancelled' ? { endedAt: Date.now() } : {}) }
    })
    tellOrder()
  }

  return {
    folder,
    control(id, action) {
      if (active.get(id)?.intent.engine?.control(id, action) !== true)
        throw new TandemError('That job does not run now.', 'Resume it first.')
    },
    start() {
      for (const job of store.jobs.list()) {
        if (job.state === 'pausing') tellJob(deps, job.id, { state: 'paused' })
        else if (job.state === 'running' || job.state === 'stopping')
          // It may be what brought the studio down: it is not started again unasked.
          tellJob(deps, job.id, {
            state: 'failed',
            endedAt: Date.now(),
            error: {
              message: 'The studio ended in the middle of this job.',
              remedy: 'Resume it: it goes on from what it last saved.',
            },
          })
      }
      pump()
    },
    add,
    pause: (id) => putToRest(id, 'paused'),
    resume(id) {
      const job = store.jobs.get(id)
      if (!canGoOn(job))
        throw new TandemError('Only a job that rests can go on.', 'Choose a paused, stopped or failed job.')
      return enqueue(id)
    },
    cancel(id, now) {
      const running = active.get(id)
      const engine = running?.intent.engine
      putToRest(id, 'cancelled')
      if (!now || !engine || !running) return
      running.intent.killed = true
      engine.kill()
    },
    reorder(id, before) {
      const waiting = store.jobs.waiting()
      if (active.has(id) || !waiting.includes(id))
        throw new TandemError('That job does not wait any more.', 'Choose one that waits.')
      // Those that run stay before those that wait.
      const running = before !== null && active.has(before)
      store.jobs.enqueue(id, running ? (waiting.find((other) => !active.has(other) && other !== id) ?? null) : before)
      tellOrder()
    },
    giveWay(on) {
      busy = on
      for (const { intent } of active.values()) intent.engine?.giveWay(on)
    },
    async delete(id) {
      const running = active.get(id)
      if (running) {
        running.intent.after = 'cancelled'
        running.intent.killed = true
        running.intent.stop.abort()
        running.intent.engine?.kill()
        await running.done
      }
      store.jobs.get(id)
      await rm(folder(id), { recursive: true, force: true })
      publisher.publishWith(() => {
        store.jobs.delete(id)
        return { job: id }
      }, 'job.removed')
    },
    async stop() {
      stopped = true
      const running = [...active].map(([id, { intent, done }]) => {
        intent.after = 'queued'
        askToRest(id, intent)
        return { intent, done }
      })
      // A save takes as long as the disk lets it; nobody waits for a window to close longer than this.
      const patience = setTimeout(() => running.forEach(({ intent }) => intent.stop.abort()), REST_MS)
      await Promise.all(running.map(({ done }) => done))
      clearTimeout(patience)
    },
  }
}
