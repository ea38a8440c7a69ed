/** For tests of the service: calls with their types, waiting until a run or a job is as wanted, a store that refuses. */
import { readFileSync } from 'node:fs'
import { onTestFinished } from 'vitest'
import type { ArgsOf, Method, ResultOf } from '../../shared/ipc.ts'
import type { Run } from '../../shared/studio.ts'
import type { StudioJob } from '../../shared/studio-jobs.ts'
import type { Database } from '../store/database.ts'
import type { Service } from './types.ts'

export interface Asking {
  readonly call: <M extends Method>(method: M, args: ArgsOf<M>) => Promise<ResultOf<M>>
  readonly runUntil: (id: string, wanted: (run: Run) => boolean) => Promise<Run>
  readonly jobUntil: (id: string, wanted: (job: StudioJob) => boolean) => Promise<StudioJob>
}

/** A run or job that goes on no more, however it ended. */
export const isOver = ({ state }: Pick<Run, 'state'> | Pick<StudioJob, 'state'>): boolean =>
  state === 'done' || state === 'failed' || state === 'cancelled'

/** `service`: the one that is asked now; a test may close it and open another. */
export function asking(service: () => Service): Asking {
  const call: Asking['call'] = async (method, args) => (await service().call(method, args)) as never
  async function until<T>(ask: () => Promise<T>, wanted: (it: T) => boolean): Promise<T> {
    for (;;) {
      // Listening before asking: what happens in between is not missed.
      const told = Promise.withResolvers<void>()
      const stop = service().subscribe(() => told.resolve())
      try {
        const now = await ask()
        if (wanted(now)) return now
        await told.promise
      } finally {
        stop()
      }
    }
  }
  return {
    call,
    runUntil: (run, wanted) => until(() => call('runs.get', { run }), wanted),
    jobUntil: (job, wanted) => until(() => call('jobs.get', { job }), wanted),
  }
}

/** Engine processes below this one, the one started last in the end. Of Linux alone. */
export function enginePids(): number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ')
  const isEngine = (pid: string): boolean => /jobs\/worker\.ts/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
  return children.filter((pid) => pid !== '' && isEngine(pid)).map(Number)
}

/** How SQLite is made to refuse, and how it is made to take things again. */
export const refusals: {
  name: string
  refuse: (db: Database) => void
  relent: (db: Database) => void
  words: RegExp
}[] = [
  {
    // No page more than there are: what SQLite then says is what it says of a full disk.
    name: 'a full disk',
    refuse(db) {
      db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true }) as number}`)
    },
    relent: (db) => void db.pragma('max_page_count = 1000000000'),
    words: /^The disk is full/,
  },
  {
    name: 'a disk that became read-only',
    refuse: (db) => void db.pragma('query_only = ON'),
    relent: (db) => void db.pragma('query_only = OFF'),
    words: /cannot be written to/,
  },
]

/** What is thrown where nobody catches it. */
export function unhandled(): unknown[] {
  const seen: unknown[] = []
  const note = (error: unknown): void => void seen.push(error)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return seen
}
