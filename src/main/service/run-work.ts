/**
 * One run from start to end: its spec, its events into the store and out to the screens, and whatever is there when it
 * ends, however it ends. Steps are on disk before they are told; a run that is stopped keeps what it has, and takes one
 * step more at most.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { runResultSchema, type JobEvent, type JobSpec } from '../../shared/jobs.ts'
import { providerWords, type ProviderName } from '../../shared/providers.ts'
import type { Run } from '../../shared/studio.ts'
import { explained } from '../store/database.ts'
import type { Store } from '../store/store.ts'
import type { Lane } from '../store/queue.ts'
import { pictureRef } from './pictures.ts'
import { change, failureOf, problemOf, settle, type WorkDeps } from './run-state.ts'

/** Follows a run to its end. Never throws: a failure is a state of the run. */
export async function workOnRun(
  deps: WorkDeps,
  id: string,
  lane: Lane,
  signal: AbortSignal,
  /** Resolves when the run may go on. */
  onStep: (step: number, stepMs: number | null) => Promise<void>,
): Promise<void> {
  const folder = join(deps.work, `${id}-${randomBytes(4).toString('hex')}`)
  const began = performance.now()
  try {
    await mkdir(folder, { recursive: true })
    const provider = await deps.provider()
    let ended = await follow(deps, id, lane, signal, onStep, provider, join(folder, 'out'))
    // A device whose driver took the process with it: the run goes on from its last step without the device.
    if (ended?.type === 'failed' && ended.crashed && provider !== LAST && !signal.aborted) {
      warn(deps, id, crashWords(provider, ended.message, recorded(deps, id)))
      ended = await follow(deps, id, lane, signal, onStep, LAST, join(folder, 'again'))
    }
    if (ended?.type === 'cancelled') await settle(deps, id, 'cancelled', null, performance.now() - began)
    else if (ended?.type === 'failed')
      await settle(deps, id, 'failed', failureOf(deps, id, ended), performance.now() - began)
  } catch (error) {
    await settle(deps, id, 'failed', problemOf(deps, id, explained(error)), performance.now() - began)
  } finally {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** The provider that none takes the place of. */
const LAST: ProviderName = 'cpu'

const recorded = ({ store }: WorkDeps, id: string): number =>
  store.records.has(id) ? store.records.trajectory(id).steps.length : 0

const crashWords = (provider: ProviderName, message: string, step: number): string =>
  `${message} It computed on ${providerWords[provider]}; the run goes on with ${providerWords[LAST]} from step ${step + 1}.`

const warn = (deps: WorkDeps, id: string, message: string): void =>
  change(deps, id, { warnings: [...deps.store.runs.get(id).warnings, message] })

/** One go at a run, from where it stands, on a provider: how it ended, or null where it is done. */
async function follow(
  deps: WorkDeps,
  id: string,
  lane: Lane,
  signal: AbortSignal,
  onStep: (step: number, stepMs: number | null) => Promise<void>,
  provider: ProviderName,
  out: string,
): Promise<JobEvent | null> {
  const rhythm: number[] = []
  let beat = performance.now()
  let ended: JobEvent | null = null
  let afterStop = 0
  const spec = await specOf(deps, deps.store.runs.get(id), provider, out)
  change(deps, id, { state: 'running', error: null })
  for await (const event of deps.lanes.run(lane, spec, signal)) {
    if (event.type === 'step') {
      // The step that was under way is kept; one that the engine began behind it, before it heard, is as if it had not.
      if (signal.aborted && ++afterStop > 1) continue
      const now = performance.now()
      rhythm.push(now - beat)
      beat = now
      record(deps, id, event)
      await onStep(event.step, median(rhythm))
    } else if (event.type === 'started') {
      begin(deps, id, event)
      beat = performance.now()
    } else if (event.type === 'loading') {
      const { what, part, parts } = event
      deps.publisher.publish('run.loading', { run: id, what, part, parts })
    } else if (event.type === 'warning') {
      warn(deps, id, event.message)
    } else if (event.type === 'result') {
      await finish(deps, id, event.result, median(rhythm))
    } else ended = event
  }
  return ended
}

/** What the engine is asked for: a fresh run, a branch, or the rest of a run that was cut short. */
async function specOf({ store, models }: WorkDeps, run: Run, provider: ProviderName, out: string): Promise<JobSpec> {
  const model = await models.path(run.settings.model)
  const adapters = await models.stack(run.settings.adapters ?? [])
  const cut = store.records.has(run.id) ? store.records.trajectory(run.id) : null
  if (cut && cut.steps.length > 0) {
    const step = Math.min(cut.steps.length, cut.header.steps - 1)
    const trajectory = await writeRecord(store, run.id, out)
    return { kind: 'resume', model, adapters, provider, trajectory, step, replace: [], remask: [], out, preview: true }
  }
  if (run.parent) {
    const trajectory = await writeRecord(store, run.parent.run, out)
    const edits = run.edits ?? { replace: [], remask: [] }
    return {
      kind: 'resume',
      model,
      adapters,
      provider,
      trajectory,
      step: run.parent.step,
      ...edits,
      out,
      preview: true,
    }
  }
  const { settings } = run
  return {
    kind: 'generate',
    model,
    adapters,
    provider,
    picture: run.input ? store.blobs.get(run.input.blob).path : null,
    instruction: settings.instruction,
    mode: settings.mode,
    steps: settings.steps,
    ...(settings.imageSteps === undefined ? {} : { imageSteps: settings.imageSteps }),
    seed: run.seed,
    guidance: settings.guidance,
    temperatures: settings.temperatures,
    ...(settings.acceleration ? { acceleration: settings.acceleration } : {}),
    mask: run.mask ? store.blobs.get(run.mask.blob).path : null,
    pins: run.pins,
    out,
    preview: true,
  }
}

async function writeRecord(store: Store, run: string, out: string): Promise<string> {
  const path = `${out}-from.tdm`
  await writeFile(path, store.records.bytes(run))
  return path
}

function begin({ store, publisher }: WorkDeps, id: string, event: Extract<JobEvent, { type: 'started' }>): void {
  const { header, events = [] } = event
  if (!header) return
  publisher.publishWith(() => {
    const run = store.runs.get(id)
    // What a branch shares with its parent, and a continued run with itself, is part of its record from the start.
    const source = store.records.has(id) ? id : (run.parent?.run ?? null)
    const known = source === null ? [] : store.records.trajectory(source).steps
    const shared = source === id ? known : known.slice(0, run.parent?.step ?? 0)
    store.records.begin(id, header, shared.slice(0, header.steps - 1), events)
    store.runs.update(id, {
      step: shared.length,
      modelName: header.model.name,
      modelHash: header.model.hash,
      provider: header.provider,
      hasTrajectory: true,
    })
    return { run: id, header }
  }, 'run.started')
  change({ store, publisher }, id, {})
}

function record({ store, publisher }: WorkDeps, id: string, event: Extract<JobEvent, { type: 'step' }>): void {
  publisher.publishWith(() => {
    store.records.append(id, event.record)
    return { run: id, record: event.record, ...(event.picture ? { picture: event.picture } : {}) }
  }, 'run.step')
}

async function finish(deps: WorkDeps, id: string, raw: unknown, stepMs: number | null): Promise<void> {
  const { store } = deps
  const result = runResultSchema.parse(raw)
  const { blob } = await store.blobs.put(createReadStream(result.image))
  const picture = await pictureRef(store.blobs, blob)
  const bytes = await readFile(result.trajectory)
  change(deps, id, () => {
    store.records.finish(id, bytes)
    store.queue.remove(id)
    return {
      state: 'done',
      step: result.steps,
      stepMs,
      ms: result.ms,
      provider: result.provider,
      reasoning: result.reasoning,
      picture,
      endedAt: Date.now(),
      hasTrajectory: true,
    }
  })
}

function median(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[sorted.length >> 1] ?? null
}
