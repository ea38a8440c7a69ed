/**
 * Long work, one job at a time, each in a process of its own: started in the order on disk, paused, stopped and taken up
 * again. A job that rests is in no process and no memory; what it needs to go on lies in its folder.
 */
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../../shared/errors.ts'
import type { ControlAction } from '../../../shared/training.ts'
import { canGoOn, type StudioJob, type StudioJobSpec } from '../../../shared/studio-jobs.ts'
import { startEngineProcess } from '../../jobs/engine-process.ts'
import { newId } from '../../store/ids.ts'
import { changeJob, followJob, type Intent, type JobDeps } from './follow.ts'
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

export type RunnerDeps = Omit<JobDeps, 'folder' | 'startEngine' | 'busy'> & {
  /** Where the jobs' folders are. */
  readonly root: string
  readonly startEngine?: JobDeps['startEngine']
}

/** How long a job that saves first is waited for when the studio closes. */
const REST_MS = 15_000

export function createJobRunner({ root, startEngine = startEngineProcess, ...rest }: RunnerDeps): JobRunner {
  const { store, publisher } = rest
  const folder = (id: string): string => join(root, id)
  const deps: JobDeps = { ...rest, folder, startEngine, busy: () => busy }
  let active: { id: string; intent: Intent; done: Promise<void> } | null = null
  let stopped = false
  let busy = false

  const tellOrder = (): void => publisher.publish('job.order', { jobs: store.jobs.waiting() })

  function pump(): void {
    if (stopped || active) return
    const id = store.jobs.waiting()[0]
    if (id === undefined) return
    const intent: Intent = { after: 'cancelled', engine: null, killed: false, stop: new AbortController() }
    active = { id, intent, done: Promise.resolve() }
    active.done = followJob(deps, id, intent).then(() => {
      active = null
      if (intent.after !== 'queued') store.jobs.dequeue(id)
      if (stopped) return
      tellOrder()
      pump()
    })
  }

  function enqueue(id: string): StudioJob {
    changeJob(deps, id, { state: 'queued', error: null, endedAt: null })
    store.jobs.enqueue(id)
    pump()
    tellOrder()
    return store.jobs.get(id)
  }

  /** A kind that saves first is asked between its steps; any other is stopped after its step. */
  function askToRest(id: string, { engine, stop }: Intent): void {
    const asked = kindOf(store.jobs.get(id).spec).rests !== undefined && engine?.control(id, 'pause') === true
    if (!asked) stop.abort()
  }

  /** A job that waits rests at once; the one that runs is asked to. */
  function putToRest(id: string, after: 'paused' | 'cancelled'): void {
    if (active?.id === id) {
      active.intent.after = after
      changeJob(deps, id, { state: after === 'paused' ? 'pausing' : 'stopping' })
      askToRest(id, active.intent)
      return
    }
    if (!store.jobs.waiting().includes(id)) {
      if (after === 'cancelled' && store.jobs.get(id).state === 'paused')
        return changeJob(deps, id, { state: after, endedAt: Date.now() })
      throw new TandemError('That job does not run and does not wait.', 'Choose one that does.')
    }
    store.jobs.dequeue(id)
    changeJob(deps, id, { state: after, ...(after === 'cancelled' ? { endedAt: Date.now() } : {}) })
    tellOrder()
  }

  return {
    folder,
    control(id, action) {
      if (active?.id !== id || active.intent.engine?.control(id, action) !== true)
        throw new TandemError('That job does not run now.', 'Resume it first.')
    },
    start() {
      const waiting = new Set(store.jobs.waiting())
      for (const job of store.jobs.list()) {
        if (job.state === 'pausing') changeJob(deps, job.id, { state: 'paused' })
        else if (job.state === 'running' || job.state === 'stopping')
          // It may be what brought the studio down: it is not started again unasked.
          changeJob(deps, job.id, {
            state: 'failed',
            endedAt: Date.now(),
            error: {
              message: 'The studio ended in the middle of this job.',
              remedy: 'Resume it: it goes on from what it last saved.',
            },
          })
        if (job.state !== 'queued' && waiting.has(job.id)) store.jobs.dequeue(job.id)
      }
      pump()
    },
    add(spec, title) {
      const now = Date.now()
      const job: StudioJob = {
        id: newId(),
        title: title ?? kindOf(spec).title(spec).slice(0, 200),
        spec,
        state: 'queued',
        createdAt: now,
        startedAt: null,
        endedAt: null,
        seconds: 0,
        detail: '',
        progress: null,
        etaMs: null,
        warnings: [],
        result: null,
        error: null,
        note: '',
      }
      publisher.publishWith(() => {
        store.jobs.insert(job)
        return { job }
      }, 'job.changed')
      return enqueue(job.id)
    },
    pause: (id) => putToRest(id, 'paused'),
    resume(id) {
      const job = store.jobs.get(id)
      if (!canGoOn(job))
        throw new TandemError('Only a job that rests can go on.', 'Choose a paused, stopped or failed job.')
      return enqueue(id)
    },
    cancel(id, now) {
      const engine = active?.id === id ? active.intent.engine : null
      putToRest(id, 'cancelled')
      if (!now || !engine || !active) return
      active.intent.killed = true
      engine.kill()
    },
    reorder(id, before) {
      if (active?.id === id || !store.jobs.waiting().includes(id))
        throw new TandemError('That job does not wait any more.', 'Choose one that waits.')
      // The one that runs stays first.
      store.jobs.enqueue(id, before === active?.id ? (store.jobs.waiting()[1] ?? null) : before)
      tellOrder()
    },
    giveWay(on) {
      busy = on
      active?.intent.engine?.giveWay(on)
    },
    async delete(id) {
      if (active?.id === id) {
        active.intent.after = 'cancelled'
        active.intent.killed = true
        active.intent.stop.abort()
        active.intent.engine?.kill()
        await active.done
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
      if (!active) return
      const { id, intent, done } = active
      intent.after = 'queued'
      askToRest(id, intent)
      // A save takes as long as the disk lets it; nobody waits for a window to close longer than this.
      const patience = setTimeout(() => intent.stop.abort(), REST_MS)
      await done
      clearTimeout(patience)
    },
  }
}
