/** Session, preferences, diagnostics and the queue as it is shown. */
import { cpus, freemem, release, totalmem, type } from 'node:os'
import { TandemError } from '../../../shared/errors.ts'
import type { HandlerDeps, Handlers } from './deps.ts'

export function sessionHandlers(deps: HandlerDeps): Handlers<'session' | 'preferences' | 'diagnostics' | 'queue'> {
  const { store, publisher, scheduler, options } = deps
  return {
    'session.open': ({ since }) => {
      const missed = since === null ? [] : publisher.missed(since)
      return Promise.resolve({
        seq: publisher.last(),
        reset: since === null || missed === null,
        missed: missed ?? [],
        version: options.version,
        host: options.host,
        preferences: store.preferences.get(),
        queue: scheduler.items(),
        notices: [...deps.notices],
      })
    },
    'preferences.set': ({ preferences }) => {
      publisher.publishWith(() => {
        store.preferences.set(preferences)
        return { preferences }
      }, 'preferences.changed')
      return Promise.resolve({})
    },
    'diagnostics.report': async () => ({ text: await report(deps) }),
    'queue.list': () => Promise.resolve({ items: scheduler.items() }),
  }
}

/** What a report of a problem needs, and nothing of the person: no paths, no instructions. */
async function report({ options, models, store, lanes, scheduler }: HandlerDeps): Promise<string> {
  const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MB`
  const listed = await models.list().catch((error: unknown) => {
    if (error instanceof TandemError) return []
    throw error
  })
  return [
    `Tandem Studio ${options.version} (${options.host})`,
    `${type()} ${release()}, ${process.arch}, Node ${process.versions.node}`,
    `${cpus().length} cores, ${megabytes(totalmem())} memory, ${megabytes(freemem())} free`,
    `service ${megabytes(process.memoryUsage().rss)}, engines ${lanes.pid('interactive') ? 'interactive ' : ''}${lanes.pid('background') ? 'background' : ''}`,
    `models: ${listed.map((model) => `${model.name} ${model.hash.slice(0, 8)}`).join(', ') || 'none'}`,
    `projects ${store.projects.list().length}, blobs ${megabytes(store.blobs.totalBytes())}, queue ${scheduler.items().length}`,
  ].join('\n')
}
