/** Long work as every screen sees it: all jobs, kept up to date by events, and what can be done to one. */
import { create } from 'zustand'
import { bytesInWords } from '../../shared/bytes.ts'
import type { StudioJob, StudioJobKind, StudioJobSpec, StudioJobSpecOf } from '../../shared/studio-jobs.ts'
import { api } from '../api.ts'
import type { About } from '../ui/diagnostics.tsx'
import { toastError } from './toasts.ts'

interface Jobs {
  readonly jobs: ReadonlyMap<string, StudioJob>
  /** Ids of those that wait or run, in their order. */
  readonly order: readonly string[]
  /** The rows were asked for and are here. */
  readonly loaded: boolean
}

export const useJobs = create<Jobs>(() => ({ jobs: new Map(), order: [], loaded: false }))

/** What a report of a failed job adds to its words. */
export const aboutJob = ({ id, spec, error }: Pick<StudioJob, 'id' | 'spec' | 'error'>): About => ({
  job: id,
  where: spec.kind,
  details: error?.details,
})

export type JobOf<K extends StudioJobKind> = StudioJob & { readonly spec: StudioJobSpecOf<K> }

/** Jobs of some kinds, newest first. */
export function jobsOf<K extends StudioJobKind>(jobs: ReadonlyMap<string, StudioJob>, kinds: readonly K[]): JobOf<K>[] {
  const wanted = new Set<StudioJobKind>(kinds)
  return [...jobs.values()]
    .filter((job): job is JobOf<K> => wanted.has(job.spec.kind))
    .sort((a, b) => b.createdAt - a.createdAt)
}

/** Those that wait or run, in their order. */
export const waitingJobs = ({ jobs, order }: Pick<Jobs, 'jobs' | 'order'>): StudioJob[] =>
  order.flatMap((id) => jobs.get(id) ?? [])

/** All rows anew: at the start, and after a reconnect that missed too much. */
export async function loadJobs(): Promise<void> {
  const { jobs } = await api.call('jobs.list', {})
  const order = jobs.filter(({ state }) => state !== 'paused' && isWaiting(state)).map(({ id }) => id)
  useJobs.setState({ jobs: new Map(jobs.map((job) => [job.id, job])), order, loaded: true })
}

const isWaiting = (state: StudioJob['state']): boolean =>
  state === 'queued' || state === 'running' || state === 'pausing' || state === 'stopping'

function put(job: StudioJob): void {
  useJobs.setState(({ jobs }) => ({ jobs: new Map(jobs).set(job.id, job) }))
}

/** Follows the service's events. */
export function followJobs(): void {
  api.on('job.changed', ({ job }) => put(job))
  api.on('job.order', ({ jobs }) => useJobs.setState({ order: jobs }))
  api.on('job.removed', ({ job }) =>
    useJobs.setState(({ jobs, order }) => {
      const left = new Map(jobs)
      left.delete(job)
      return { jobs: left, order: order.filter((id) => id !== job) }
    }),
  )
}

/** Queues a job. Throws what the service refuses it with, so that a form can show it where it belongs. */
export async function startJob(spec: StudioJobSpec, title?: string): Promise<StudioJob> {
  const job = await api.call('jobs.start', { spec, ...(title === undefined ? {} : { title }) })
  put(job)
  return job
}

/** "3 of 20", or bytes in words where it counts bytes. */
export const doneWords = ({ done, total, metrics }: NonNullable<StudioJob['progress']>): string =>
  'bytes' in metrics ? `${bytesInWords(done)} of ${bytesInWords(total)}` : `${done} of ${total}`

const told = (work: Promise<unknown>): Promise<void> => work.then(() => undefined, toastError)

export const pauseJob = (job: string): Promise<void> => told(api.call('jobs.pause', { job }))
export const resumeJob = (job: string): Promise<void> => told(api.call('jobs.resume', { job }).then(put))
export const cancelJob = (job: string, now = false): Promise<void> => told(api.call('jobs.cancel', { job, now }))
export const controlJob = (job: string, action: 'save' | 'sample'): Promise<void> =>
  told(api.call('jobs.control', { job, action }))
export const reorderJob = (job: string, before: string | null): Promise<void> =>
  told(api.call('jobs.reorder', { job, before }))
export const deleteJob = (job: string): Promise<void> => told(api.call('jobs.delete', { job }))
export const updateJob = (job: string, change: { title?: string; note?: string }): Promise<void> =>
  told(api.call('jobs.update', { job, ...change }).then(put))
