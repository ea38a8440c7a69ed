/** Training runs as screens ask for them: rows as they grow, previews, the pre-flight, exports. */
import { join } from 'node:path'
import { runFiles } from '../../../shared/training.ts'
import { exportMetrics } from '../training/export.ts'
import { readMetrics } from '../training/metrics-file.ts'
import { measure } from '../training/preflight.ts'
import { openPreview, previewPicture, trainingJob } from '../training/previews.ts'
import { createSummaries } from '../training/summaries.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function trainingHandlers(deps: HandlerDeps): Handlers<'training'> {
  const { store, jobs, work, closing } = deps
  const summaries = createSummaries()
  const measuring = new Map<string, AbortController>()
  const metricsOf = (job: string): string => join(jobs.folder(trainingJob(store.jobs.get(job)).id), runFiles.metrics)
  return {
    'training.metrics': ({ job, cursor }) => readMetrics(metricsOf(job), cursor),
    'training.summary': ({ job }) => summaries.of(job, metricsOf(job)),
    'training.picture': async (which) => ({ picture: await previewPicture(deps, which) }),
    'training.openPreview': (which) => openPreview(deps, which),
    async 'training.preflight'({ token, spec }) {
      const stop = new AbortController()
      measuring.get(token)?.abort()
      measuring.set(token, stop)
      try {
        return await measure(spec, deps, work, AbortSignal.any([stop.signal, closing]))
      } finally {
        if (measuring.get(token) === stop) measuring.delete(token)
      }
    },
    'training.cancelPreflight': ({ token }) => {
      measuring.get(token)?.abort()
      return Promise.resolve({})
    },
    'training.exportMetrics': ({ job, form }) => exportMetrics(deps, trainingJob(store.jobs.get(job)), form),
  }
}
