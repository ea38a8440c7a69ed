/**
 * The picture of any step of a run. Pictures come with the step events of small models; the others are decoded by the
 * service: the one a person looks at first, its neighbours next, the rest while nothing else happens. Each is asked for
 * once, and kept as long as there is room.
 */
import { create } from 'zustand'
import type { Raster } from '../../shared/jobs.ts'
import type { RunError } from '../../shared/studio.ts'
import { api } from '../api.ts'
import { studio } from './store.ts'
import { nearestMissing, pictureSteps, RasterCache } from './rasters-cache.ts'
import { asRunError } from './trajectories.ts'
import { perTrajectory } from './trajectories-log.ts'

const LIMIT_BYTES = 192 * 2 ** 20
/** Pictures asked for at once: few beside what is looked at, so that the next look does not wait behind them. */
const NEIGHBOURS = 6
const BATCH = 8
const IDLE_MS = 200

interface RasterState {
  /** Grows with every picture that comes in: what draws looks again. */
  readonly version: number
  /** Why pictures of a run cannot be had. */
  readonly errors: ReadonlyMap<string, RunError>
}
export const useRasters = create<RasterState>(() => ({ version: 0, errors: new Map() }))

const cache = new RasterCache(LIMIT_BYTES)
const asked = new Map<string, Set<number>>()
const stepsOf = perTrajectory(pictureSteps)
/** Where the prefetch works from; a newer look puts an older one out. */
let focus: { readonly run: string; readonly step: number } | null = null
let working = false

const told = (): void => useRasters.setState((s) => ({ version: s.version + 1 }))

function setError(run: string, error: RunError | null): void {
  const errors = new Map(useRasters.getState().errors)
  if (error) errors.set(run, error)
  else if (!errors.delete(run)) return
  useRasters.setState({ errors })
}

/** Equal pictures have one number: the step at which the picture changed last. */
function canonical(run: string, step: number): number {
  const trajectory = studio.get().trajectories.get(run)
  return trajectory ? (stepsOf(trajectory)[step] ?? step) : step
}

/** The picture after a step, or null where it is not in memory. */
export function rasterAt(run: string, step: number): Raster | null {
  return cache.get(run, step) ?? cache.get(run, canonical(run, step))
}

/** Asks for the picture a person looks at, and for those they may look at next. */
export function lookAt(run: string, step: number): void {
  focus = { run, step }
  if (useRasters.getState().errors.has(run)) return
  const wanted = canonical(run, step)
  if (!isThere(run, wanted)) void request(run, [wanted]).then(prefetch)
  else void prefetch()
}

/** After a failure: asks again. */
export function retryRasters(run: string): void {
  setError(run, null)
  if (focus?.run === run) lookAt(run, focus.step)
}

/** Pictures of a run at several steps, for a strip or a comparison. */
export function needRasters(run: string, steps: readonly number[]): void {
  if (useRasters.getState().errors.has(run)) return
  const missing = [...new Set(steps.map((step) => canonical(run, step)))].filter((step) => !isThere(run, step))
  for (let i = 0; i < missing.length; i += BATCH) void request(run, missing.slice(i, i + BATCH))
}

const isThere = (run: string, step: number): boolean => cache.has(run, step) || asked.get(run)?.has(step) === true

async function request(run: string, steps: readonly number[]): Promise<void> {
  const going = asked.get(run) ?? new Set<number>()
  asked.set(run, going)
  for (const step of steps) going.add(step)
  try {
    const { rasters } = await api.call('runs.decode', { run, steps: [...steps] })
    rasters.forEach((raster, i) => cache.put(run, steps[i]!, raster))
    setError(run, null)
    told()
  } catch (error) {
    setError(run, asRunError(error))
  } finally {
    for (const step of steps) going.delete(step)
    if (going.size === 0) asked.delete(run)
  }
}

const idle = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof requestIdleCallback === 'function') requestIdleCallback(() => resolve(), { timeout: IDLE_MS })
    else setTimeout(resolve, IDLE_MS / 4)
  })

/** One batch at a time, nearest to the person first, until all is there or would push out what is near. */
async function prefetch(): Promise<void> {
  if (working) return
  working = true
  try {
    for (let first = true; focus; first = false) {
      await idle()
      const { run, step } = focus
      const trajectory = studio.get().trajectories.get(run)
      if (!trajectory || useRasters.getState().errors.has(run)) break
      // A run that goes on brings its own pictures; decoding beside it would slow it down.
      if (studio.get().runs.get(run)?.state === 'running' || cache.bytes > LIMIT_BYTES * 0.9) break
      const missing = nearestMissing(step, stepsOf(trajectory), (k) => isThere(run, k), first ? NEIGHBOURS : BATCH)
      if (missing.length === 0) break
      await request(run, missing)
    }
  } finally {
    working = false
  }
}

/** Takes in pictures that come with the steps of runs. Returns how to stop. */
export function followRasters(): () => void {
  const stops = [
    api.on('run.step', ({ run, record, picture }) => {
      if (!picture) return
      cache.put(run, record.step, picture)
      told()
    }),
    api.on('run.removed', ({ runs }) => runs.forEach((run) => cache.forget(run))),
  ]
  return () => stops.forEach((stop) => stop())
}
