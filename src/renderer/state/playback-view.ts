/**
 * What the viewed moment looks like, for whoever draws it: the picture, the map over it, and what lights up under the
 * pointer. The panel and the canvas read and write here and know nothing of each other.
 */
import { create } from 'zustand'
import type { Raster } from '../../shared/jobs.ts'
import type { RunError } from '../../shared/studio.ts'
import { studio, useStudio } from './store.ts'
import { currentStep, stopPlaying } from './playback.ts'
import {
  decidedTogether,
  lightPalette,
  rgbOf,
  tokenOverlay,
  type OverlayKind,
  type OverlayPalette,
  type Together,
  type TokenOverlay,
} from './playback-overlay.ts'
import { followRasters, lookAt, rasterAt, useRasters } from './rasters.ts'
import { ensureTrajectory, followTrajectories, frameOf } from './trajectories.ts'

export interface Moment {
  readonly run: string | null
  readonly step: number
  /** The picture at the step; while it is on its way the last one shown of this run, null before there is any. */
  readonly raster: Raster | null
  /** The step `raster` belongs to. */
  readonly rasterStep: number | null
  readonly rasterState: 'none' | 'loading' | 'ready' | 'failed'
  readonly error: RunError | null
  readonly overlayKind: OverlayKind
  readonly overlay: TokenOverlay | null
  /** The word or cell under the pointer or the focus, here or on the canvas. */
  readonly pointed: Pointed | null
  /** Words and cells decided together with it; null where no step decided it. */
  readonly together: Together | null
}
export interface Pointed {
  readonly field: 'outputText' | 'outputImage'
  readonly index: number
}

const nothing = {
  raster: null,
  rasterStep: null,
  rasterState: 'none',
  error: null,
  overlay: null,
  pointed: null,
  together: null,
} as const
export const useMoment = create<Moment>(() => ({ run: null, step: 0, overlayKind: 'image', ...nothing }))

let palette: OverlayPalette = lightPalette

/** Reads the theme's colours again. */
export function readOverlayPalette(host: Element): void {
  const style = getComputedStyle(host)
  const read = (name: string, key: keyof OverlayPalette): OverlayPalette[typeof key] =>
    rgbOf(style.getPropertyValue(name), lightPalette[key])
  palette = {
    low: read('--confidence-low', 'low'),
    mid: read('--confidence-mid', 'mid'),
    high: read('--confidence-high', 'high'),
    masked: read('--token-masked', 'masked'),
    early: read('--accent', 'early'),
    late: read('--confidence-mid', 'late'),
  }
  look()
}

export function setOverlayKind(kind: OverlayKind): void {
  useMoment.setState({ overlayKind: kind })
  const { viewedRun, viewedStep, runs } = studio.get()
  // A map belongs to a step: that of a run that has ended is its last.
  const ended = viewedRun !== null && runs.get(viewedRun)?.state !== 'running'
  if (kind !== 'image' && viewedStep === null && ended) studio.set({ viewedStep: currentStep() })
  look()
}

/** Points at a word or cell: what was decided together with it lights up. null puts it out. */
export function pointAt(of: Pointed | null): void {
  const { run, step, pointed } = useMoment.getState()
  if (of?.field === pointed?.field && of?.index === pointed?.index) return
  useMoment.setState({ pointed: of, together: togetherWith(run, step, of) })
}

function togetherWith(run: string | null, step: number, of: Pointed | null): Together | null {
  const header = run === null ? undefined : studio.get().trajectories.get(run)?.header
  const frame = run === null ? null : frameOf(run, step)
  return of && header && frame ? decidedTogether(header, frame, of) : null
}

/** Brings the moment up to date with run, step, pictures and theme. */
function look(): void {
  const before = useMoment.getState()
  const { viewedRun: run, trajectories } = studio.get()
  const trajectory = run === null ? undefined : trajectories.get(run)
  if (run === null || !trajectory) {
    if (before.run !== run || before.raster !== null) useMoment.setState({ run, step: 0, ...nothing })
    return
  }
  const step = currentStep()
  const moved = before.run !== run || before.step !== step
  if (moved) lookAt(run, step)
  const raster = rasterAt(run, step)
  const error = useRasters.getState().errors.get(run) ?? null
  const frame = frameOf(run, step)
  const kind = before.overlayKind
  // The pointer stays where it is while steps go by under it.
  const pointed = before.run === run ? before.pointed : null
  const next: Moment = {
    ...before,
    run,
    step,
    raster: raster ?? (before.run === run ? before.raster : null),
    rasterStep: raster ? step : before.run === run ? before.rasterStep : null,
    rasterState: raster ? 'ready' : error ? 'failed' : 'loading',
    error: raster ? null : error,
    overlay: kind === 'image' || !frame ? null : tokenOverlay(trajectory.header, frame, kind, palette),
    pointed,
    together: moved ? togetherWith(run, step, pointed) : before.together,
  }
  if ((Object.keys(next) as (keyof Moment)[]).some((key) => next[key] !== before[key])) useMoment.setState(next)
}

/** Starts following runs, their trajectories and pictures; called once by the shell. Returns how to stop. */
export function startPlayback(): () => void {
  // Pictures first: the step they belong to is looked at as soon as its record is heard.
  const stops = [followRasters(), followTrajectories()]
  let viewed: string | null = null
  const onView = (run: string | null): void => {
    viewed = run
    if (run === null) return
    const known = studio.get().runs.get(run)
    // A run that is only about to begin has no record yet: its first event brings it.
    if (known === undefined || known.hasTrajectory) void ensureTrajectory(run)
  }
  stops.push(
    useStudio.subscribe((now, before) => {
      if (now.viewedRun !== viewed) {
        stopPlaying()
        onView(now.viewedRun)
      }
      const run = now.viewedRun
      const same =
        run === before.viewedRun &&
        now.viewedStep === before.viewedStep &&
        (run === null || now.trajectories.get(run) === before.trajectories.get(run))
      if (!same) look()
    }),
    useRasters.subscribe(look),
  )
  onView(studio.get().viewedRun)
  look()
  return () => stops.forEach((stop) => stop())
}
