/**
 * The service: owner of the store, the queue and the engine processes. Hosts call it and carry its events; every call is
 * parsed on its way in and on its way out.
 */
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { TandemError } from '../../shared/errors.ts'
import { contract, type Method } from '../../shared/ipc.ts'
import { providerFor } from '../providers.ts'
import { asStored, explained } from '../store/database.ts'
import { openStore } from '../store/store.ts'
import { createJudgeKeys } from './bench/keys.ts'
import { createSuites } from './bench/suites.ts'
import { createCleanUp } from './clean-up.ts'
import { backupFailed, damageNotices } from './backup-words.ts'
import { createDatasets } from './datasets/datasets.ts'
import { createFolders } from './folders.ts'
import type { AllHandlers, HandlerDeps } from './handlers/deps.ts'
import { datasetHandlers } from './handlers/datasets.ts'
import { blobHandlers } from './handlers/blobs.ts'
import { benchHandlers } from './handlers/bench.ts'
import { hostingHandlers } from './handlers/hosting.ts'
import { jobHandlers } from './handlers/jobs.ts'
import { engineHandlers } from './handlers/engine.ts'
import { layoutHandlers } from './handlers/layout.ts'
import { modelHandlers } from './handlers/models.ts'
import { pictureHandlers } from './handlers/pictures.ts'
import { projectHandlers } from './handlers/projects.ts'
import { rlHandlers } from './handlers/rl.ts'
import { runHandlers } from './handlers/runs.ts'
import { sessionHandlers } from './handlers/session.ts'
import { taskHandlers } from './handlers/tasks.ts'
import { trainingHandlers } from './handlers/training.ts'
import { createJobRunner } from './jobs/runner.ts'
import { createLanes } from './lanes.ts'
import { createLibrary } from './library.ts'
import { createModels } from './models.ts'
import { createPublisher } from './publisher.ts'
import { createScheduler } from './scheduler.ts'
import { createTasks } from './tasks.ts'
import type { OwnService, ServiceOptions } from './types.ts'

/** The service on a data folder. `store`: that of the folder, where it is open already. */
export async function createService(
  options: ServiceOptions,
  store = asStored(() => openStore(options.data)),
): Promise<OwnService> {
  const work = join(options.data, 'work')
  await rm(work, { recursive: true, force: true })
  await mkdir(work, { recursive: true })
  const lanes = createLanes({
    onInteractive: (active) => jobs.giveWay(active),
    idleMs: () => store.preferences.get().unloadMinutes * 60_000,
    onUnloaded: (_lane, bytes) => publisher.publish('engine.unloaded', { bytes }),
  })
  const own = join(options.data, 'models')
  const models = createModels(
    options.models.filter((root) => root !== own),
    own,
    lanes,
  )
  const library = createLibrary({ store, models, lanes }, own)
  const publisher = createPublisher(store)
  const scheduler = createScheduler({
    store,
    lanes,
    models,
    publisher,
    provider: () => providerFor(store.preferences.get().provider, options.data),
    work,
  })
  const folders = createFolders(options.roots ?? [], store.blobs, store.datasets)
  const datasets = createDatasets({ store, publisher, data: options.data, allowed: (real) => folders.allowed(real) })
  const suites = createSuites(join(options.data, 'suites'), work, lanes)
  const keys = createJudgeKeys(options.vault)
  const jobs = createJobRunner({
    store,
    models,
    library,
    suites,
    keys,
    publisher,
    datasets,
    folders,
    root: join(options.data, 'jobs'),
  })
  publisher.subscribe(({ name }) => {
    if (name === 'job.changed' || name === 'job.removed') keys.sweep(store.jobs.list())
  })
  const notices = damageNotices(store)
  const closing = new AbortController()
  const deps: HandlerDeps = {
    options,
    store,
    lanes,
    models,
    library,
    publisher,
    scheduler,
    jobs,
    datasets,
    folders,
    suites,
    keys,
    tasks: createTasks(publisher, closing.signal),
    work,
    notices,
    closing: closing.signal,
  }
  const handlers: AllHandlers = {
    ...sessionHandlers(deps),
    ...layoutHandlers(deps),
    ...modelHandlers(deps),
    ...engineHandlers(deps),
    ...projectHandlers(deps),
    ...blobHandlers(deps),
    ...pictureHandlers(deps),
    ...runHandlers(deps),
    ...jobHandlers(deps),
    ...rlHandlers(deps),
    ...trainingHandlers(deps),
    ...datasetHandlers(deps),
    ...benchHandlers(deps),
    ...hostingHandlers(deps),
    ...taskHandlers(deps),
  }
  const cleanUp = createCleanUp(store, (notice) => publisher.say('notice', notice))
  publisher.subscribe(({ name, payload }) => {
    const isOver = name === 'run.changed' && !['queued', 'running'].includes(payload.run.state)
    // What cannot be done now is tried after the next run.
    if (isOver || name === 'run.removed') void cleanUp.run().catch(() => undefined)
  })
  store.keepBackups((error) => publisher.say('notice', backupFailed(error)))
  scheduler.start()
  datasets.start()
  jobs.start()
  // The first edit should not wait for a process to start.
  void models.list().catch(() => undefined)

  return {
    async call(method: Method, args: unknown) {
      const parsed = contract[method].args.safeParse(args)
      if (!parsed.success) {
        const issue = parsed.error.issues[0]
        throw new TandemError(
          `${method} was asked for something it does not understand (${issue?.path.join('.') || 'arguments'}: ${issue?.message ?? '?'}).`,
          'Reload the studio; if it stays, please report it.',
          'internal',
        )
      }
      try {
        const handle = handlers[method] as (args: unknown) => Promise<unknown>
        return contract[method].result.parse(await handle(parsed.data))
      } catch (error) {
        throw explained(error)
      }
    },
    subscribe: (listener) => publisher.subscribe(listener),
    blob: (id) => Promise.resolve(store.blobs.find(id)),
    putBlob: async (stream, limit) => {
      const taken = await store.blobs.put(stream, limit)
      await cleanUp.run()
      return taken
    },
    letGo() {
      for (const lane of ['interactive', 'background'] as const) lanes.kill(lane)
      store.close()
    },
    grant: (path) => folders.grant(path),
    async close() {
      closing.abort()
      await Promise.all([scheduler.stop(), jobs.stop()])
      await datasets.stop()
      lanes.dispose()
      store.close()
      await rm(work, { recursive: true, force: true }).catch(() => undefined)
    },
  }
}
