/** Long work as screens ask for it. */
import { kindOf } from '../jobs/kinds.ts'
import { changeJob } from '../jobs/follow.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function jobHandlers(deps: HandlerDeps): Handlers<'jobs'> {
  const { store, jobs } = deps
  return {
    'jobs.list': () => Promise.resolve({ jobs: store.jobs.list() }),
    'jobs.get': ({ job }) => Promise.resolve(store.jobs.get(job)),
    async 'jobs.start'({ spec, title }) {
      // What it names is looked up now, so that a mistake is told where it was made.
      await kindOf(spec).engineSpec(spec, deps, { id: '', folder: deps.work, resume: false })
      return jobs.add(spec, title)
    },
    'jobs.pause': ({ job }) => {
      jobs.pause(job)
      return Promise.resolve({})
    },
    'jobs.resume': ({ job }) => Promise.resolve(jobs.resume(job)),
    'jobs.cancel': ({ job, now }) => {
      jobs.cancel(job, now)
      return Promise.resolve({})
    },
    'jobs.control': ({ job, action }) => {
      jobs.control(job, action)
      return Promise.resolve({})
    },
    'jobs.reorder': ({ job, before }) => {
      jobs.reorder(job, before)
      return Promise.resolve({})
    },
    'jobs.update': ({ job, ...changes }) => {
      changeJob(deps, job, changes)
      return Promise.resolve(store.jobs.get(job))
    },
    'jobs.delete': async ({ job }) => {
      await jobs.delete(job)
      return {}
    },
  }
}
